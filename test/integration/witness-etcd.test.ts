/** The witness on real etcd servers: the whole contract, three members with the leader lost, logins, TLS, and guards. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/adapters/clock.ts";
import { seededRandom } from "../../src/core/kernel/random.ts";
import { programs, requireProgram } from "../../src/sandbox/programs.ts";
import { type EtcdMember, startEtcd } from "../../src/sandbox/servers/etcd-process.ts";
import { etcdWitnesses } from "../../src/sandbox/servers/store-witnesses.ts";
import { checkLeaseHistory } from "../../src/sim/checkers/lease-linearizability.ts";
import { runLeaseWorkload } from "../../src/sim/lease-workload.ts";
import { contractHolders, witnessContract } from "../contract/witness.ts";
import { acquire, done, renew } from "../contract/witness-subject.ts";
import { requireLogin } from "./etcd-login.ts";

const endings: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function started(...options: Parameters<typeof startEtcd>): Promise<readonly EtcdMember[]> {
  const members = await startEtcd(...options);
  endings.push(async () => {
    await Promise.all(members.map((member) => member.stop()));
  });
  return members;
}

function witnesses(...options: Parameters<typeof etcdWitnesses>) {
  const made = etcdWitnesses(...options);
  endings.push(made.close);
  return made;
}

witnessContract("etcd", async () => {
  const [server] = await startEtcd();
  if (server === undefined) throw new Error("no etcd was started");
  const made = etcdWitnesses({ endpoints: [server.endpoint] });
  return {
    connect: () => made.connect(),
    expiry: "none",
    async crash() {
      await pause(150);
      await server.kill();
      await server.start();
    },
    unreachable: made.connect({ endpoints: ["http://127.0.0.1:9"], timeoutMs: 2_000 }),
    operations: 1_000,
    async stop() {
      await made.close();
      await server.stop();
    },
  };
});

test("three members lose their leader, frozen and killed, and no acknowledged grant", async () => {
  const members = await started({ members: 3 });
  const endpoints = members.map((member) => member.endpoint);
  const { connect } = witnesses({ endpoints, timeoutMs: 3_000 });
  const leader = async (): Promise<EtcdMember> => {
    for (const member of members) {
      const status = await member.status().catch(() => undefined); // It may be the one that is down.
      if (status !== undefined && status.memberId === status.leaderId) return member;
    }
    await pause(100);
    return leader();
  };
  let isOver = false;
  const work = runLeaseWorkload({
    clients: contractHolders.map((name, index) => ({
      name,
      // Each begins with another member, so that followers are asked as well.
      witness: connect({
        endpoints: endpoints.map((_, at) => endpoints[(at + index) % 3] ?? ""),
      }),
    })),
    slots: ["a", "b", "c", "d"],
    operations: 2_500,
    ttlMs: 300_000,
    clock: systemClock,
    random: seededRandom(3),
    name: "leader",
  }).finally(() => {
    isOver = true;
  });
  let losses = 0;
  while (!isOver && losses < 1) {
    const frozen = await leader();
    frozen.freeze();
    await pause(1_500);
    frozen.thaw();
    await pause(300);
    const killed = await leader();
    await killed.kill();
    await pause(1_000);
    await killed.start();
    losses += 1;
  }
  const history = await work;
  expect(checkLeaseHistory(history, "none")).toEqual([]);
  expect(losses).toBeGreaterThan(0);
  const told = history.filter(({ outcome }) => outcome.kind === "reply" && outcome.reply.ok);
  expect(told.length).toBeGreaterThan(150);
});

describe("guards", () => {
  test("a login is taken up again when its token ended, and a wrong one is WitnessUnauthorized", async () => {
    const [server] = await started();
    const endpoint = server?.endpoint ?? "";
    await requireLogin(endpoint, { user: "agent", password: "agent-secret" });
    const login = (user: string, password: string) => ({
      readLogin: () => Promise.resolve({ user, password }),
    });
    const { connect } = witnesses({ endpoints: [endpoint] });
    const agent = connect(login("agent", "agent-secret"));
    const given = await done(agent.ask("s", acquire("h0", 0)));
    await server?.kill();
    await server?.start();
    const renewed = await done(agent.ask("s", renew("h0", given)));
    expect(renewed).toMatchObject({ epoch: 1, rev: 2 });
    const unauthorized = { code: "WitnessUnauthorized" };
    await expect(connect().read("s")).rejects.toMatchObject(unauthorized);
    await expect(connect(login("agent", "wrong")).read("s")).rejects.toMatchObject(unauthorized);
    await expect(
      connect({ ...login("agent", "agent-secret"), prefix: "elsewhere/" }).read("s"),
    ).rejects.toMatchObject(unauthorized);
    const thrown: unknown = await connect(login("agent", "wrong-secret"))
      .read("s")
      .catch((e) => e);
    expect(String(thrown)).not.toContain("wrong-secret");
  });

  test("over TLS the server's certificate is verified, and ours presented", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sovereign-etcd-tls-"));
    endings.push(() => rmSync(folder, { recursive: true, force: true }));
    const openssl = (...args: readonly string[]): void => {
      execFileSync(requireProgram("openssl", process.env), args, { cwd: folder, stdio: "ignore" });
    };
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    openssl(
      "req",
      "-x509",
      ...key,
      "-keyout",
      "ca.key",
      "-out",
      "ca.pem",
      "-subj",
      "/CN=ca",
      "-days",
      "2",
    );
    // Any address of 127.0.0.0/8 may be drawn, so the name is that of the one we ask for below.
    writeFileSync(join(folder, "ext"), "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
    openssl("req", ...key, "-keyout", "s.key", "-out", "s.csr", "-subj", "/");
    openssl(
      "x509",
      "-req",
      "-in",
      "s.csr",
      "-CA",
      "ca.pem",
      "-CAkey",
      "ca.key",
      "-CAcreateserial",
      "-out",
      "s.pem",
      "-days",
      "2",
      "-extfile",
      "ext",
    );
    const file = (name: string): string => readFileSync(join(folder, name), "utf8");
    const [server] = await started({
      scheme: "https",
      address: "127.0.0.1",
      args: [
        "--cert-file",
        join(folder, "s.pem"),
        "--key-file",
        join(folder, "s.key"),
        "--client-cert-auth",
        "--trusted-ca-file",
        join(folder, "ca.pem"),
      ],
    });
    const { connect } = witnesses({ endpoints: [server?.endpoint ?? ""], timeoutMs: 10_000 });
    const ours = { ca: file("ca.pem"), cert: file("s.pem"), key: file("s.key") };
    await done(connect({ tls: ours }).ask("s", acquire("h0", 0)));
    const unreachable = { code: "WitnessUnreachable" };
    await expect(connect({ tls: { ca: file("ca.pem") } }).read("s")).rejects.toMatchObject(
      unreachable,
    );
    await expect(
      connect({ tls: { cert: ours.cert, key: ours.key } }).read("s"),
    ).rejects.toMatchObject(unreachable);
  });

  test("a second etcd on the same data does not start beside the first", async () => {
    const [server] = await started();
    const lines = server?.args.map((each) =>
      each.replace(/:\d+$/, ":0").replace(/:\d+(?=,|$)/, ":0"),
    );
    const etcd = requireProgram("etcd", process.env);
    const second = spawnSync(etcd, [...(lines ?? [])], { timeout: 2_000, encoding: "utf8" });
    // It waits for the lock on the data for as long as the first one lives.
    expect(second.status).not.toBe(0);
    expect(await etcdAnswers(server)).toBe(true);
  });

  test("members of two clusters are not taken for one witness", async () => {
    const [one] = await started();
    const [other] = await started();
    const endpoints = [one?.endpoint ?? "", other?.endpoint ?? ""];
    const witness = witnesses({ endpoints, timeoutMs: 10_000 }).connect();
    await done(witness.ask("s", acquire("h0", 0)));
    await one?.kill();
    await expect(witness.read("s")).rejects.toMatchObject({ code: "WitnessRefused" });
  });

  test("what somebody else wrote there, and a store that was put back, are not believed", async () => {
    const [server] = await started();
    const endpoint = server?.endpoint ?? "";
    const put = (slot: string, value: string): Promise<Response> => {
      const base64 = (text: string): string => Buffer.from(text).toString("base64");
      const body = JSON.stringify({ key: base64(`sovereign/lease/${slot}`), value: base64(value) });
      return fetch(`${endpoint}/v3/kv/put`, { method: "POST", body });
    };
    const witness = witnesses({ endpoints: [endpoint] }).connect();
    for (const value of ["", "{}", '{"slot":"x"}', "null", "\u0000"]) {
      await put("x", value);
      await expect(witness.read("x")).rejects.toMatchObject({ code: "WitnessRefused" });
      await expect(witness.ask("x", acquire("h0", 0))).rejects.toMatchObject({
        code: "WitnessRefused",
      });
    }
    const given = await done(witness.ask("y", acquire("h0", 0)));
    await done(witness.ask("y", renew("h0", given)));
    await put("y", JSON.stringify(given));
    await expect(witness.read("y")).rejects.toMatchObject({
      code: "WitnessUnreachable",
      message: expect.stringContaining("revision 1 after 2"),
    });
  });

  test("etcd is on the list of programs that the tests need", () => {
    expect(programs.find(({ name }) => name === "etcd")).toMatchObject({ package: "etcd-server" });
  });
});

async function etcdAnswers(server: EtcdMember | undefined): Promise<boolean> {
  return (await server?.status())?.memberId !== undefined;
}
