import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Failure } from "../core/kernel/failure.ts";
import { capnpConfig, compatibilityDate, quoted } from "./witness-capnp.ts";
import { readWitnessConfig } from "./witness-config.ts";
import { prepareFolder, storeOf } from "./witness-host.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sovereign-witness-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function configOf(text: string) {
  const file = join(folder, "witness.yaml");
  await writeFile(file, text);
  return readWitnessConfig(file);
}

const right = `
listen: { address: 127.0.0.1, port: 7443 }
data: data
credentials: { file: credentials.json }
`;

test.each([
  ["no YAML", "a: [", "ConfigInvalid", undefined],
  ["nothing", "", "ConfigInvalid", "(the whole file)"],
  ["a field that is none", `${right}leases: 3\n`, "ConfigInvalid", "(the whole file)"],
  [
    "two places for credentials",
    right.replace("file:", "env: X, file:"),
    "ConfigInvalid",
    "credentials",
  ],
  [
    "an address of the network without TLS",
    right.replace("127.0.0.1", "0.0.0.0"),
    "ConfigInvalid",
    "listen.address",
  ],
  [
    "a name, which may be any address",
    right.replace("127.0.0.1", "localhost"),
    "ConfigInvalid",
    "listen.address",
  ],
  ["an hour of settling", `${right}settleFor: 1h\n`, "ConfigInvalid", "settleFor"],
])("%s is refused with its field", async (_, text, code, field) => {
  const thrown: unknown = await configOf(text).catch((failure: unknown) => failure);
  expect(Failure.from(thrown, "")).toMatchObject({ code, field });
});

test("paths count from the file's folder, and a witness settles for two seconds", async () => {
  expect(await configOf(right)).toEqual({
    listen: { address: "127.0.0.1", port: 7443 },
    data: join(folder, "data"),
    credentials: { file: join(folder, "credentials.json") },
    settleMs: 2_000,
  });
});

test("with TLS any address is listened on", async () => {
  const text = `${right.replace("127.0.0.1", "0.0.0.0")}tls: { certificate: c.pem, key: k.pem }\n`;
  expect((await configOf(text)).tls).toEqual({
    certificate: join(folder, "c.pem"),
    key: join(folder, "k.pem"),
  });
});

test("a folder with another host's leases is refused: there every epoch would begin again", async () => {
  await writeFile(join(folder, storeOf.node), "");
  await expect(prepareFolder(folder, "workerd")).rejects.toMatchObject({ field: "data" });
  await prepareFolder(folder, "node");
});

test("the configuration of workerd holds no secret, closes the way out and names the folder", () => {
  const text = capnpConfig({
    address: "::1",
    port: 7443,
    hasTls: true,
    objects: '/data/ö "x"',
    settleMs: 2_000,
    health: "word",
  });
  expect(text).toContain("network = (allow = [])");
  expect(text).toContain('address = "[::1]:7443"');
  expect(text).toContain('path = "/data/\\xc3\\xb6 \\"x\\""');
  expect(text).toContain('text = embed "credentials.json"');
});

test("any text is one string to workerd", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("a", '"', "\\", "\n", "\u0000", "é", "\u{1f600}") }),
      (text) => {
        expect(quoted(text)).toMatch(
          /^"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\]|\\x[0-9a-f]{2})*"$/,
        );
      },
    ),
  );
});

test("Cloudflare is given the compatibility date that workerd is given", async () => {
  const wrangler = fileURLToPath(new URL("../../deploy/witness/wrangler.toml", import.meta.url));
  expect(await readFile(wrangler, "utf8")).toContain(`compatibility_date = "${compatibilityDate}"`);
});
