/** All objects of a kind, page by page, as they were at one moment. */
import { Failure } from "../../core/kernel/failure.ts";
import type { Signal } from "../env.ts";
import type { KubeObject, ResourceKind } from "./kube-object.ts";
import type { KubernetesApi, ListQuery } from "./kubernetes-api.ts";
import type { Refusal } from "./refusal.ts";

export type ListAllQuery = Pick<ListQuery, "namespace" | "labels" | "fields"> & {
  readonly signal?: Signal | undefined;
  /** More objects than this are a failure, never a memory that grows. */
  readonly itemsMax?: number;
  readonly pageItems?: number;
};

export type AllListed = {
  readonly kind: "all";
  readonly items: readonly KubeObject[];
  /** Where a watch may begin that misses nothing after this list. */
  readonly resourceVersion: string;
};

const usualItemsMax = 20_000;
const usualPageItems = 500;
/** A page is kept for minutes; who needs longer twice will need longer again. */
const beginningsMax = 3;

/** Begins again when a page is no longer kept (`gone`), a few times. Fails with KubernetesRefused for more than `itemsMax` objects. */
export async function listAll(
  api: KubernetesApi,
  kind: ResourceKind,
  query: ListAllQuery = {},
): Promise<AllListed | Refusal> {
  for (let beginning = 1; ; beginning++) {
    const listed = await listOnce(api, kind, query);
    if (listed.kind !== "gone" || beginning >= beginningsMax) return listed;
  }
}

async function listOnce(
  api: KubernetesApi,
  kind: ResourceKind,
  { itemsMax = usualItemsMax, pageItems = usualPageItems, ...query }: ListAllQuery,
): Promise<AllListed | Refusal> {
  const items: KubeObject[] = [];
  let next: string | null = null;
  // Full pages, and one for the rest: whoever gives more of them gives pages that are not full, or no end.
  const pagesMax = Math.ceil(itemsMax / pageItems) + 1;
  for (let pages = 1; ; pages++) {
    const page = await api.list(kind, {
      ...query,
      limit: pageItems,
      ...(next === null ? {} : { next }),
    });
    if (page.kind !== "listed") return page;
    items.push(...page.items);
    if (items.length > itemsMax) throw tooMany(api.id, kind, itemsMax);
    // Every page is of the moment of the first one.
    if (page.next === null) return { kind: "all", items, resourceVersion: page.resourceVersion };
    if (page.next === next || pages >= pagesMax) throw endless(api.id, kind, pages);
    next = page.next;
  }
}

function endless(id: string, kind: ResourceKind, pages: number): Failure {
  const message = `${id} gives the list of ${kind.plural} no end: it offers another page after ${pages}`;
  return new Failure("KubernetesRefused", message, { where: id });
}

/** The failure of a kind that has more objects than are kept. */
export function tooMany(id: string, kind: ResourceKind, itemsMax: number): Failure {
  const message = `${id} has more than ${itemsMax} ${kind.plural}, and no more are kept`;
  return new Failure("KubernetesRefused", message, {
    where: id,
    remedy: "Give a namespace or a label selector that names fewer.",
  });
}
