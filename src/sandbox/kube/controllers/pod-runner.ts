/** The port to whoever makes Pods real. */
import type { Container } from "../built-in/workload-types.ts";

export type PodOrder = {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** The Pod's own address. */
  readonly address: string;
  readonly containers: readonly Container[];
};

export type ContainerState = {
  readonly name: string;
  readonly ready: boolean;
  readonly restarts: number;
  readonly state:
    | { readonly kind: "running"; readonly sinceMs: number }
    | { readonly kind: "waiting"; readonly reason: string; readonly message: string };
};

export interface PodRunner {
  /** Starts the Pod, unless it runs already; what ends by itself is started again. */
  run(order: PodOrder): void;
  /** Undefined when it does not run this Pod. */
  states(uid: string): readonly ContainerState[] | undefined;
  /** Ends the Pod, at the latest after its grace; resolves when nothing of it is left. */
  end(uid: string, graceMs: number): Promise<void>;
  /** Pods that it runs. */
  uids(): readonly string[];
  /** Called when any state has changed. */
  onChange(listener: () => void): void;
  /** Ends all of them at once. */
  close(): Promise<void>;
}
