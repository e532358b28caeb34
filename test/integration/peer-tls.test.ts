import { execFileSync } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { Agent, type RequestOptions, request } from "node:https";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import {
  type HttpsPeerLink,
  type HttpsPeerLinkOptions,
  httpsPeerLink,
} from "../../src/adapters/agent/https-peer-link.ts";
import { type TlsPaths, tlsFiles } from "../../src/adapters/agent/tls-files.ts";
import type { PeerMessage } from "../../src/core/failover/message.ts";
import type { Failure } from "../../src/core/kernel/failure.ts";
import { peerRoute } from "../../src/daemon/agent/peer-route.ts";
import { type ListeningTls, listenTls } from "../../src/daemon/agent/tls-listen.ts";
import { makeCertificates } from "../../src/sandbox/certificates.ts";
import { requireProgram } from "../../src/sandbox/programs.ts";
import { randomLoopback } from "./pdns-server.ts";

const [here, there] = ["hz-fsn-rtz-prod", "hz-hel-rtz-prod"];
const message: PeerMessage = { kind: "giveBack", epoch: 7, round: 2 };
const address = randomLoopback();

let folder: string;
/** Of this Sovereign's authority, and of one of somebody else. */
let ours: (name: string) => TlsPaths;
let theirs: (name: string) => TlsPaths;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sovereign-tls-"));
  const subjects = [{ name: here }, { name: there }];
  ours = (await makeCertificates(join(folder, "ours"), subjects)).of;
  theirs = (await makeCertificates(join(folder, "theirs"), subjects)).of;
});
afterAll(() => rm(folder, { recursive: true }));

let open: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  await Promise.all(open.map((close) => close()));
  open = [];
});

function peerApp(heard: unknown[]) {
  const receive = (json: unknown): boolean => heard.push(json) > 0 && json !== undefined;
  return peerRoute({ group: "ledger", peer: here, receive });
}

/** The agent of `there` with these files, and what it heard. */
async function agentThere(
  paths = ours(there),
  failures: Failure[] = [],
): Promise<{ readonly at: ListeningTls; readonly heard: unknown[] }> {
  const heard: unknown[] = [];
  const at = await listenTls(peerApp(heard), {
    address,
    port: 0,
    tls: tlsFiles(paths),
    rereadEveryMs: 20,
    onFailure: (failure) => failures.push(failure),
  });
  open.push(at.close);
  return { at, heard };
}

function linkTo(url: string, change: Partial<HttpsPeerLinkOptions> = {}): HttpsPeerLink {
  const tls = tlsFiles(ours(here));
  const link = httpsPeerLink({
    ...{ self: here, peer: there, group: "ledger", url, tls, timeoutMs: 20_000 },
    ...change,
  });
  open.push(link.close);
  return link;
}

