/** An event without its moments, which the agent adds when it takes it in. */
import type { AgentEvent } from "../../core/failover/event.ts";

type Bare<E> = E extends AgentEvent ? Omit<E, "atMs" | "wallAtMs"> : never;

export type Happening = Bare<AgentEvent>;
