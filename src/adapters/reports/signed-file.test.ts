import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ownFolder } from "../../../test/for-one-test.ts";
import { readSigned, signingKey, writeSigned } from "./signed-file.ts";

describe("a signed file", () => {
  test("is read by its signature, whose key is made for its owner only", async () => {
    const where = await ownFolder();
    const keyFile = join(where, "keys", "own.pem");
    const key = await signingKey(keyFile, true);
    const file = join(where, "day.json");
    const { fingerprint } = await writeSigned(file, '{"a":1}', key);
    expect(await readSigned(file)).toEqual({ text: '{"a":1}', fingerprint });
    expect((await stat(keyFile)).mode & 0o077).toBe(0);
    expect((await signingKey(keyFile, false)).equals(key)).toBe(true);
  });
  test("that was changed, or whose signature is another's, is refused", async () => {
    const where = await ownFolder();
    const [one, two] = [join(where, "1.json"), join(where, "2.json")];
    await writeSigned(one, "one", await signingKey(join(where, "1.pem"), true));
    await writeSigned(two, "two", await signingKey(join(where, "2.pem"), true));
    const invalid = { code: "SignatureInvalid" };
    await writeFile(one, "changed");
    await expect(readSigned(one)).rejects.toMatchObject(invalid);
    await writeFile(`${two}.sig`, await readFile(`${one}.sig`));
    await expect(readSigned(two)).rejects.toMatchObject(invalid);
    await writeFile(`${two}.sig`, "{}");
    await expect(readSigned(two)).rejects.toMatchObject(invalid);
    await expect(readSigned(join(where, "none.json"))).rejects.toMatchObject({ code: "NotFound" });
  });
  test("is not signed with a key that is not there or is none", async () => {
    const file = join(await ownFolder(), "key.pem");
    await expect(signingKey(file, false)).rejects.toMatchObject({ code: "CredentialUnreadable" });
    await writeFile(file, "not a key");
    await expect(signingKey(file, true)).rejects.toMatchObject({ code: "CredentialUnreadable" });
  });
});
