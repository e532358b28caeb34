/** What every source of documents must do; run against the fake and against the real adapters alike. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DocumentSource } from "../../src/control/env.ts";

export type SourceWorld = {
  readonly source: DocumentSource;
  /** Makes these the only files: contents by path. */
  publish(files: Readonly<Record<string, string>>): Promise<void>;
  /** The source can not be read any more, until `comeBack`. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  close(): Promise<void>;
};

const document = (name: string): string => `kind: Thing\nmetadata:\n  name: ${name}\n`;

export function sourceContract(name: string, makeWorld: () => Promise<SourceWorld>): void {
  describe(`${name} as a source`, () => {
    let world: SourceWorld;
    beforeEach(async () => {
      world = await makeWorld();
    });
    afterEach(async () => {
      await world.close();
    });
    const names = async (): Promise<readonly unknown[]> => {
      const { documents } = await world.source.read();
      return documents.map(({ file, value }) => `${file} ${JSON.stringify(value)}`);
    };

    test("that was never there fails with SourceUnavailable", async () => {
      await world.goAway();
      await expect(world.source.read()).rejects.toMatchObject({ code: "SourceUnavailable" });
    });

    test("goes on with the last good revision while it is away, and says so", async () => {
      await world.publish({ "a.yaml": document("a") });
      const before = await world.source.read();
      expect(before.stale).toBeUndefined();
      await world.goAway();
      for (let again = 0; again < 2; again++) {
        const during = await world.source.read();
        expect(during).toMatchObject({ revision: before.revision, documents: before.documents });
        expect(during.stale).toMatchObject({ code: "SourceUnavailable" });
      }
      await world.comeBack();
      const after = await world.source.read();
      expect(after.revision).toBe(before.revision);
      expect(after.stale).toBeUndefined();
    });

    test("reports a broken file and gives the good ones beside it", async () => {
      await world.publish({ "bad.yaml": "a: [\n", "good.yaml": document("good") });
      const { documents, problems } = await world.source.read();
      expect(documents.map(({ file }) => file)).toEqual(["good.yaml"]);
      expect(problems).toMatchObject([{ file: "bad.yaml", reason: "YamlSyntax" }]);
    });

    test("gives the documents of all YAML files by path, with the lines of their fields", async () => {
      await world.publish({
        "z.yaml": document("z"),
        "apps/shop.yml": `# a comment\n${document("one")}---\n${document("two")}`,
      });
      expect(await names()).toEqual([
        'apps/shop.yml {"kind":"Thing","metadata":{"name":"one"}}',
        'apps/shop.yml {"kind":"Thing","metadata":{"name":"two"}}',
        'z.yaml {"kind":"Thing","metadata":{"name":"z"}}',
      ]);
      const { documents } = await world.source.read();
      expect(documents.map(({ lineOf }) => lineOf(["metadata", "name"]))).toEqual([4, 8, 3]);
    });

    test("keeps its revision, and the very documents, as long as nothing changes", async () => {
      await world.publish({ "a.yaml": document("a") });
      const first = await world.source.read();
      await world.publish({ "a.yaml": document("a") });
      const second = await world.source.read();
      expect(second.revision).toBe(first.revision);
      expect(second.documents).toBe(first.documents);
    });

    test("has a new revision when a file changes, comes, or goes", async () => {
      const revisions: string[] = [];
      for (const files of [
        { "a.yaml": document("a") },
        { "a.yaml": document("b") },
        { "a.yaml": document("b"), "c.yaml": document("c") },
        { "c.yaml": document("c") },
      ]) {
        await world.publish(files);
        revisions.push((await world.source.read()).revision);
      }
      expect(new Set(revisions).size).toBe(4);
      expect(await names()).toEqual(['c.yaml {"kind":"Thing","metadata":{"name":"c"}}']);
    });

    test("stops when it is told to", async () => {
      await world.publish({ "a.yaml": document("a") });
      const signal = { aborted: true, addEventListener() {}, removeEventListener() {} };
      await expect(world.source.read(signal)).rejects.toMatchObject({ code: "Cancelled" });
      expect((await world.source.read()).documents.length).toBe(1);
    });
  });
}
