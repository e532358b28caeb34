import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { eventTypes } from "../src/core/journal/event-types.ts";

/** String literals in `src` that look like a type of event. */
function literalsOf(area: string): ReadonlySet<string> {
  const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "src"], {
    encoding: "utf8",
  });
  const files = listed
    .split("\n")
    .filter((file) => /(?<!\.test)\.ts$/.test(file) && !file.endsWith("event-types.ts"))
    // One that was moved is listed under its old name too, until that is committed.
    .filter((file) => existsSync(file));
  const found = files.flatMap((file) => [
    ...readFileSync(file, "utf8").matchAll(/"([a-z]+\.[a-z]+[A-Za-z]*)"/g),
  ]);
  return new Set(
    found
      .map((match) => match[1] ?? "")
      .filter((type) => type.startsWith(`${area}.`) && !/\.(?:js|log|yaml)$/.test(type)),
  );
}

test.each([...new Set(Object.keys(eventTypes).map((type) => type.split(".")[0] ?? ""))])(
  "the table of events holds exactly the types of the area %s that the sources write",
  (area) => {
    const listed = Object.keys(eventTypes).filter((type) => type.startsWith(`${area}.`));
    expect([...literalsOf(area)].sort()).toEqual(listed.sort());
  },
);

test("the table is sorted and every meaning is a sentence", () => {
  expect(Object.keys(eventTypes)).toEqual(Object.keys(eventTypes).sort());
  for (const meaning of Object.values(eventTypes)) expect(meaning.endsWith(".")).toBe(true);
});
