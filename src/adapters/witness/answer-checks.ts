/** Whether an answer of a witness can be true: by what was asked, and by what was answered before. Pure. */
import type { LeaseRecord } from "../../core/lease/record.ts";
import type { LeaseReply, LeaseRequest } from "../../core/lease/request.ts";

/** Why the answer does not fit the request, as a sentence's rest; undefined when it does. */
export function misfitOf(
  slot: string,
  request: LeaseRequest,
  reply: LeaseReply,
): string | undefined {
  const { record } = reply;
  if (record.slot !== slot) return "it answers of another slot";
  if (!reply.ok) return undefined;
  if (record.reqId !== request.reqId) return "it says done to another request";
  if (record.holder !== (request.op === "release" ? null : request.holder)) {
    return "it says done with another holder";
  }
  if (!reply.repeated && record.rev !== request.ifRev + 1)
    return "the revision is not the next one";
  if (request.op === "acquire") {
    return record.epoch > request.epochFloor ? undefined : "the epoch is not above the floor";
  }
  return record.epoch === request.epoch ? undefined : "the epoch is another";
}

/** Why a record can not follow one that was answered before the question was sent; undefined when it can. */
export function contradictionIn(
  before: LeaseRecord | undefined,
  record: LeaseRecord,
): string | undefined {
  if (before === undefined) return undefined;
  if (record.rev < before.rev) return `revision ${record.rev} after ${before.rev}`;
  if (record.epoch < before.epoch) return `epoch ${record.epoch} after ${before.epoch}`;
  const isSame = record.epoch === before.epoch && record.holder === before.holder;
  if (record.rev === before.rev && !(isSame && record.reqId === before.reqId)) {
    return `two records with revision ${record.rev}`;
  }
  return undefined;
}
