/**
 * Two agents on one stage that answer HTTPS: the reducer, the acceptance of orders and the check of signatures are those that ship; only
 * time, data and the witness are the stage's. Time goes on by a second with each question.
 */
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { verifySshSignature } from "../../src/adapters/people/ssh-signature.ts";
import type { OrderMemory } from "../../src/core/failover/accept-facts.ts";
import { acceptOrder, noOrders } from "../../src/core/failover/accept-order.ts";
import type { AgentReport } from "../../src/core/failover/agent-report.ts";
import type { Approver } from "../../src/core/failover/approvals.ts";
import { approvalEpoch } from "../../src/core/failover/approved.ts";
import type { FailoverGroup } from "../../src/core/failover/group.ts";
import { orderNamespace } from "../../src/core/failover/order-text.ts";
import { type Actor, factsOf, type Stage, serving } from "../../src/core/failover/rehearsal.ts";
import { reportOf } from "../../src/core/failover/rehearsal-report.ts";
import { codes } from "../../src/core/kernel/codes.ts";
import { Failure } from "../../src/core/kernel/failure.ts";
import { makeCertificates } from "../../src/sandbox/certificates.ts";

export type StageAgents = {
  readonly here: Stage;
  readonly a: Actor;
  readonly b: Actor;
  /** File with the authority of both. */
  readonly ca: string;
  /** `a=https://…`, for `--agent`. */
  readonly addresses: Readonly<Record<"a" | "b", string>>;
  /** Ends one of the two. */
  silence(region: "a" | "b"): Promise<void>;
  /** Moves the stage on by a second; both answer. */
  tick(): void;
  close(): Promise<void>;
};

/** Region a serves, b follows; both are asked at free ports of loopback. */
export async function stageAgents(
  folder: string,
  approvers: readonly Approver[],
  parts: Partial<FailoverGroup> = {},
): Promise<StageAgents> {
  const { here, a, b } = serving("sticky", parts);
  const roles = new Map<Actor, string>([
    [a, "writable"],
    [b, "standby"],
  ]);
  const tick = (): void => {
    here.pass(1_000, () => {
      for (const actor of [a, b]) here.answer(actor);
    });
    // The data of a region is what the agent made of it, unless a test says otherwise.
    for (const actor of [a, b]) {
      const role = actor.state.data.kind === "serving" ? "writable" : "standby";
      if (roles.get(actor) !== role) actor.measures = (atMs) => factsOf(role, atMs);
      roles.set(actor, role);
    }
  };
  const certificates = await makeCertificates(folder, [{ name: "a" }, { name: "b" }]);
  const servers = new Map<string, Server>();
  const addresses = { a: "", b: "" };
  for (const actor of [a, b]) {
    const { self } = actor.context;
    const files = certificates.of(self);
    const server = createServer(
      { cert: await readFile(files.certificate), key: await readFile(files.key) },
      serve({ here, actor, approvers, tick }),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    servers.set(self, server);
    const { port } = server.address() as AddressInfo; // A TCP server has one.
    if (self === "a" || self === "b") addresses[self] = `${self}=https://127.0.0.1:${port}`;
  }
  const silence = async (region: string): Promise<void> => {
    const server = servers.get(region);
    servers.delete(region);
    server?.closeAllConnections();
    await new Promise<void>((resolve) =>
      server === undefined ? resolve() : server.close(() => resolve()),
    );
  };
  return {
    here,
    a,
    b,
    ca: join(folder, "ca.pem"),
    addresses,
    silence,
    tick,
    close: async () => {
      for (const region of [...servers.keys()]) await silence(region);
    },
  };
}

type Serving = {
  readonly here: Stage;
  readonly actor: Actor;
  readonly approvers: readonly Approver[];
  readonly tick: () => void;
};

function serve({ here, actor, approvers, tick }: Serving): Parameters<typeof createServer>[1] {
  let memory: OrderMemory = noOrders;
  const journalTail: AgentReport["journalTail"][number][] = [];
  return (request, response) => {
    const answer = (status: number, json: object): void => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(json));
    };
    const take = async (): Promise<void> => {
      let body = "";
      for await (const part of request) body += String(part);
      const { text, signature } = JSON.parse(body) as { text: string; signature: string }; // The CLI sent it.
      const keys = approvers.flatMap((approver) => approver.keys);
      const key = await verifySshSignature({ text, signature, namespace: orderNamespace, keys });
      const desk = {
        sovereign: "sovereign.test",
        region: actor.context.self,
        group: actor.context.group.name,
        approvers,
        knownEpoch: approvalEpoch(actor.state),
        usedNonces: [],
      };
      const accepting = acceptOrder({ text, key, wallAtMs: Date.now(), desk, memory });
      memory = accepting.memory;
      const { taken, verdict, code } = accepting;
      if (taken === null) {
        const failure = new Failure(code ?? "OrderRefused", verdict.because);
        answer(codes[failure.code].httpStatus, { error: failure.toJson(), trace: verdict.trace });
        return;
      }
      if (taken.kind === "wish") here.give(actor, { type: "personSaid", wish: taken.wish });
      else here.give(actor, { type: "approved", approval: taken.approval });
      journalTail.push({
        atMs: Date.now(),
        type: "failover.orderTaken",
        text: text.split("\n")[4] ?? "",
      });
      answer(200, { accepted: true, because: verdict.because });
    };
    if (request.method === "POST") {
      take().catch((thrown: unknown) =>
        answer(500, { error: Failure.from(thrown, "test").toJson() }),
      );
      return;
    }
    tick();
    answer(200, reportOf(here, actor, { approvers, journalTail }));
  };
}
