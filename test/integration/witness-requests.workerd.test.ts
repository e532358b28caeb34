/** Requests to both hosts as they go over the wire: credentials, replays, versions, TLS, the first moments, and the CLI. */
import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/adapters/clock.ts";
import { type HttpWitness, httpWitness } from "../../src/adapters/witness/http-witness.ts";
import { Failure } from "../../src/core/kernel/failure.ts";
import { leasePath } from "../../src/core/lease/protocol.ts";
import type { WitnessCredential } from "../../src/core/lease/protocol-credentials.ts";
import { requestBody } from "../../src/core/lease/protocol-request.ts";
import { authorizationHeader, signedText } from "../../src/core/lease/protocol-signature.ts";
import type { LeaseRequest } from "../../src/core/lease/request.ts";
import type { WitnessHost } from "../../src/daemon/witness-host.ts";
import type { HostKind } from "../../src/daemon/witness-serve.ts";
import { startHost } from "../../src/daemon/witness-serve.ts";
import { runCli } from "../run-cli.ts";
import {
  clientOf,
  credentialOf,
  hostKinds,
  killAndRestart,
  startAny,
  type WitnessFolder,
  witnessFolder,
} from "./witness-hosts.ts";

const fsn = credentialOf("hz-fsn-rtz-prod", { id: "fsn-1", slots: ["acme-"] });
const fsnNew = credentialOf("hz-fsn-rtz-prod", { id: "fsn-2", slots: ["acme-"] });
const hel = credentialOf("hz-hel-rtz-prod", { id: "hel-1", slots: ["acme-"] });
const reader = credentialOf(null, { id: "reader" });

let asked = 0;
const common = (holder: string | null, rev: number) => ({
  holder: holder ?? "nobody",
  instance: "p1",
  reqId: `w-${++asked}`,
  ifRev: rev,
  note: { role: "holder" },
});
/** Longer than a test takes, however busy this machine is. */
const liveMs = 300_000;
/** The shortest that there is. */
const briefMs = 5_000;
const acquire = (
  { holder }: WitnessCredential,
  rev: number,
  ttlMs: number = liveMs,
): LeaseRequest => ({
  op: "acquire",
  ...common(holder, rev),
  ttlMs,
  epochFloor: 0,
});
const renew = ({ holder }: WitnessCredential, rev: number, epoch: number): LeaseRequest => ({
  op: "renew",
  ...common(holder, rev),
  ttlMs: liveMs,
  epoch,
});

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (thrown: unknown) => Failure.from(thrown, "").code,
  );

type Signed = { readonly method: "GET" | "POST"; readonly path: string; readonly body: string };

function signedRequest(parts: Signed, { id, secret }: WitnessCredential): RequestInit {
  const atMs = Date.now();
  const key = Buffer.from(secret, "base64");
  const signature = createHmac("sha256", key)
    .update(signedText({ ...parts, atMs }))
    .digest("hex");
  const headers = { authorization: authorizationHeader({ keyId: id, atMs, signature }) };
  const { method, body } = parts;
  return { method, headers, ...(method === "POST" ? { body } : {}) };
}

