/**
 * Which region answers when every probe is down or unknown: the one last confirmed to hold authority (DESIGN §3). A region
 * that says it is fenced is never first; silence says nothing; while nothing is known the order stays as it was.
 */

/** What a region says of itself for an Application; a silent region has no word. */
export type RegionWord =
  /** `epoch` grows with every grant, so that an older word never wins over a newer one. */
  { readonly kind: "holds"; readonly epoch: number } | { readonly kind: "fenced" };

/** By declared FailoverGroup, then by cluster. */
export type RegionWords = ReadonlyMap<string, ReadonlyMap<string, RegionWord>>;

export type FallbackState = {
  /** Clusters; the first one with an address answers. */
  readonly order: readonly string[];
  /** Epoch of the holder that came first last; undefined while none was ever confirmed. */
  readonly epoch: number | undefined;
};

export type FallbackDecision = FallbackState & {
  readonly reason:
    | "HolderFirst"
    | "FencedNotFirst"
    | "AllFenced"
    | "HoldersDisagree"
    | "NothingNew";
  readonly because: string;
};

/** The order that follows from the last one and from what the regions say now. */
export function nextFallbackOrder(
  before: FallbackState,
  words: ReadonlyMap<string, RegionWord>,
): FallbackDecision {
  const { order, epoch } = before;
  const holders = order.flatMap((cluster) => {
    const word = words.get(cluster);
    return word?.kind === "holds" && word.epoch >= (epoch ?? word.epoch)
      ? [{ cluster, epoch: word.epoch }]
      : [];
  });
  const newest = Math.max(...holders.map((one) => one.epoch));
  const [holder, rival] = holders.filter((one) => one.epoch === newest);
  if (holder !== undefined && rival !== undefined) {
    const because = `${holder.cluster} and ${rival.cluster} both say that they hold epoch ${newest}; the order stays`;
    return { order, epoch, reason: "HoldersDisagree", because };
  }
  if (holder !== undefined) {
    const because = `${holder.cluster} holds epoch ${holder.epoch}`;
    const next = firstIn(order, holder.cluster);
    return { order: next, epoch: holder.epoch, reason: "HolderFirst", because };
  }
  const [first] = order;
  if (first === undefined || words.get(first)?.kind !== "fenced") {
    return { order, epoch, reason: "NothingNew", because: "no region says anything new" };
  }
  const other = order.find((cluster) => words.get(cluster)?.kind !== "fenced");
  if (other === undefined) {
    const because = "every region says that it is fenced; the order stays";
    return { order, epoch, reason: "AllFenced", because };
  }
  const because = `${first} says that it is fenced`;
  return { order: firstIn(order, other), epoch, reason: "FencedNotFirst", because };
}

/**
 * Whether a decision says something although no order was known before: then it is written. With nothing heard, or with
 * all fenced, what the record holds stays as it is.
 */
export function isNews(
  { reason }: Pick<FallbackDecision, "reason">,
  words: ReadonlyMap<string, RegionWord>,
): boolean {
  if (reason === "HolderFirst" || reason === "FencedNotFirst") return true;
  return reason === "NothingNew" && [...words.values()].some(({ kind }) => kind === "fenced");
}

function firstIn(order: readonly string[], cluster: string): readonly string[] {
  return order[0] === cluster ? order : [cluster, ...order.filter((one) => one !== cluster)];
}
