/** Log lines as a machine reads them. */
import { expect, test } from "vitest";
import { makeLog } from "./log.ts";
import { registerSecret, withoutSecrets } from "./secrets.ts";

function captured() {
  const lines: string[] = [];
  return { lines, destination: { write: (line: string) => void lines.push(line) } };
}

test("a line is one JSON object with time, level, name and message", () => {
  const { lines, destination } = captured();
  makeLog("dns", { destination }).info("zone is right", { changes: 0 });
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toEqual({
    level: "info",
    time: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T.*Z$/),
    name: "dns",
    message: "zone is right",
    changes: 0,
  });
});

test("lines below the level are not written", () => {
  const { lines, destination } = captured();
  const log = makeLog("dns", { destination, level: "warn" });
  log.debug("a");
  log.info("b");
  log.warn("c");
  log.error("d");
  expect(lines.map((line) => JSON.parse(line).message)).toEqual(["c", "d"]);
});

test("a credential is gone, by the name of its field and by its value in any text", () => {
  const { lines, destination } = captured();
  registerSecret('k"ey-of-\\ns1\n');
  const log = makeLog("dns", { destination });
  log.error('the server said: k"ey-of-\\ns1 is wrong', {
    request: { headers: { "X-API-Key": "unregistered" } },
    answer: ['echo k"ey-of-\\ns1'],
  });
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    message: "the server said: [redacted] is wrong",
    request: { headers: { "X-API-Key": "[redacted]" } },
    answer: ["echo [redacted]"],
  });
});

test("a credential is gone as a URL writes it, too", () => {
  registerSecret("p&ss word/1");
  expect(withoutSecrets("GET /x?q=p%26ss%20word%2F1")).toBe("GET /x?q=[redacted]");
});

test("a value too short to be a secret does not blank out the output", () => {
  registerSecret("");
  registerSecret("  \n");
  registerSecret("abc");
  registerSecret("a b");
  expect(withoutSecrets("abc d a%20b")).toBe("abc d a%20b");
});
