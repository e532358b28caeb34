import { expect, test } from "vitest";
import { catalogueOf, documentsOf, placed } from "../../../test/catalogue.ts";
import { desiredZone } from "../../core/dns/zone.ts";
import { required } from "../../core/kernel/assert.ts";
import { readCatalogue } from "../../core/resources/read.ts";
import { applicationNamed } from "./application-named.ts";

const desired = required(desiredZone(catalogueOf([placed("blog")])), "a Sovereign is declared");
const broken = {
  desired,
  catalogue: readCatalogue(documentsOf([placed("blog"), placed("shop", { regions: ["x"] })]), []),
};
const right = { desired, catalogue: catalogueOf([placed("blog")]) };

test.each([
  "shop",
  "acme-prod/shop",
  "shop/acme-prod",
  "shop.acme-prod.sovereign.test",
  "_why.SHOP.acme-prod.sovereign.test.",
])("%s, whose document is wrong, is answered with file, line and field", (name) => {
  expect(() => applicationNamed(broken, name)).toThrow(
    expect.objectContaining({
      code: "NameInvalid",
      where: "document-4.yaml:1",
      field: "$.spec.regions[0]",
      remedy: expect.stringContaining("Until then its records stay as they are."),
    }),
  );
});

test("an Application that is left out because its Environment is wrong is answered with that", () => {
  const documents = documentsOf([placed("shop")]).map((document) =>
    JSON.stringify(document.value).includes('"Environment"')
      ? { ...document, value: JSON.parse(JSON.stringify(document.value).replace('"prod"', '"x"')) }
      : document,
  );
  const world = { desired, catalogue: readCatalogue(documents, []) };
  expect(() => applicationNamed(world, "acme-prod/shop")).toThrow("Environment/acme-prod");
  expect(() => applicationNamed(world, "shop")).toThrow(
    expect.objectContaining({
      code: "NotFound",
      remedy: expect.stringMatching(/1 mistake in the source may hide it.*Environment\/acme-prod/),
    }),
  );
});

test("a name that nobody declares is NotFound, with the nearest one", () => {
  expect(applicationNamed(right, "blog").fqdn).toBe("blog.acme-prod.sovereign.test");
  expect(() => applicationNamed(right, "blgo")).toThrow(
    expect.objectContaining({
      code: "NotFound",
      message: "nobody declares blgo",
      remedy: "Did you mean blog.acme-prod.sovereign.test?",
    }),
  );
});
