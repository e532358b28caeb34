/** What `--url` means. */
import { expect, test } from "vitest";
import { witnessAtUrl } from "./witness-url.ts";

test.each([
  ["https://witness.example.org", "worker", ["https://witness.example.org"]],
  ["http://127.0.0.1:7443", "worker", ["http://127.0.0.1:7443"]],
  ["postgresql://db.example.org/leases", "postgresql", ["postgresql://db.example.org/leases"]],
  ["etcd+https://a.example.org:2379", "etcd", ["https://a.example.org:2379"]],
  ["etcd+http://127.0.0.1:1,127.0.0.1:2", "etcd", ["http://127.0.0.1:1", "http://127.0.0.1:2"]],
  ["ftp://x", "worker", ["ftp://x"]],
])("%s is a witness on %s", (text, backend, urls) => {
  expect(witnessAtUrl(text)).toMatchObject({ backend, urls });
});
