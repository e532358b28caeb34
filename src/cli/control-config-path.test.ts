import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { controlConfigPath } from "./control-config-path.ts";

const folder = mkdtempSync(join(tmpdir(), "sovereign-config-path-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("without a name, an environment and a sandbox, the remedy says what to do", () => {
  expect(() => controlConfigPath(undefined, {}, folder)).toThrow("no control configuration");
});

test("what is named goes before the environment, and that before the sandbox", () => {
  const cluster = join(folder, ".sovereign", "regions", "hz-fsn-rtz-prod");
  mkdirSync(cluster, { recursive: true });
  writeFileSync(join(cluster, "control.yaml"), "");
  expect(controlConfigPath("a.yaml", { SOVEREIGN_CONFIG: "b.yaml" }, folder)).toBe("a.yaml");
  expect(controlConfigPath(undefined, { SOVEREIGN_CONFIG: "b.yaml" }, folder)).toBe("b.yaml");
  expect(controlConfigPath(undefined, {}, folder)).toBe(join(cluster, "control.yaml"));
});
