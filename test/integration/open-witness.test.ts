/** The witness that a document or a URL names, opened on real etcd and PostgreSQL servers, with credentials from files. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/adapters/clock.ts";
import { type OpenedWitness, openWitness } from "../../src/adapters/witness/open-witness.ts";
import type { WitnessSpec } from "../../src/core/resources/sovereign-witnesses.ts";
import { requireProgram } from "../../src/sandbox/programs.ts";
import { startEtcd } from "../../src/sandbox/servers/etcd-process.ts";
import { type PostgresProcess, startPostgres } from "../../src/sandbox/servers/postgres-process.ts";
import { acquire, done, renew } from "../contract/witness-subject.ts";
import { runCli } from "../run-cli.ts";
import { requireLogin } from "./etcd-login.ts";

const holder = "hz-fsn-rtz-prod";
const folder = mkdtempSync(join(tmpdir(), "sovereign-open-witness-"));
const endings: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);

function file(name: string, content: string | object): string {
  writeFileSync(at(name), typeof content === "string" ? content : JSON.stringify(content));
  return at(name);
}

type Place = { readonly backend: WitnessSpec["backend"]; readonly urls: readonly string[] };

function opened({ backend, urls }: Place, credential: string, ca?: string): OpenedWitness {
  const witness = openWitness(
    { name: "w", backend, urls: [...urls] },
    {
      readCredential: () => Promise.resolve(readFileSync(credential, "utf8")),
      ...(ca === undefined ? {} : { readCa: () => Promise.resolve(readFileSync(ca, "utf8")) }),
      timeoutMs: 20_000,
      clock: systemClock,
    },
  );
  endings.push(() => witness.close());
  return witness;
}

/** A folder of documents whose Sovereign has these witnesses. */
function documents(name: string, witnesses: readonly object[]): string {
  const sovereign = {
    apiVersion: "sre.catalyst.openova.io/v1alpha1",
    kind: "Sovereign",
    metadata: { name: "acme" },
    spec: {
      domain: "acme.example",
      regions: [
        {
          cluster: holder,
          loadBalancer: { ipv4: ["203.0.113.10"] },
          nameServers: [{ name: "ns1", address: "203.0.113.53", apiUrl: "http://10.10.0.53:8081" }],
        },
      ],
      witnesses,
    },
  };
  mkdirSync(at(name), { recursive: true });
  file(join(name, "sovereign.yaml"), sovereign);
  return at(name);
}

const unauthorized = { code: "WitnessUnauthorized" };
const unreadable = { code: "CredentialUnreadable" };

/** What every backend shows to people, by its URL and by the documents. */
async function looksSound(
  named: readonly string[],
  slot: string,
  credential: string,
): Promise<readonly string[]> {
  const all = [...named, "--credential", credential];
  const verified = await runCli("witness", "verify", ...all);
  expect(verified).toMatchObject({ exitCode: 0 });
  expect(verified.out).toContain("grants leases as it should");
  const status = await runCli("witness", "status", slot, "never-asked", ...all);
  expect(status).toMatchObject({ exitCode: 0 });
  expect(status.out).toMatch(/holder +h0/);
  const history = await runCli("witness", "history", slot, ...all);
  expect(history).toMatchObject({ exitCode: 0 });
  expect(history.out).toContain("keeps the newest record only");
  return [status.out, history.out];
}

