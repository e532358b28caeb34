/** What every backend refuses before it judges: a request outside the bounds of core/lease/request.ts. */
import { type LeaseRequest, leaseBounds } from "./request.ts";

const { minTtlMs, maxTtlMs, maxNameLength, maxNoteBytes } = leaseBounds;

/** Why the request is refused, as a sentence that names the field; undefined when it is within all bounds. */
export function objectionTo(slot: string, request: LeaseRequest): string | undefined {
  const { holder, instance, reqId, ifRev, note } = request;
  for (const [field, name] of Object.entries({ slot, holder, instance, reqId })) {
    if (!isName(name)) {
      return `${field} is not 1 to ${maxNameLength} visible ASCII characters`;
    }
  }
  if (!isCount(ifRev)) return "ifRev is not a whole number from 0 on";
  if (utf8Length(JSON.stringify(note)) > maxNoteBytes) {
    return `note is longer than ${maxNoteBytes} bytes as JSON`;
  }
  if (request.op !== "release" && !isTtl(request.ttlMs)) {
    return `ttlMs is not a whole number from ${minTtlMs} to ${maxTtlMs}`;
  }
  if (request.op === "acquire") {
    return isCount(request.epochFloor) ? undefined : "epochFloor is not a whole number from 0 on";
  }
  return isCount(request.epoch) && request.epoch > 0
    ? undefined
    : "epoch is not a whole number from 1 on";
}

/** Whether it may name a slot, a holder, a process or a request. */
export function isName(name: string): boolean {
  return name.length <= maxNameLength && /^[\x21-\x7e]+$/.test(name);
}

/** A number that can be counted up without losing one. */
function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value < Number.MAX_SAFE_INTEGER;
}

function isTtl(ttlMs: number): boolean {
  return Number.isSafeInteger(ttlMs) && ttlMs >= minTtlMs && ttlMs <= maxTtlMs;
}

/** Bytes of a text in UTF-8; half a surrogate pair can not stand in JSON that was written by `JSON.stringify`. */
function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}
