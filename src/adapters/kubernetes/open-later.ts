/** A port to an API server that is opened with its first request, for those who may not wait when they are made. What can not be opened is tried again. */
import type { KubernetesApi } from "../../control/kubernetes/kubernetes-api.ts";

export type OpenedLater = { readonly api: KubernetesApi; close(): void };

/** `id` is for messages. Every request may fail as opening does. */
export function openLater(id: string, open: () => Promise<OpenedLater>): OpenedLater {
  let opening: Promise<OpenedLater> | null = null;
  const opened = async (): Promise<KubernetesApi> => {
    opening ??= open().catch((thrown: unknown) => {
      opening = null;
      throw thrown;
    });
    return (await opening).api;
  };
  return {
    api: {
      id,
      version: async (signal) => (await opened()).version(signal),
      get: async (...asked) => (await opened()).get(...asked),
      list: async (...asked) => (await opened()).list(...asked),
      create: async (...asked) => (await opened()).create(...asked),
      replace: async (...asked) => (await opened()).replace(...asked),
      patch: async (...asked) => (await opened()).patch(...asked),
      delete: async (...asked) => (await opened()).delete(...asked),
      evict: async (...asked) => (await opened()).evict(...asked),
      watch: async (...asked) => (await opened()).watch(...asked),
    },
    close() {
      // One that could not be opened has nothing to close.
      void opening?.then(
        (one) => one.close(),
        () => undefined,
      );
    },
  };
}