describe("an etcd", () => {
  let endpoint = "";
  let root: Awaited<ReturnType<typeof requireLogin>>;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    const [server] = await startEtcd();
    if (server === undefined) throw new Error("no etcd was started");
    endpoint = server.endpoint;
    stop = () => server.stop();
    root = await requireLogin(endpoint, { user: "agent", password: "agent-secret" });
  });
  afterAll(() => stop());

  test("is reached by a login from a file, and a replaced password is taken up", async () => {
    const credential = file("login.json", { user: "agent", password: "agent-secret" });
    const witness = opened({ backend: "etcd", urls: [endpoint] }, credential);
    const given = await done(witness.ask("a", acquire("h0", 0)));
    await root("/v3/auth/user/changepw", { name: "agent", password: "agent-secret-2" });
    await expect(witness.read("a")).rejects.toMatchObject(unauthorized);
    file("login.json", { user: "agent", password: "agent-secret-2" });
    await done(witness.ask("a", renew("h0", given)));
    expect(await witness.view("a")).toMatchObject({ expiresInMs: null, record: { rev: 2 } });
    await root("/v3/auth/user/changepw", { name: "agent", password: "agent-secret" });
  });

  test("without a login where one is needed it is WitnessUnauthorized, and a wrong file CredentialUnreadable", async () => {
    const spec = { backend: "etcd", urls: [endpoint] } as const;
    await expect(opened(spec, file("none.json", {})).read("a")).rejects.toMatchObject(unauthorized);
    for (const text of ["", "agent:secret", '{"user":"agent","pasword":"secret-2"}']) {
      const thrown = opened(spec, file("wrong.json", text)).read("a");
      await expect(thrown).rejects.toMatchObject(unreadable);
      await expect(thrown).rejects.not.toThrow(/secret/);
    }
    const gone = file("gone.json", { certificate: at("no.pem"), key: at("no.key") });
    await expect(opened(spec, gone).read("a")).rejects.toMatchObject({
      ...unreadable,
      where: at("no.pem"),
    });
  });

  test("is looked at and tried out by its URL and by the documents that name it", async () => {
    const login = { holder, user: "agent", password: "agent-secret" };
    const credential = file("agent.json", login);
    await done(
      opened({ backend: "etcd", urls: [endpoint] }, credential).ask("b", acquire("h0", 0)),
    );
    const byUrl = await looksSound(["--url", `etcd+${endpoint}`], "b", credential);
    expect(byUrl.join("\n")).toContain("not known there");
    const declared = documents("etcd", [
      { name: "quorum", backend: "etcd", urls: [endpoint] },
      { name: "cloud", urls: ["https://witness.acme.example"] },
    ]);
    await looksSound(["--documents", declared, "--witness", "quorum"], "b", credential);
    const [unnamed, unknown] = [
      await runCli("witness", "status", "b", "--documents", declared, "-k", credential),
      await runCli("witness", "status", "b", "-d", declared, "-w", "quorun", "-k", credential),
    ];
    expect(unnamed.err).toContain("2 witnesses (quorum, cloud)");
    expect(unknown.err).toContain("no witness quorun (quorum, cloud)");
    expect([unnamed.exitCode, unknown.exitCode]).toEqual([2, 2]);
  });
});

test("an etcd that asks for certificates gets those of the credential, also when they are replaced", async () => {
  const openssl = (...args: readonly string[]): void => {
    execFileSync(requireProgram("openssl", process.env), args, { cwd: folder, stdio: "ignore" });
  };
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  const authority = (name: string): void =>
    openssl(
      "req",
      "-x509",
      ...curve,
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.pem`,
      "-subj",
      `/CN=${name}`,
    );
  const signed = (name: string, ca: string): void => {
    openssl(
      "req",
      ...curve.slice(0, -2),
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.csr`,
      "-subj",
      "/",
    );
    const signer = ["-CA", `${ca}.pem`, "-CAkey", `${ca}.key`, "-CAcreateserial", "-days", "2"];
    openssl(
      "x509",
      "-req",
      "-in",
      `${name}.csr`,
      ...signer,
      "-out",
      `${name}.pem`,
      "-extfile",
      "ext",
    );
  };
  file("ext", "subjectAltName=IP:127.0.0.1\n");
  authority("ca");
  authority("other");
  signed("server", "ca");
  signed("agent", "ca");
  signed("stranger", "other");
  const [server] = await startEtcd({
    scheme: "https",
    address: "127.0.0.1",
    args: [
      ...["--cert-file", at("server.pem"), "--key-file", at("server.key")],
      ...["--client-cert-auth", "--trusted-ca-file", at("ca.pem")],
    ],
  });
  endings.push(async () => server?.stop());
  const names = (name: string) => ({ certificate: at(`${name}.pem`), key: at(`${name}.key`) });
  const credential = file("certificate.json", names("stranger"));
  const spec = { backend: "etcd", urls: [server?.endpoint ?? ""] } as const;
  const witness = opened(spec, credential, at("ca.pem"));
  const unreachable = { code: "WitnessUnreachable" };
  await expect(witness.read("a")).rejects.toMatchObject(unreachable);
  file("certificate.json", names("agent"));
  const given = await done(witness.ask("a", acquire("h0", 0)));
  expect(await witness.read("a")).toEqual(given);
  await expect(opened(spec, credential).read("a")).rejects.toMatchObject(unreachable);
  await expect(opened(spec, credential, at("other.pem")).read("a")).rejects.toMatchObject(
    unreachable,
  );
});

