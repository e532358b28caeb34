/**
 * Why a server that may take writes would refuse them all the same: what it can not write to its disk, or has no memory for. A server
 * refuses for a failed snapshot only where it makes some by itself (redis.conf, stop-writes-on-bgsave-error, maxmemory-policy).
 */
import type { ServerInfo } from "./info-text.ts";

export type WriteSettings = {
  /** `stop-writes-on-bgsave-error`, as CONFIG GET has it. */
  readonly stopOnSaveError: string;
  /** `save`: when it makes a snapshot by itself; empty for never. */
  readonly saves: string;
};

export type RefusingParts = Pick<ServerInfo, "isLastSaveGood" | "isLogGood" | "memory">;

/** Sentences without an end; empty where nothing is refused. As replica it refuses nothing for these yet, and would once promoted. */
export function refusedWrites(info: RefusingParts, settings: WriteSettings): readonly string[] {
  const { memory } = info;
  const stops = settings.stopOnSaveError === "yes" && settings.saves.trim() !== "";
  const isFull = memory.mostBytes > 0 && !memory.evicts && memory.countedBytes > memory.mostBytes;
  const reasons: readonly (readonly [boolean, string])[] = [
    [!info.isLastSaveGood && stops, "its last snapshot could not be written (read its log)"],
    [!info.isLogGood, "its append-only file could not be written (read its log)"],
    [
      isFull,
      `its memory is full (${memory.countedBytes} of maxmemory ${memory.mostBytes} bytes, noeviction)`,
    ],
  ];
  return reasons.flatMap(([holds, because]) => (holds ? [because] : []));
}