describe.each(hostKinds)("over HTTP, %s", (kind) => {
  let folder: WitnessFolder;
  let host: WitnessHost;
  const open: HttpWitness[] = [];
  const client = (credential: WitnessCredential): HttpWitness => {
    const one = clientOf(host.url, credential);
    open.push(one);
    return one;
  };
  beforeAll(async () => {
    folder = await witnessFolder([fsn, fsnNew, hel, reader]);
    host = await startHost(kind, folder.config);
  });
  afterAll(async () => {
    for (const one of open) one.close();
    await host.stop();
    await folder.remove();
  });

  test("takes no unknown credential, no wrong secret, no foreign name and no foreign slot", async () => {
    const [unknown, wrong] = [
      { ...fsn, id: "x" },
      { ...fsn, secret: hel.secret },
    ];
    expect(await codeOf(client(unknown).read("acme-a"))).toBe("WitnessUnauthorized");
    expect(await codeOf(client(wrong).read("acme-a"))).toBe("WitnessUnauthorized");
    expect(await codeOf(client(fsn).ask("acme-a", acquire(hel, 0)))).toBe("WitnessUnauthorized");
    expect(await codeOf(client(fsn).read("other-a"))).toBe("WitnessUnauthorized");
    expect(await codeOf(client(reader).ask("acme-a", acquire(fsn, 0)))).toBe("WitnessUnauthorized");
    expect((await client(reader).read("acme-a")).rev).toBe(0);
  });

  test("takes both live credentials of a holder as the same holder", async () => {
    const given = await client(fsn).ask("acme-b", acquire(fsn, 0));
    const renewed = await client(fsnNew).ask("acme-b", renew(fsnNew, 1, given.record.epoch));
    expect(renewed).toMatchObject({ ok: true, record: { rev: 2, epoch: 1 } });
  });

  test("does a captured request once, however often it is sent again", async () => {
    const path = leasePath("acme-c");
    const parts = { method: "POST", path, body: requestBody(acquire(fsn, 0)) } as const;
    const captured = signedRequest(parts, fsn);
    const send = async () => {
      const response = await fetch(`${host.url}${path}`, captured);
      return [response.status, await response.json()] as const;
    };
    expect(await send()).toMatchObject([200, { repeated: false, record: { rev: 1 } }]);
    expect(await send()).toMatchObject([200, { repeated: true, record: { rev: 1 } }]);
    await client(fsn).ask("acme-c", renew(fsn, 1, 1));
    expect(await send()).toMatchObject([409, { code: "held", record: { rev: 2, epoch: 1 } }]);
  });

  test("answers reads of version 1, and tells a newer peer what is spoken", async () => {
    await client(fsn).ask("acme-d", acquire(fsn, 0));
    const read = async (path: string) => {
      const init = signedRequest({ method: "GET", path, body: "" }, reader);
      const response = await fetch(`${host.url}${path}`, init);
      return [response.status, await response.json()] as const;
    };
    expect(await read("/v1/leases/acme-d")).toMatchObject([
      200,
      { epoch: 1, rev: 1, holder: "hz-fsn-rtz-prod", serverNow: expect.any(Number) as number },
    ]);
    expect(await read("/v9/leases/acme-d")).toMatchObject([
      400,
      { code: "VersionUnsupported", supported: { read: ["v1", "v2"], write: ["v2"] } },
    ]);
  });

  test("refuses a body without end before it has read it", async () => {
    const path = leasePath("acme-a");
    const body = "x".repeat(1024 * 1024);
    const init = signedRequest({ method: "POST", path, body }, fsn);
    const status = await fetch(`${host.url}${path}`, init).then(
      (response) => response.status,
      () => "closed",
    );
    expect([413, "closed"]).toContain(status);
    expect((await client(fsn).read("acme-a")).rev).toBe(0);
  });

  test("is shown and tried out by the command line", async () => {
    const file = join(folder.config.data, "..", "fsn.json");
    await writeFile(file, JSON.stringify(fsn));
    const at = ["--url", host.url, "--credential", file];
    await client(fsn).ask("acme-e", acquire(fsn, 0));
    const status = await runCli("witness", "status", "acme-e", "acme-f", ...at);
    expect(status.out).toMatch(
      /holder +hz-fsn-rtz-prod \(process p1\)[\s\S]*time left +[1-9][^\n]* by the witness/,
    );
    expect(status.out).toContain("none: nobody ever asked for it");
    const json = await runCli("--output", "json", "witness", "status", "acme-e", ...at);
    expect(JSON.parse(json.out)).toMatchObject({
      leases: [{ slot: "acme-e", epoch: 1, rev: 1, note: { role: "holder" } }],
    });
    const history = await runCli("witness", "history", "acme-e", ...at);
    expect(history.out).toMatch(/epoch 1 +revision 1 +hz-fsn-rtz-prod/);
    const verify = await runCli("--output", "json", "witness", "verify", ...at);
    expect(verify.exitCode).toBe(0);
    expect(JSON.parse(verify.out)).toMatchObject({
      kind: "sound",
      slot: "scratch/hz-fsn-rtz-prod/verify",
    });
    for (const { out, err } of [status, json, history, verify]) {
      expect(`${out}${err}`).not.toContain(fsn.secret);
    }
  });

  test("remembers the last hundred grants of a slot", async () => {
    const witness = client(hel);
    let rev = 0;
    for (let epoch = 1; epoch <= 104; epoch++) {
      const { record } = await witness.ask("acme-g", acquire(hel, rev));
      const request = { op: "release", ...common(hel.holder, record.rev), epoch } as const;
      rev = (await witness.ask("acme-g", request)).record.rev;
    }
    const grants = await witness.history("acme-g");
    expect(grants.map(({ epoch }) => epoch)).toEqual(
      Array.from({ length: 100 }, (_, at) => 104 - at),
    );
  });
});