describe("a PostgreSQL", () => {
  let server: PostgresProcess;
  let url = "";
  beforeAll(async () => {
    server = await startPostgres();
    url = `postgresql://${server.host}:${server.port}/leases`;
    await server.sql("CREATE DATABASE leases");
    await server.sql("CREATE ROLE agent LOGIN PASSWORD 'agent-secret'");
    await server.sql("GRANT CREATE ON DATABASE leases TO agent");
  });
  afterAll(() => server.stop());

  test("is reached by a login from a file, and replaced ones are taken up", async () => {
    const credential = file("postgres.json", { user: "agent", password: "wrong-secret" });
    const witness = opened({ backend: "postgresql", urls: [url] }, credential);
    await expect(witness.read("a")).rejects.toMatchObject(unauthorized);
    file("postgres.json", { user: "agent", password: "agent-secret" });
    const given = await done(witness.ask("a", acquire("h0", 0)));
    await server.sql("CREATE ROLE agent2 LOGIN PASSWORD 'agent2-secret' IN ROLE agent");
    file("postgres.json", { user: "agent2", password: "agent2-secret" });
    await done(witness.ask("a", renew("h0", given)));
    const view = await witness.view("a");
    expect(view.record.rev).toBe(2);
    expect(view.expiresInMs).toBeGreaterThan(0);
    expect(await server.sql("SELECT rev FROM sovereign_witness.lease", "leases")).toBe("2");
  });

  test("is refused where it is the database that the lease protects", async () => {
    const system = await server.sql("SELECT system_identifier FROM pg_control_system()");
    const text = JSON.stringify({ user: "agent", password: "agent-secret" });
    const witness = openWitness(
      { name: "w", backend: "postgresql", urls: [url] },
      {
        readCredential: () => Promise.resolve(text),
        timeoutMs: 20_000,
        clock: systemClock,
        protectedSystems: [system],
      },
    );
    endings.push(() => witness.close());
    await expect(witness.read("a")).rejects.toMatchObject({ code: "WitnessRefused" });
  });

  test("is looked at and tried out by its URL and by the documents that name it", async () => {
    const login = { holder, user: "agent", password: "agent-secret" };
    const credential = file("postgres-agent.json", login);
    const spec = { backend: "postgresql", urls: [url] } as const;
    await done(opened(spec, credential).ask("b", acquire("h0", 0)));
    const byUrl = await looksSound(["--url", url], "b", credential);
    expect(byUrl.join("\n")).toMatch(
      /time left +([0-9.]+ m?s by the witness's clock|none: it ran out)/,
    );
    const declared = documents("postgres", [{ name: "leases", ...spec }]);
    await looksSound(["--documents", declared], "b", credential);
    const nobody = file("nobody.json", { user: "agent", password: "agent-secret" });
    const refused = await runCli("witness", "verify", "--url", url, "--credential", nobody);
    expect(refused.exitCode).toBe(2);
    expect(refused.err).toContain("has no holder");
  });
});
