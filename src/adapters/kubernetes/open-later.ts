/**
 * A port to an API server that is opened with its first request, for those who may not wait when they are made. What can not be opened is tried
 * again; what was turned away is opened anew for the next request, so that a kubeconfig that was replaced counts without a restart.
 */
import type { KubernetesApi } from "../../control/kubernetes/kubernetes-api.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { isTurnedAway } from "./turned-away.ts";

export type OpenedLater = { readonly api: KubernetesApi; close(): void };

type Opening = {
  readonly opened: Promise<OpenedLater>;
  /** Requests under way. */
  users: number;
  isOver: boolean;
};

/** `id` is for messages; `first` is used until it is turned away. Every request may fail as opening does. */
export function openLater(
  id: string,
  open: () => Promise<OpenedLater>,
  first?: OpenedLater,
): OpenedLater {
  const begin = (opened: Promise<OpenedLater>): Opening => ({ opened, users: 0, isOver: false });
  let current: Opening | null = first === undefined ? null : begin(Promise.resolve(first));
  const end = (one: Opening): void => {
    one.isOver = true;
    if (current === one) current = null;
  };
  const asking = async <T>(ask: (api: KubernetesApi) => Promise<T>): Promise<T> => {
    current ??= begin(open());
    const one = current;
    one.users += 1;
    try {
      const { api } = await one.opened.catch((thrown: unknown) => {
        end(one);
        throw thrown;
      });
      return await ask(api);
    } catch (thrown) {
      if (thrown instanceof Failure && isTurnedAway(thrown)) end(one);
      throw thrown;
    } finally {
      one.users -= 1;
      // What others asked by it is not cut off.
      if (one.isOver && one.users === 0) closeOf(one);
    }
  };
  return {
    api: {
      id,
      version: (signal) => asking((api) => api.version(signal)),
      get: (...asked) => asking((api) => api.get(...asked)),
      list: (...asked) => asking((api) => api.list(...asked)),
      create: (...asked) => asking((api) => api.create(...asked)),
      replace: (...asked) => asking((api) => api.replace(...asked)),
      patch: (...asked) => asking((api) => api.patch(...asked)),
      delete: (...asked) => asking((api) => api.delete(...asked)),
      evict: (...asked) => asking((api) => api.evict(...asked)),
      watch: (...asked) => asking((api) => api.watch(...asked)),
    },
    close() {
      if (current !== null) closeOf(current);
    },
  };
}

/** One that could not be opened has nothing to close. */
function closeOf({ opened }: Opening): void {
  void opened.then(
    (one) => one.close(),
    () => undefined,
  );
}
