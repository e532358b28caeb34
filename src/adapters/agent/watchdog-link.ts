/** The agent's way to its watchdog: a unix socket on which every line is in the kernel's hands when `set` returns. */
import { connect, type Socket } from "node:net";
import type { Signal } from "../../control/env.ts";
import type { WatchdogLink } from "../../control/failover/ports.ts";
import type { Tenure } from "../../core/failover/watchdog.ts";
import {
  longestLineCharacters,
  parseWatchdogAnswer,
  type WatchdogAnswer,
  type WatchdogRequest,
} from "../../core/failover/watchdog-lines.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { machineMonotonicMs } from "./machine-clock.ts";

export type WatchdogLinkOptions = {
  readonly socket: string;
  /** How often it is asked whether it lives; default 500 ms. */
  readonly askEveryMs?: number;
  /** An answer that takes longer counts as none; default 1,500 ms. */
  readonly answerLimitMs?: number;
  /** Where several agents claim one watchdog, the one with the highest has it; default the moment of making the link. */
  readonly claim?: number;
};

type Answer = Extract<WatchdogAnswer, { readonly ok: true }>;
type Waiting = { resolve(answer: Answer): void; reject(failure: Failure): void };
type Request = WatchdogRequest extends infer R ? (R extends R ? Omit<R, "seq"> : never) : never;

export type WatchdogView = Pick<Answer, "tenure" | "fence" | "config">;

const waitingLimit = 64;
/** Pause before it is tried again; it is started again by others, or never. */
const againAfterMs = 200;

export class SocketWatchdogLink implements WatchdogLink {
  readonly #options: Required<WatchdogLinkOptions>;
  readonly #listeners = new Set<() => void>();
  readonly #waiting = new Map<number, Waiting>();
  #socket: Socket | undefined;
  #state: "joining" | "up" | "lost" | "closed" = "joining";
  #seq = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Connects at once, and again whenever the connection is lost, until `close`. */
  constructor(options: WatchdogLinkOptions) {
    this.#options = {
      askEveryMs: 500,
      answerLimitMs: 1_500,
      claim: machineMonotonicMs(),
      ...options,
    };
    this.#join();
  }

  /** Fails with WatchdogUnreachable. */
  async read(signal?: Signal): Promise<Tenure | null> {
    return (await this.look(signal)).tenure;
  }

  /** All that it answers: what it guards, its last fence, the digest of its configuration. Fails with WatchdogUnreachable. */
  async look(signal?: Signal): Promise<WatchdogView> {
    const untilMs = machineMonotonicMs() + this.#options.answerLimitMs;
    while (this.#state === "joining" && machineMonotonicMs() < untilMs) {
      if (signal?.aborted === true) throw new Failure("Cancelled", "nobody waits for the tenure");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    if (this.#state !== "up") throw this.#unreachable("there is no connection");
    return this.#ask({ do: "read" });
  }

  set(tenure: Tenure | null): void {
    const socket = this.#socket;
    // Before it has answered, it takes lines in their order already.
    if (socket === undefined || socket.connecting || !["up", "joining"].includes(this.#state)) {
      // Nobody guards what was just given. Told after this call, since the agent is in the middle of a decision.
      if (tenure !== null) setImmediate(() => this.#tell());
      return;
    }
    // A failure drops the connection and is told by that.
    void this.#ask({ do: "set", tenure }).catch((failure: unknown) => this.#drop(socket, failure));
  }

  onLost(take: () => void): () => void {
    const listener = (): void => take();
    this.#listeners.add(listener);
    if (this.#state === "lost") setImmediate(() => this.#listeners.has(listener) && take());
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Leaves the tenure with the watchdog as it is. */
  close(): void {
    this.#state = "closed";
    clearTimeout(this.#timer);
    this.#socket?.end();
    this.#failWaiting(this.#unreachable("the link is closed"));
  }

  #join(): void {
    const { socket: path, claim, answerLimitMs } = this.#options;
    const socket = connect(path);
    this.#socket = socket;
    let rest = "";
    const limit = setTimeout(
      () => this.#drop(socket, "it does not take the connection"),
      answerLimitMs,
    );
    socket.setEncoding("utf8");
    socket.once("connect", () => {
      clearTimeout(limit);
      this.#ask({ do: "own", claim }).then(
        () => this.#up(socket),
        (failure: unknown) => this.#drop(socket, failure),
      );
    });
    socket.once("error", (error) => this.#drop(socket, error.message));
    socket.once("close", () => {
      clearTimeout(limit);
      this.#drop(socket, "it closed the connection");
    });
    socket.on("data", (part: string) => {
      const lines = (rest + part).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#heard(socket, line);
      if (rest.length > longestLineCharacters) this.#drop(socket, "it says what it can not say");
    });
  }

  #up(socket: Socket): void {
    if (this.#socket !== socket || this.#state === "closed") return;
    this.#state = "up";
    this.#askAgain(socket);
  }

  /** One question after the other: whether it lives. */
  #askAgain(socket: Socket): void {
    this.#timer = setTimeout(() => {
      this.#ask({ do: "read" }).then(
        () => this.#socket === socket && this.#state === "up" && this.#askAgain(socket),
        (failure: unknown) => this.#drop(socket, failure),
      );
    }, this.#options.askEveryMs);
  }

  #ask(request: Request): Promise<Answer> {
    const socket = this.#socket;
    if (socket === undefined || this.#waiting.size >= waitingLimit) {
      return Promise.reject(this.#unreachable("it is behind with its answers"));
    }
    const seq = ++this.#seq;
    const { answerLimitMs } = this.#options;
    return new Promise((resolve, reject) => {
      // When the limit is over, what has arrived meanwhile is looked at first: this process may have stood still itself.
      const limit = setTimeout(() => {
        setImmediate(() => {
          if (this.#waiting.delete(seq)) reject(this.#unreachable("it does not answer"));
        });
      }, answerLimitMs);
      const settled = (): void => {
        clearTimeout(limit);
        this.#waiting.delete(seq);
      };
      this.#waiting.set(seq, {
        resolve(answer) {
          settled();
          resolve(answer);
        },
        reject(failure) {
          settled();
          reject(failure);
        },
      });
      socket.write(`${JSON.stringify({ seq, ...request })}\n`);
    });
  }

  #heard(socket: Socket, line: string): void {
    if (this.#socket !== socket) return;
    const answer = parseWatchdogAnswer(line);
    if (answer === undefined) this.#drop(socket, "it says what it can not say");
    // It fenced for a reason that the agent may not have seen: the right to write has ended.
    else if ("event" in answer) this.#tell();
    else if (answer.ok) this.#waiting.get(answer.seq)?.resolve(answer);
    else this.#waiting.get(answer.seq)?.reject(this.#unreachable(`it answered: ${answer.because}`));
  }

  #drop(socket: Socket, why: unknown): void {
    socket.destroy();
    if (this.#socket !== socket || this.#state === "closed") return;
    clearTimeout(this.#timer);
    this.#socket = undefined;
    const wasLost = this.#state === "lost";
    this.#state = "lost";
    this.#failWaiting(why instanceof Failure ? why : this.#unreachable(String(why)));
    if (!wasLost) this.#tell();
    this.#timer = setTimeout(() => this.#join(), againAfterMs);
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  #failWaiting(failure: Failure): void {
    for (const { reject } of [...this.#waiting.values()]) reject(failure);
  }

  #unreachable(why: string): Failure {
    return new Failure("WatchdogUnreachable", `the watchdog is not there: ${why}`, {
      where: this.#options.socket,
    });
  }
}
