/** What each region's database holds at the end, read through the region's own gateway, a page after the other. */
import type { Clock, DnsEndpoint } from "../../control/env.ts";
import { holdingOf, type LedgerHolding, unreadable } from "../../core/drill/ledger-evidence.ts";
import { acknowledgedOf, type LedgerWrite } from "../../core/drill/ledger-write.ts";
import { askJson } from "./post-json.ts";

export type HoldingsPlan = {
  readonly fqdn: string;
  readonly loadBalancerPort: number;
  readonly regions: readonly { readonly cluster: string; readonly addresses: readonly string[] }[];
};

const pageLimitMs = 10_000;
const tries = 5;
const pauseMs = 1_000;
/** Ten million entries; a ledger that has more is not the sandbox's. */
const pagesMax = 10_000;

/** Compared with the client's log as sets; a region that can not be read says why. */
export async function readHoldings(
  clock: Clock,
  plan: HoldingsPlan,
  writes: readonly LedgerWrite[],
): Promise<LedgerHolding[]> {
  const run = {
    sent: writes.map(({ id }) => id),
    acknowledged: acknowledgedOf(writes).map(({ id }) => id),
  };
  return Promise.all(
    plan.regions.map(async ({ cluster, addresses }) => {
      let holding = await readOne(clock, plan, { cluster, addresses, run });
      // A copy that follows has everything a moment later than its source.
      for (let again = 1; again < tries && (holding.missing ?? []).length > 0; again++) {
        await clock.sleep(pauseMs);
        holding = await readOne(clock, plan, { cluster, addresses, run });
      }
      return holding;
    }),
  );
}

type Wanted = HoldingsPlan["regions"][number] & {
  readonly run: Parameters<typeof holdingOf>[2];
};

async function readOne(
  clock: Clock,
  plan: HoldingsPlan,
  { cluster, addresses: [address], run }: Wanted,
): Promise<LedgerHolding> {
  if (address === undefined) return unreadable(cluster, "it has no address");
  const target = { address, port: plan.loadBalancerPort };
  const held = await readAll(clock, target, plan.fqdn);
  return typeof held === "string" ? unreadable(cluster, held) : holdingOf(cluster, held, run);
}

/** Every identifier there, or why they could not be read. */
async function readAll(
  clock: Clock,
  target: DnsEndpoint,
  host: string,
): Promise<ReadonlySet<string> | string> {
  const held = new Set<string>();
  let after: string | undefined;
  for (let page = 0; page < pagesMax; page++) {
    const read = await readPage(clock, { target, host }, after);
    if (typeof read === "string") return read;
    for (const id of read.ids) held.add(id);
    if (read.next === null) return held;
    if (read.next === after) return "its pages do not go on";
    after = read.next;
  }
  return "it has more entries than are read";
}

type Page = { readonly ids: readonly string[]; readonly next: string | null };

async function readPage(
  clock: Clock,
  from: { readonly target: DnsEndpoint; readonly host: string },
  after: string | undefined,
): Promise<Page | string> {
  let because = "";
  for (let attempt = 0; attempt < tries; attempt++) {
    if (attempt > 0) await clock.sleep(pauseMs);
    const path = after === undefined ? "/entries" : `/entries?after=${encodeURIComponent(after)}`;
    const reply = await askJson({ ...from, path, limitMs: pageLimitMs });
    if (reply.kind === "answered" && reply.status === 200) {
      const page = pageOf(reply.body);
      if (page !== undefined) return page;
      because = "its answer is no page of entries";
    } else {
      because =
        reply.kind === "failed"
          ? `it ${reply.outcome === "timedOut" ? "does not answer" : "refuses the connection"}`
          : `it answers ${reply.status}`;
    }
  }
  return because;
}

/** `{ entries: [{ id }], next }`, believed field by field. */
export function pageOf(body: unknown): Page | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const { entries, next } = body as Readonly<Record<string, unknown>>; // Every field is looked at below.
  if (!Array.isArray(entries) || (next !== null && typeof next !== "string")) return undefined;
  const ids = entries.map((entry: unknown) =>
    typeof entry === "object" && entry !== null && "id" in entry ? entry.id : undefined,
  );
  return ids.every((id) => typeof id === "string") ? { ids, next } : undefined;
}
