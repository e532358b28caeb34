import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, Option } from "commander";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { makeRun } from "../command.ts";
import { validateCommand } from "./validate.ts";

const examples = fileURLToPath(new URL("../../../examples/", import.meta.url));
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sovereign-validate-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function validate(...args: readonly string[]) {
  const said = { out: "", err: "", exitCode: 0 };
  const streams = {
    out(text: string) {
      said.out += text;
    },
    err(text: string) {
      said.err += text;
    },
    terminal: false,
    env: {},
  };
  const run = makeRun(streams, (code) => {
    said.exitCode = code;
  });
  await new Command("sovereign")
    .addOption(
      new Option("-o, --output <format>").choices(["text", "json", "yaml"]).default("text"),
    )
    .addCommand(validateCommand(run))
    .parseAsync(["node", "sovereign", "validate", ...args]);
  return said;
}

test("a folder that does not exist ends with the code of a source that can not be read", async () => {
  const { exitCode, err } = await validate(join(folder, "missing"));
  expect(exitCode).toBe(5);
  expect(err).toMatch(/does not exist/);
});

test("a wrong document ends with 3 and is named with line, path, found and expected", async () => {
  await writeFile(
    join(folder, "shop.yaml"),
    "apiVersion: sre.catalyst.openova.io/v1alpha1\nkind: Application\nmetadata:\n  name: shop\nspec:\n  environmentRef: a\n  placement: active-actve\n  regions: [hz-fsn-rtz-prod]\n",
  );
  const { exitCode, out, err } = await validate(folder);
  expect(exitCode).toBe(3);
  expect(out).toContain("shop.yaml:7  Application/shop  $.spec.placement  UnknownPlacement");
  expect(out).toMatch(
    /found {5}"active-actve"\n {2}expected {2}one of .*did you mean "active-active"/,
  );
  expect(err).toMatch(/There are 2 problems in the documents\. DocumentInvalid/);
});

test("control characters of a document do not reach the terminal", async () => {
  await writeFile(join(folder, "x.yaml"), 'apiVersion: v1\nkind: "\\e[2J"\n---\n"\\e[31m"\n');
  const { out } = await validate(folder);
  expect(out).not.toContain("\u001b");
});

test("the platform's own documents are right beside the addresses that they lack", async () => {
  const { exitCode, out } = await validate(join(examples, "platform"));
  expect(exitCode).toBe(0);
  expect(out).toMatch(/reports\.payments-prod\.acme\.example\s+single-region\s+hz-fsn-rtz-prod/);
  expect(out).toMatch(/shop\.payments-prod\.acme\.example\s+active-hotstandby/);
});

test("the example of the further placements is right", async () => {
  const { exitCode, out } = await validate(join(examples, "placements"));
  expect(exitCode).toBe(0);
  expect(out).toMatch(/checkout\.payments-prod\.acme\.example\s+weighted-canary/);
});

test("the example of two regions is right and its names are listed", async () => {
  const { exitCode, out, err } = await validate(join(examples, "two-regions"));
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: "" });
  expect(out).toBe(
    [
      "Sovereign      acme, acme.example, hz-fsn-rtz-prod, hz-hel-rtz-prod",
      "Organizations  1  payments",
      "Environments   1  payments-prod",
      "Applications   3",
      "  ledger.payments-prod.acme.example   active-hotstandby  hz-hel-rtz-prod, hz-fsn-rtz-prod",
      "  reports.payments-prod.acme.example  single-region      hz-fsn-rtz-prod",
      "  shop.payments-prod.acme.example     active-active      hz-fsn-rtz-prod, hz-hel-rtz-prod",
      "Failover       1",
      "  payments-prod  automatic  hz-fsn-rtz-prod, hz-hel-rtz-prod  1 Application",
      "",
    ].join("\n"),
  );
});

test("a warning is shown and fails nothing; an Environment that can have no group is told why", async () => {
  await cp(join(examples, "two-regions"), folder, { recursive: true });
  const path = join(folder, "failover-group.yaml");
  const text = await readFile(path, "utf8");
  await writeFile(path, text.replace("rto: 60s", "rto: 20s"));
  const warned = await validate(folder);
  expect(warned).toMatchObject({ exitCode: 0, err: "" });
  expect(warned.out).toContain("$.spec.objectives.rto  warning: ObjectiveOutOfReach");
  await writeFile(path, text.replace("regions:", "regions_:"));
  const { exitCode, out } = await validate(folder);
  expect(exitCode).toBe(3);
  expect(out).toMatch(/Failover {7}0\n {2}payments-prod {2}none: a FailoverGroup is wrong/);
});

test("machines get the same as data, problems included", async () => {
  const good = JSON.parse((await validate(join(examples, "two-regions"), "--output", "json")).out);
  expect(good).toMatchObject({
    valid: true,
    problems: [],
    warnings: [],
    environments: ["payments-prod"],
    failoverGroups: [{ name: "payments-prod", declared: true, witness: "cloud" }],
    withoutFailoverGroup: [],
  });
  await writeFile(join(folder, "bad.yaml"), "a: [\n");
  const bad = await validate(folder, "--output", "yaml");
  expect(bad.exitCode).toBe(3);
  expect(parse(bad.out)).toMatchObject({
    valid: false,
    problems: [{ reason: "YamlSyntax", file: "bad.yaml" }],
  });
  expect(parse(bad.err)).toMatchObject({ error: { code: "DocumentInvalid" } });
});
