import { expect, test } from "vitest";
import {
  application,
  document,
  environment,
  organization,
} from "../../../test/fixtures/documents.ts";
import { fsn, group, guarded, hel, standby } from "../../../test/fixtures/failover.ts";
import { readCatalogue } from "../resources/read.ts";
import { healthPaths } from "./health-paths.ts";

const shared = { scheme: "https", host: "gateway.sovereign.test", path: "/healthz" };

function pathsOf(name: string, spec: object = {}, more: object = {}) {
  const documents = [
    document("sovereign.yaml", guarded(more)),
    document("organization.yaml", organization()),
    document("environment.yaml", environment()),
    document("shop.yaml", standby("shop", spec)),
    document(
      "everywhere.yaml",
      application("everywhere", { placement: "active-active", regions: [fsn, hel] }),
    ),
    document("group.yaml", group()),
  ];
  return healthPaths(readCatalogue(documents, []), name);
}

const own = "/.well-known/failover/acme-prod/shop";

test("a group that nobody declared is asked by nobody", () => {
  expect(pathsOf("other")).toEqual([]);
});

test("what is asked by a connection alone is not asked over HTTP", () => {
  expect(pathsOf("acme-prod", { healthCheck: { tcp: { port: 5432 } } })).toEqual([]);
});

test("an Application under the lease is asked at its own name, and one without a lease is not", () => {
  expect(pathsOf("acme-prod")).toEqual([{ host: "shop.acme-prod.sovereign.test", path: own }]);
});

test("or at the host that its health check names", () => {
  const healthCheck = { host: "probe.example" };
  expect(pathsOf("acme-prod", { healthCheck })).toMatchObject([{ host: "probe.example" }]);
});

test("the group itself is asked at the shared probe's host", () => {
  expect(pathsOf("acme-prod", {}, { checks: { shared } })).toEqual([
    { host: "gateway.sovereign.test", path: "/.well-known/failover/acme-prod" },
    { host: "shop.acme-prod.sovereign.test", path: own },
  ]);
});
