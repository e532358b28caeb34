import { expect, test } from "vitest";
import { rest } from "./rest.ts";

test.each([
  "http://127.0.0.1:8081#x",
  "http://127.0.0.1:8081?x=",
  "http://127.0.0.1:8081\\x",
  "http://user:word@127.0.0.1",
  "http://127.0.0.1:99999",
  "ftp://127.0.0.1",
  "",
])("the key is not even read for the apiUrl %j", async (apiUrl) => {
  let reads = 0;
  const readKey = () => {
    reads += 1;
    return Promise.resolve("k");
  };
  const asked = rest({ id: "ns1", apiUrl, readKey, timeoutMs: 100 }, { method: "GET", path: "" });
  await expect(asked).rejects.toMatchObject({ code: "DocumentInvalid", where: "ns1" });
  expect(reads).toBe(0);
});
