import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ObjectStore, type StoreOptions } from "./object-store.ts";

const key = (name: string) => ({ resource: "configmaps.", namespace: "n", name });
const object = (name: string, value = "1") => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "n" },
  data: { value },
});

async function ownFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sovereign-store-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function opened(options: StoreOptions): Promise<ObjectStore> {
  const store = await ObjectStore.open(options);
  onTestFinished(() => store.close().catch(() => undefined));
  return store;
}

test("what was written is there after a restart, and versions go on", async () => {
  const folder = await ownFolder();
  const first = await opened({ folder });
  await first.write((tx) => tx.put(key("a"), object("a")));
  await first.write((tx) => tx.put(key("b"), object("b")));
  await first.write((tx) => tx.remove(key("a")));
  await first.close();
  const second = await opened({ folder });
  expect(second.list("configmaps.").map(({ metadata }) => metadata.name)).toEqual(["b"]);
  expect(second.resourceVersion).toBe(3);
  expect(second.since(1).map(({ type }) => type)).toEqual(["ADDED", "DELETED"]);
  const made = await second.write((tx) => tx.put(key("c"), object("c")));
  expect(made.metadata.resourceVersion).toBe("4");
});

test("a work that throws leaves nothing, also beside others of the same moment", async () => {
  const store = await opened({ folder: await ownFolder() });
  const results = await Promise.allSettled([
    store.write((tx) => tx.put(key("a"), object("a"))),
    store.write((tx) => {
      tx.put(key("b"), object("b"));
      throw new Error("no");
    }),
    store.write((tx) => tx.get(key("b"))),
  ]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(store.list("configmaps.")).toHaveLength(1);
  expect(store.resourceVersion).toBe(1);
});

test("a line that was being written when the machine stopped is cut", async () => {
  const folder = await ownFolder();
  const first = await opened({ folder });
  await first.write((tx) => tx.put(key("a"), object("a")));
  await first.close();
  const [log = ""] = (await readdir(folder)).filter((name) => name.startsWith("log-"));
  await appendFile(join(folder, log), '12345678 {"resourceVersion":2,"ty');
  const second = await opened({ folder });
  expect(second.resourceVersion).toBe(1);
  await second.write((tx) => tx.put(key("b"), object("b")));
  await second.close();
  expect((await opened({ folder })).list("configmaps.")).toHaveLength(2);
});

test("damage anywhere else is an error that names the file", async () => {
  const folder = await ownFolder();
  const first = await opened({ folder });
  await first.write((tx) => tx.put(key("a"), object("a")));
  await first.write((tx) => tx.put(key("b"), object("b")));
  await first.close();
  const [log = ""] = (await readdir(folder)).filter((name) => name.startsWith("log-"));
  const text = await readFile(join(folder, log), "utf8");
  await writeFile(join(folder, log), text.replace('"name":"a"', '"name":"x"'));
  await expect(ObjectStore.open({ folder })).rejects.toMatchObject({
    code: "JournalCorrupt",
    where: join(folder, log),
  });
});

test("a snapshot takes the place of the log before it", async () => {
  const folder = await ownFolder();
  const first = await opened({ folder, logBytesMax: 500 });
  for (let count = 0; count < 20; count++)
    await first.write((tx) => tx.put(key(`a${count % 3}`), object(`a${count % 3}`, String(count))));
  await first.close();
  expect((await readdir(folder)).filter((name) => name.startsWith("snapshot-"))).toHaveLength(1);
  const second = await opened({ folder });
  expect(second.list("configmaps.").map(({ data }) => data)).toEqual([
    { value: "18" },
    { value: "19" },
    { value: "17" },
  ]);
  expect(second.resourceVersion).toBe(20);
  expect(second.oldestVersion).toBeGreaterThan(0);
});

test("the objects of an earlier version can be listed while it is known", async () => {
  const store = await opened({ folder: await ownFolder() });
  await store.write((tx) => tx.put(key("a"), object("a")));
  await store.write((tx) => tx.put(key("b"), object("b")));
  await store.write((tx) => tx.remove(key("a")));
  const names = (version: number) =>
    store.listAt(version, "configmaps.").map(({ metadata }) => metadata.name);
  expect([names(1), names(2), names(3)]).toEqual([["a"], ["a", "b"], ["b"]]);
});

test("a listener that throws refuses what waits and what comes later, and the store can be closed", async () => {
  const folder = await ownFolder();
  const store = await opened({ folder });
  const later: Promise<unknown>[] = [];
  store.listen(() => {
    // While this one is told, another waits already.
    later.push(store.write((tx) => tx.put(key("b"), object("b"))).catch(String));
    throw new Error("a listener's bug");
  });
  await expect(store.write((tx) => tx.put(key("a"), object("a")))).rejects.toThrow("bug");
  expect(await Promise.all(later)).toEqual(["Error: a listener's bug"]);
  await expect(store.write((tx) => tx.get(key("a")))).rejects.toThrow("bug");
  await store.close();
  // What was durable is there: who asked was not told whether it is.
  expect((await opened({ folder })).list("configmaps.")).toHaveLength(1);
});

test("a snapshot that can not be written takes nothing back and ends no process; later writes are refused", async () => {
  const folder = await ownFolder();
  const store = await opened({ folder, logBytesMax: 1 });
  await rm(folder, { recursive: true });
  const made = await store.write((tx) => tx.put(key("a"), object("a")));
  expect(made.metadata.resourceVersion).toBe("1");
  const next = () => store.write((tx) => tx.put(key("b"), object("b")));
  await expect(next()).rejects.toMatchObject({ code: expect.stringMatching(/\S/) });
  await expect(next()).rejects.toMatchObject({ code: expect.stringMatching(/\S/) });
});
