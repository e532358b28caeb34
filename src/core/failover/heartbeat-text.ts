/**
 * What a region's heartbeat says: the text of a TXT record at `<nonce>.<region>.<zone>` (facts of failover §3.3, ADR 33). The question's
 * whole name is signed with it. Only who has the region's key can have made it, and only after the nonce was drawn: so caches, stale
 * answers and replays show nothing, and no clock is compared with another.
 */
import { assert } from "../kernel/assert.ts";
import type { Parsed } from "../names/names.ts";
import { peerMessageText, readPeerMessage } from "./peer-message-text.ts";
import type { RelayedMessage } from "./relay.ts";

export type HeartbeatName = {
  /** Drawn anew for each question: 32 hexadecimal digits. */
  readonly nonce: string;
  readonly region: string;
  readonly zone: string;
};

export type Heartbeat = {
  readonly group: string;
  /** The region has authority at this moment, at this epoch; else the highest epoch that it knows of. */
  readonly isActive: boolean;
  readonly epoch: number;
  /** Names the process that says it: sequences begin anew with it. */
  readonly run: string;
  /** Messages to the peer, at most one of each kind. */
  readonly messages: readonly RelayedMessage[];
};

/** A text in its form; nothing in it counts before the signature was checked over `signedText`. */
export type SealedHeartbeat = {
  readonly heartbeat: Heartbeat;
  readonly signedText: string;
  /** Ed25519 in base64url, 86 characters. */
  readonly signature: string;
};

/** Longest text that is looked at, in characters; with one message of each kind in its longest form it is shorter. */
export const heartbeatLengthMax = 2_000;
const messagesMax = 6;
const signatureField = /^;sig=([A-Za-z0-9_-]{86})$/;
const signatureFieldLength = 91;
const body =
  /^v=1;g=([a-z0-9][a-z0-9-]{0,62});role=(active|standby);ep=(0|[1-9][0-9]{0,15});run=([0-9a-f]{16});m=(\[.*\])$/;
const form = "v=1;g=…;role=…;ep=…;run=…;m=[…];sig=…";

/** The name to ask for, in lower case and without the closing dot. */
export function heartbeatName({ nonce, region, zone }: HeartbeatName): string {
  assert(/^[0-9a-f]{32}$/.test(nonce), "a nonce has 32 hexadecimal digits");
  return `${nonce}.${region}.${zone}`.toLowerCase();
}

/** The nonce in the name of a question, in whatever case resolvers write it; undefined for every other name. */
export function nonceIn(name: string, region: string, zone: string): string | undefined {
  const lower = name.toLowerCase();
  const nonce = lower.slice(0, 32);
  return /^[0-9a-f]{32}$/.test(nonce) && lower === heartbeatName({ nonce, region, zone })
    ? nonce
    : undefined;
}

/** The text without its signature. */
export function heartbeatBody({ group, isActive, epoch, run, messages }: Heartbeat): string {
  const relayed = messages.map(({ seq, message }) => `[${seq},${peerMessageText(message)}]`);
  const role = isActive ? "active" : "standby";
  return `v=1;g=${group};role=${role};ep=${epoch};run=${run};m=[${relayed.join(",")}]`;
}

/** The bytes, all ASCII, that the region signs: for one question and for no other. */
export function heartbeatSignedText(name: string, bodyText: string): string {
  return `sovereign-heartbeat v1\n${name}\n${bodyText}`;
}

/** The text of the record. */
export function sealedText(bodyText: string, signature: string): string {
  return `${bodyText};sig=${signature}`;
}

/** A text that came as the answer to the question of that name; refused when it is not of the exact form. */
export function parseHeartbeat(name: string, text: string): Parsed<SealedHeartbeat> {
  const refused = (because: string): Parsed<SealedHeartbeat> => ({ ok: false, because });
  if (text.length > heartbeatLengthMax)
    return refused(`it is longer than ${heartbeatLengthMax} characters`);
  if (!text.startsWith("v=1;")) return refused("it is of another version, or no heartbeat");
  const bodyText = text.slice(0, -signatureFieldLength);
  const signature = signatureField.exec(text.slice(-signatureFieldLength))?.[1];
  const [, group = "", role, epochText = "", run = "", list = ""] = body.exec(bodyText) ?? [];
  if (signature === undefined || role === undefined) return refused(`it is not "${form}"`);
  const epoch = Number(epochText);
  if (!Number.isSafeInteger(epoch)) return refused("its epoch is no whole number");
  const messages = readMessages(list);
  if (messages === undefined)
    return refused("its messages are none that one agent says to another");
  return {
    ok: true,
    value: {
      heartbeat: { group, isActive: role === "active", epoch, run, messages },
      signedText: heartbeatSignedText(name, bodyText),
      signature,
    },
  };
}

function readMessages(text: string): readonly RelayedMessage[] | undefined {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    return undefined; // No JSON, so no messages.
  }
  if (!Array.isArray(list) || list.length > messagesMax) return undefined;
  const messages: RelayedMessage[] = [];
  for (const entry of list) {
    if (!Array.isArray(entry) || entry.length !== 2) return undefined;
    const seq: unknown = entry[0];
    const message = readPeerMessage(entry[1]);
    if (message === undefined || typeof seq !== "number") return undefined;
    if (!Number.isSafeInteger(seq) || seq < 1) return undefined;
    messages.push({ seq, message });
  }
  return messages;
}