describe("the command line says what to do", () => {
  test.each([
    ["without a witness", ["status", "s"], 2, /--url/],
    ["without a credential", ["status", "s", "--url", "http://127.0.0.1:1"], 20, /credential/],
    ["of an address without TLS", ["status", "s", "--url", "http://192.0.2.1"], 20, /credential/],
  ])("%s", async (_, words, exitCode, said) => {
    const ran = await runCli("witness", ...words);
    expect(ran.exitCode).toBe(exitCode);
    expect(ran.err).toMatch(said);
  });

  test("what a quota will not bear", async () => {
    const { out } = await runCli("witness", "quota", "--slots", "6");
    expect(out).toContain("103.7 % of Cloudflare's free plan is used");
  });
});

describe("after a restart", () => {
  test("workerd gives a lease that ran out meanwhile to its holder before anybody else", async () => {
    const folder = await witnessFolder([fsn, hel], 60_000);
    let host = await startAny("workerd", { ...folder.config, settleMs: 0 });
    try {
      const [holder, contender] = [clientOf(host.url, fsn), clientOf(host.url, hel)];
      await holder.ask("acme-a", acquire(fsn, 0, briefMs));
      process.kill(host.pid, "SIGKILL");
      await host.ended;
      await new Promise((resolve) => setTimeout(resolve, briefMs + 200));
      const port = Number(new URL(host.url).port);
      host = await startAny("workerd", {
        ...folder.config,
        listen: { ...folder.config.listen, port },
      });
      const view = await contender.view("acme-a");
      expect(view).toMatchObject({ expiresInMs: 0, record: { rev: 1 } });
      expect(view.settlesInMs).toBeGreaterThan(0);
      expect(await contender.ask("acme-a", acquire(hel, 1))).toMatchObject({ code: "held" });
      expect(await holder.ask("acme-a", renew(fsn, 1, 1))).toMatchObject({ ok: true });
      for (const one of [holder, contender]) one.close();
    } finally {
      await host.stop();
      await folder.remove();
    }
  });

  test("the Node host's leases have the time that they had: its clock stood", async () => {
    const folder = await witnessFolder([fsn, hel]);
    let host = await startAny("node", folder.config);
    try {
      const [holder, contender] = [clientOf(host.url, fsn), clientOf(host.url, hel)];
      await holder.ask("acme-a", acquire(fsn, 0));
      host = await killAndRestart("node", host, folder);
      expect((await contender.view("acme-a")).expiresInMs).toBeGreaterThan(0);
      expect(await contender.ask("acme-a", acquire(hel, 1))).toMatchObject({ code: "held" });
      for (const one of [holder, contender]) one.close();
    } finally {
      await host.stop();
      await folder.remove();
    }
  });

  test.each(hostKinds)(
    "%s takes the credentials that it is then given, and the old one no more",
    async (kind) => {
      const folder = await witnessFolder([fsn, fsnNew]);
      let host = await startAny(kind, folder.config);
      try {
        const file = folder.config.credentials.file ?? "";
        await writeFile(file, JSON.stringify({ credentials: [fsnNew] }));
        host = await killAndRestart(kind, host, folder);
        const [old, now] = [clientOf(host.url, fsn), clientOf(host.url, fsnNew)];
        expect(await codeOf(old.read("acme-a"))).toBe("WitnessUnauthorized");
        expect(await codeOf(now.read("acme-a"))).toBe("done");
        for (const one of [old, now]) one.close();
      } finally {
        await host.stop();
        await folder.remove();
      }
    },
  );
});

test.each<HostKind>(["workerd", "node"])(
  "%s speaks TLS, and a client believes its certificate only",
  async (kind) => {
    const folder = await witnessFolder([fsn]);
    const at = (name: string): string => join(folder.config.data, "..", name);
    const name = `subjectAltName=IP:${folder.config.listen.address}`;
    const subject = ["-subj", "/CN=witness", "-addext", name];
    const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    const files = ["-keyout", at("key.pem"), "-out", at("cert.pem"), "-days", "2"];
    execFileSync("openssl", [...args, ...files, ...subject], { stdio: "ignore" });
    const tls = { certificate: at("cert.pem"), key: at("key.pem") };
    const host = await startHost(kind, { ...folder.config, tls });
    try {
      const options = {
        url: host.url,
        readCredential: () => Promise.resolve(fsn),
        timeoutMs: 30_000,
        clock: systemClock,
      };
      const trusting = httpWitness({ ...options, ca: await readFile(tls.certificate, "utf8") });
      expect(host.url).toMatch(/^https:/);
      expect((await trusting.read("acme-a")).rev).toBe(0);
      trusting.close();
      const stranger = httpWitness(options);
      expect(await codeOf(stranger.read("acme-a"))).toBe("WitnessUnreachable");
      stranger.close();
    } finally {
      await host.stop();
      await folder.remove();
    }
  },
);
