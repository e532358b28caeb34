/**
 * Leaves out of a region what can make no difference to anything that happens next, each with its reason. It is what keeps the
 * number of states down; the plain search of the tests, which does not do it, has to find the same violations.
 */
import type { AgentState } from "../../core/failover/state.ts";
import type { LeaseRecord } from "../../core/lease/record.ts";
import type { Configuration } from "./configuration.ts";
import type { Call, Region } from "./world.ts";

/** The region without what is of no consequence in this configuration. */
export function normalRegion(configuration: Configuration): (region: Region) => Region {
  const { faults, group } = configuration;
  const hasPeople = (faults.takeOverFenced ?? 0) + (faults.takeOverPromised ?? 0) > 0;
  const hasArbiter = group.onWitnessLoss === "peerArbiter";
  return (region) => {
    const { agent, calls } = region;
    return {
      ...region,
      calls: calls.map(normalCall),
      agent: agent === null ? null : normalAgent(agent, region.nowMs, { hasPeople, hasArbiter }),
    };
  };
}

type Uses = { readonly hasPeople: boolean; readonly hasArbiter: boolean };

function normalAgent(agent: AgentState, nowMs: number, uses: Uses): AgentState {
  const { record, authority, witness, peer } = agent;
  const hasNone = authority.kind === "none";
  const isClear = record !== null && !record.unclear;
  const mayHaveRound = (record?.open ?? agent.pending?.record.open ?? null) !== null;
  const isSilenceAsked = !hasNone || mayHaveRound || uses.hasPeople || uses.hasArbiter;
  const { seen } = witness;
  return {
    ...agent,
    // Only an arbiter and people count from the start of the process.
    startedAtMs: uses.hasPeople || uses.hasArbiter ? agent.startedAtMs : nowMs,
    witness: {
      ...witness,
      seen: seen === null ? null : { ...seen, record: readRecord(seen.record) },
      // Whether the witness is silent matters to who holds or is bound, to an arbiter and to people.
      silentSinceAtMs: isSilenceAsked ? witness.silentSinceAtMs : null,
    },
    peer: {
      ...peer,
      // Only an agent without memory waits for an answer.
      query: isClear ? null : peer.query,
      consentUntilAtMs: uses.hasPeople ? peer.consentUntilAtMs : null,
      grantRunsOutAtMs: uses.hasArbiter ? peer.grantRunsOutAtMs : null,
    },
    sync: hasNone && !mayHaveRound ? noSync : normalSync(agent, nowMs),
    // Nothing is counted from it.
    data: agent.data.kind === "promoting" ? { ...agent.data, sinceAtMs: nowMs } : agent.data,
    // The groups of the model have no rest and no limit of failovers.
    failovers: [],
    // Keeps an unchanged judgement out of the journal.
    lastVerdict: null,
  };
}

/** It is set anew with every authority but the one that a consent brings back. */
const noSync: AgentState["sync"] = { recorded: "none", wanted: "none", told: null };

/** Of what the data was told it counts whether a measurement is newer. */
function normalSync({ sync, facts }: AgentState, nowMs: number): AgentState["sync"] {
  const { told } = sync;
  if (told === null) return sync;
  const longAgoMs = nowMs - 3_600_000;
  const atMs = facts !== null && facts.atMs <= told.atMs ? facts.atMs : longAgoMs;
  return { ...sync, told: { ...told, atMs } };
}

/** An agent never asks which request wrote a record. */
function readRecord(record: LeaseRecord): LeaseRecord {
  return { ...record, reqId: null };
}

/** Of a call that was answered only the answer counts. */
function normalCall(call: Call): Call {
  const { answer } = call;
  if (answer === null) return call;
  const { record, reply } = answer;
  return {
    ...call,
    request: null,
    answer: {
      record: readRecord(record),
      reply: reply === null ? null : { ...reply, record: readRecord(reply.record) },
    },
  };
}
