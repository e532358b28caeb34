/** A fake connection to a sandbox's supervisor: it hands each request to the test, and says that everything is ready. */
import type { SandboxConnection } from "../../src/sandbox/connection.ts";
import type { SandboxRequest, SandboxStatus } from "../../src/sandbox/protocol.ts";

export class FakeConnection implements SandboxConnection {
  readonly closed: Promise<void>;
  broken: boolean = false;
  isClosed: boolean = false;
  readonly #effect: (request: SandboxRequest) => Promise<void>;
  #close: () => void = () => undefined;

  constructor(effect: (request: SandboxRequest) => Promise<void>) {
    this.#effect = effect;
    this.closed = new Promise((resolve) => {
      this.#close = resolve;
    });
  }

  async request(request: SandboxRequest): Promise<SandboxStatus> {
    await this.#effect(request);
    if (request.command === "break") this.broken = true;
    if (request.command === "restore") this.broken = false;
    return {
      ...{
        pid: 0,
        startedAtMs: 0,
        base: "",
        network: "proxy",
        domain: "",
        probeIntervalMs: 1_000,
        ttlSeconds: 1,
      },
      ...{ ready: true, waitingFor: [], shared: [], regions: [] },
    };
  }

  close(): void {
    this.isClosed = true;
    this.#close();
  }
}
