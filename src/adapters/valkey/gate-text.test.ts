import fc from "fast-check";
import { expect, test } from "vitest";
import { gateProblem, gateText, hasSetting } from "./gate-text.ts";

const gate = "/var/lib/valkey.sovereign/gate.conf";

test.each<[string, string, RegExp | null]>([
  ["that ends with the gate", `port 1\ninclude ${gate}\n`, null],
  ["that writes its name in quotes", `include "${gate}"`, null],
  ["that says other things later", `include ${gate}\nmaxmemory 1gb\n`, null],
  ["without the gate", "port 1\n", /does not have the line/],
  ["with the gate in a comment", `# include ${gate}\n`, /does not have the line/],
  ["with another gate", "include /else/gate.conf\n", /does not have the line/],
  ["that follows a server by itself", `include ${gate}\nreplicaof db 6379\n`, /replicaof comes/],
  ["in other letters", `include ${gate}\nReplicaOf no one\n`, /replicaof comes/],
  ["that lets replicas be written", `include ${gate}\nreplica-read-only no\n`, /would win/],
  ["that goes on in another file", `include ${gate}\ninclude /etc/more.conf\n`, /include comes/],
  ["with all that before the gate", `replicaof db 6379\ninclude ${gate}\n`, null],
])("a configuration %s is judged by what a start would take", (_, text, problem) => {
  const found = gateProblem(text, gate);
  if (problem === null) expect(found).toBeNull();
  else expect(found).toMatch(problem);
});

test("the gate makes a replica of nobody that refuses writes", () => {
  expect(hasSetting(gateText, "replicaof")).toBe(true);
  expect(hasSetting(gateText, "replica-read-only")).toBe(true);
});

test("no text makes it fail, and only a text that names the gate passes", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      if (!text.includes(gate)) expect(gateProblem(text, gate)).not.toBeNull();
    }),
  );
});
