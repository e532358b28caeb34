/** A lease that drains in real time: anchored to its holder's side, and full again when the holder renewed it. */
import type { ReactNode } from "react";
import type { LeaseView } from "../../core/view/topology-view.ts";
import { useNow } from "../now.ts";
import { durationText } from "../text.ts";

type LeaseProps = {
  readonly group: string;
  readonly lease: LeaseView;
  /** Instant of the request that told of it. */
  readonly askedAtMs: number;
};

/** What is left of the holder's authority now, as a bar and in words. */
export function LeaseBar({ group, lease, askedAtMs }: LeaseProps): ReactNode {
  const nowMs = useNow(200);
  const leftMs = Math.max(0, lease.leftMs - Math.max(0, nowMs - askedAtMs));
  const ratio = lease.fullMs === 0 ? 0 : Math.min(1, leftMs / lease.fullMs);
  // Less than what one missed renewal leaves is worth a look; nothing left means that it fences itself.
  const isLow = leftMs < lease.fullMs - 2 * lease.renewEveryMs;
  const tone = leftMs === 0 ? "gone" : isLow ? "low" : "full";
  const text = leftMs === 0 ? "run out" : `${durationText(leftMs)} left`;
  return (
    <div className="lease">
      <div className="lease-line">
        <span className="strong">{group}</span>
        <span className="mono mute">epoch {lease.epoch}</span>
        <span className="mono lease-left">{text}</span>
      </div>
      <div className={`bar bar-${lease.place} bar-${tone}`} aria-hidden="true">
        <i style={{ width: `${(ratio * 100).toFixed(1)}%` }} />
      </div>
      <meter
        className="sr"
        aria-label={`Lease of ${group}`}
        min={0}
        max={lease.fullMs}
        value={leftMs}
      >
        {text}
      </meter>
      <div className="lease-line small">
        <span>
          held by <span className="mono">{lease.holder}</span>
          {lease.kind === "lease" ? "" : ` (${kinds[lease.kind] ?? lease.kind})`}
        </span>
        <span className="mute">
          renewed every {durationText(lease.renewEveryMs)}, TTL {durationText(lease.ttlMs)}
        </span>
      </div>
    </div>
  );
}

const kinds: Readonly<Record<string, string>> = {
  sticky: "on the promise of its peer",
  granted: "granted by its peer",
  own: "taken without the witness",
};