/** A request of whatever form, with the certificate of `paths` or without one. */
async function ask(
  url: string,
  paths: TlsPaths | undefined,
  change: RequestOptions & { readonly body?: string } = {},
): Promise<string> {
  const ca = await readFile(ours(here).ca);
  const own =
    paths === undefined
      ? {}
      : { cert: await readFile(paths.certificate), key: await readFile(paths.key) };
  const { body = JSON.stringify(message), ...rest } = change;
  const path = "/v1/groups/ledger/peer";
  const options = { method: "POST", path, agent: false, servername: there, ca, ...own, ...rest };
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      const connection = sent.reusedSocket ? "kept" : "new";
      response.on("end", () => resolve(`${response.statusCode} ${connection} ${text}`));
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

test("an agent with the other region's certificate says so by itself, and is refused where it does not", async () => {
  const { at, heard } = await agentThere();
  await expect(linkTo(at.url, { tls: tlsFiles(ours(there)) }).send(message)).rejects.toMatchObject({
    code: "ConfigInvalid",
    message: `this agent's certificate is that of ${there}, and not of ${here}`,
  });
  expect(await ask(at.url, ours(there))).toMatch(
    new RegExp(`^403 .*PeerRefused.*only the agent of ${here} may say this, and it is: ${there}`),
  );
  expect(heard).toEqual([]);
});

test("files that are not there, are no PEM or do not go together are refused by their path", async () => {
  const { certificate, key, ca } = ours(here);
  const text = join(folder, "text");
  await writeFile(text, "no PEM");
  const wrong: readonly (readonly [TlsPaths, string, string])[] = [
    [{ certificate: `${text}.pem`, key, ca }, "can not be read (ENOENT)", `${text}.pem`],
    [{ certificate, key: text, ca }, "the certificate's key is not PEM", text],
    [{ certificate, key: ours(there).key, ca }, "do not go together", certificate],
  ];
  for (const [paths, words, where] of wrong) {
    await expect(
      listenTls(peerApp([]), { address, port: 0, tls: tlsFiles(paths) }),
    ).rejects.toMatchObject({ message: expect.stringContaining(words), where });
  }
});

test("a port that is in use is told by its address", async () => {
  const { at } = await agentThere();
  const tls = tlsFiles(ours(there));
  const port = Number(new URL(at.url).port);
  await expect(listenTls(peerApp([]), { address, port, tls })).rejects.toMatchObject({
    code: "AddressTaken",
  });
});

test("who shows no certificate, or one of another authority, is told so and heard by nobody", async () => {
  const { at, heard } = await agentThere();
  expect(await ask(at.url, undefined)).toMatch(/^403 .*and it is: no certificate/);
  expect(await ask(at.url, theirs(here))).toMatch(/^403 .*its certificate is not trusted/);
  expect(heard).toEqual([]);
});

test("a certificate with two names, one of another purpose and one that has ended are nobody's", async () => {
  const { at, heard } = await agentThere();
  const openssl = (...args: readonly string[]): void => {
    execFileSync(requireProgram("openssl", process.env), args, { cwd: folder, stdio: "ignore" });
  };
  const issue = (name: string, names: string, usage: string, days: string): TlsPaths => {
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    openssl(
      ...["req", "-new", ...key, "-subj", "/CN=x", "-addext", `subjectAltName=${names}`],
      ...["-addext", `extendedKeyUsage=${usage}`, "-keyout", `${name}.key`, "-out", `${name}.csr`],
    );
    openssl(
      ...["x509", "-req", "-in", `${name}.csr`, "-CA", "ours/ca.pem", "-CAkey", "ours/ca-key.pem"],
      ...["-copy_extensions", "copy", "-set_serial", "7", "-days", days, "-out", `${name}.crt`],
    );
    const at = (end: string): string => join(folder, `${name}.${end}`);
    return { certificate: at("crt"), key: at("key"), ca: ours(here).ca };
  };
  const both = issue("both", `DNS:${here},DNS:${there}`, "clientAuth", "2");
  const server = issue("server", `DNS:${here}`, "serverAuth", "2");
  const ended = issue("ended", `DNS:${here}`, "clientAuth", "-1");
  expect(await ask(at.url, both)).toMatch(/^403 .*has not exactly one DNS name/);
  expect(await ask(at.url, server)).toMatch(/^403 .*not trusted .*INVALID_PURPOSE/);
  expect(await ask(at.url, ended)).toMatch(/^403 .*not trusted .*CERT_HAS_EXPIRED/);
  expect(heard).toEqual([]);
});

test("a message goes to nobody but the peer, whoever listens at its address", async () => {
  const impostors: readonly (readonly [TlsPaths, RegExp])[] = [
    [theirs(there), /not trusted/],
    [ours(here), new RegExp(`the certificate of ${here}, and ${there} is expected`)],
  ];
  for (const [paths, words] of impostors) {
    const { at, heard } = await agentThere(paths);
    await expect(linkTo(at.url).send(message)).rejects.toMatchObject({
      code: "PeerRefused",
      message: expect.stringMatching(words),
    });
    expect(heard).toEqual([]);
  }
});

test("what is no message of this group, has no length or no end is refused with the reason", async () => {
  const { at, heard } = await agentThere();
  await expect(linkTo(at.url, { group: "shop" }).send(message)).rejects.toMatchObject({
    code: "PeerRefused",
    message: "the peer's agent answered 404: this agent is of the group ledger",
  });
  const own = ours(here);
  expect(await ask(at.url, own, { body: "{" })).toMatch(/^403 .*this is no message/);
  expect(await ask(at.url, own, { body: " ".repeat(3_000) })).toMatch(/^413 .*2048 bytes at most/);
  expect(await ask(at.url, own, { body: " ".repeat(70_000) })).toMatch(/^413 .*65536 bytes/);
  const chunked = { headers: { "transfer-encoding": "chunked" } };
  expect(await ask(at.url, own, chunked)).toMatch(/^400 .*has to say its length/);
  await expect(ask(at.url, own, { maxVersion: "TLSv1.2" })).rejects.toThrow(/version/i);
  expect(heard).toEqual([undefined]);
});

test("a peer that is away, silent or too busy is unreachable, within the limit", async () => {
  const silent: Server = createServer((socket) => socket.on("error", () => undefined));
  await new Promise<void>((resolve) => silent.listen(0, address, resolve));
  open.push(() => void silent.close());
  const bound = silent.address();
  const url = `https://${address}:${typeof bound === "object" && bound !== null ? bound.port : 0}`;
  const link = linkTo(url, { timeoutMs: 300 });
  const many = Array.from({ length: 17 }, () => link.send(message));
  const ends = await Promise.allSettled(many);
  const late = "the peer's agent did not answer within 300 ms";
  expect(ends.slice(0, 16)).toMatchObject(Array(16).fill({ reason: { message: late } }));
  expect(ends[16]).toMatchObject({ reason: { code: "PeerUnreachable" } });
  const stop = new AbortController();
  const waiting = linkTo(url).send(message, stop.signal);
  stop.abort();
  await expect(waiting).rejects.toMatchObject({ code: "Cancelled" });
  await expect(linkTo(`https://${address}:1`).send(message)).rejects.toMatchObject({
    code: "PeerUnreachable",
    message: "the peer's agent can not be reached (ECONNREFUSED)",
  });
  expect(() => linkTo("http://127.0.0.1:1")).toThrow("the peer's URL is not https://");
});

/** The serial number of the certificate that the server shows to a new connection. */
async function serialShown(url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const ca = await readFile(ours(here).ca);
  const socket = connect({ host: hostname, port: Number(port), servername: there, ca });
  await new Promise((resolve) => socket.once("secureConnect", resolve));
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

test("a renewed certificate is taken up while connections go on, and a half-renewed one is not", async () => {
  const now = join(folder, "now");
  const paths = { certificate: `${now}.crt`, key: `${now}.key`, ca: ours(there).ca };
  await copyFile(ours(there).certificate, paths.certificate);
  await copyFile(ours(there).key, paths.key);
  const failures: Failure[] = [];
  const { at, heard } = await agentThere(paths, failures);
  const before = await serialShown(at.url);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  open.push(() => agent.destroy());
  expect(await ask(at.url, ours(here), { agent })).toMatch(/^204 new/);

  const renewed = await mkdtemp(join(folder, "renewed-"));
  for (const name of ["ca.pem", "ca-key.pem"])
    await copyFile(join(folder, "ours", name), join(renewed, name));
  const next = (await makeCertificates(renewed, [{ name: there }])).of(there);
  await copyFile(next.certificate, paths.certificate);
  await expect.poll(() => failures.length, { timeout: 30_000 }).toBe(1);
  expect(failures[0]).toMatchObject({ code: "ConfigInvalid" });
  expect(await serialShown(at.url)).toBe(before);

  await copyFile(next.key, paths.key);
  await expect.poll(() => serialShown(at.url), { timeout: 30_000 }).not.toBe(before);
  expect(await ask(at.url, ours(here), { agent })).toMatch(/^204 kept/);
  expect(heard).toHaveLength(2);
  expect(failures).toHaveLength(1);
});
