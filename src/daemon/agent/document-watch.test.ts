import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  application,
  document,
  environment,
  organization,
} from "../../../test/fixtures/documents.ts";
import { fsn, group, guarded, standby } from "../../../test/fixtures/failover.ts";
import { makeAbort } from "../../control/abort.ts";
import type { SourceSnapshot } from "../../control/env.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { simEnv } from "../../sim/sim-env.ts";
import { type DocumentWatch, openDocumentWatch } from "./document-watch.ts";

const self = { cluster: fsn, group: "acme-prod" };
let state = "";
let found: SourceSnapshot | Failure;
let reads = 0;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), "sovereign-documents-"));
  found = revision("one");
  reads = 0;
});
afterEach(() => rmSync(state, { recursive: true, force: true }));

function revision(name: string, spec: object = {}): SourceSnapshot {
  const documents = [
    document("sovereign.yaml", guarded()),
    document("organization.yaml", organization()),
    document("environment.yaml", environment()),
    document("other.yaml", application("other")),
    document("shop.yaml", standby()),
    document("group.yaml", group(spec)),
  ];
  return { revision: name, documents, problems: [] };
}

const env = simEnv(1);
const open = (check: () => void = () => undefined): Promise<DocumentWatch> =>
  openDocumentWatch(env, {
    self,
    state,
    pollMs: 1_000,
    check,
    source: {
      async read() {
        reads += 1;
        if (found instanceof Failure) throw found;
        return found;
      },
    },
  });

/** One reading of the source. */
async function look(watch: DocumentWatch): Promise<void> {
  const stop = makeAbort();
  const running = watch.run(stop.signal);
  await env.clock.advance(500);
  for (let ticks = 0; ticks < 50; ticks++) await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  await running;
}

test("an agent starts by what it kept and asks nobody, also when the source is away", async () => {
  await open();
  expect(reads).toBe(1);
  found = new Failure("SourceUnavailable", "Git is away");
  const watch = await open();
  expect(reads).toBe(1);
  expect(watch.inUse().revision).toBe("one");
  await look(watch);
  expect(watch.stale()).toBe("Git is away");
  expect(watch.problem()).toBeNull();
  found = revision("one");
  await look(watch);
  expect(watch.stale()).toBeNull();
});

test("a revision that changes nothing of the group is in use at once; one that does waits until it is taken over", async () => {
  const watch = await open();
  found = revision("two");
  await look(watch);
  expect([watch.inUse().revision, watch.change()]).toEqual(["two", undefined]);
  found = revision("three", { mode: "manual" });
  await look(watch);
  expect(watch.inUse().revision).toBe("two");
  expect(watch.newest().revision).toBe("three");
  expect(watch.change()).toEqual({ fields: ["mode"], isShared: false });
  await watch.takeOver(watch.newest());
  expect([watch.inUse().revision, watch.change()]).toEqual(["three", undefined]);
  expect((await open()).inUse().revision).toBe("three");
});

test("documents without the group, or that this agent can not work by, are told and not taken", async () => {
  const watch = await open();
  found = { ...revision("two"), documents: [] };
  await look(watch);
  expect(watch.inUse().revision).toBe("one");
  expect(watch.stale()).toContain("no Sovereign");
  expect(watch.problem()).toContain("no Sovereign");
  const strict = await open(() => {
    if (found instanceof Failure || found.revision !== "three") return;
    throw new Failure("ConfigInvalid", "a service is not configured here");
  });
  found = revision("three", { mode: "manual" });
  await look(strict);
  expect(strict.newest().revision).toBe("one");
  expect(strict.stale()).toBe("a service is not configured here");
});

test.each(["", "{", '{"format":"sovereign-agent-documents/2"}'])(
  "what was kept and is %j is nothing",
  async (text) => {
    await open();
    writeFileSync(join(state, "documents.json"), text);
    await open();
    expect(reads).toBe(2);
  },
);
