import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { catalogueOf, fsn, hel, placed, sovereignOf } from "../../../test/catalogue.ts";
import { Failure } from "../kernel/failure.ts";
import { canonicalAddress, judgeAnswer } from "./answer.ts";
import { chooseAnswer } from "./choice.ts";
import { findApplication } from "./find.ts";
import { type HealthView, nothingKnown, parseHealth } from "./health.ts";
import type { DnsAnswer } from "./model.ts";
import { explainName, type ServerEvidence } from "./why.ts";
import { type DesiredApplication, type DesiredZone, desiredZone } from "./zone.ts";

const addresses = {
  [fsn]: { ipv4: ["192.0.2.1", "192.0.2.3"], ipv6: ["2001:db8::1"] },
  [hel]: { ipv4: ["192.0.2.2"], ipv6: ["2001:db8::2"] },
};
function zoneOf(spec: Parameters<typeof placed>[1]): DesiredZone {
  const desired = desiredZone(catalogueOf([placed("shop", spec)], sovereignOf(addresses)));
  if (desired === undefined) throw new Error("a Sovereign is declared");
  return desired;
}
function shopOf(desired: DesiredZone): DesiredApplication {
  const [shop] = desired.applications;
  if (shop === undefined) throw new Error("shop is declared");
  return shop;
}
const answer = (type: string, ...data: readonly string[]): DnsAnswer => ({
  rcode: "NOERROR",
  records: data.map((one) => ({ name: "x", type, ttlSeconds: 5, data: one })),
});
const health = (text: string): HealthView => parseHealth(answer("TXT", ...text.split("; ")));

describe("an answer is judged against the plan", () => {
  const expected = ["192.0.2.1", "192.0.2.2"];
  test.each<[string, DnsAnswer, readonly string[], boolean]>([
    ["OutsidePlan", answer("A", "192.0.2.1", "192.0.2.66"), expected, false],
    ["OutsidePlan", answer("A", "192.0.2.66"), [], false],
    ["AnswerFailed", { rcode: "SERVFAIL", records: [] }, expected, false],
    ["AnswerEmpty", answer("A"), expected, false],
    ["NothingPlanned", { rcode: "NXDOMAIN", records: [] }, [], true],
    ["InPlan", answer("A", "192.0.2.2"), expected, true],
  ])("%s", (reason, given, planned, right) => {
    expect(judgeAnswer("A", planned, given)).toMatchObject({ reason, right });
  });

  test("addresses are compared in canonical writing, records of other types do not count", () => {
    expect(judgeAnswer("AAAA", ["::ffff:127.1.2.3"], answer("AAAA", "::ffff:7f01:203")).right).toBe(
      true,
    );
    expect(canonicalAddress("A", "what")).toBe("what");
    expect(judgeAnswer("A", ["192.0.2.1"], answer("CNAME", "192.0.2.1")).reason).toBe(
      "AnswerEmpty",
    );
  });
});

describe("health is read from the text of the record beside", () => {
  test("both families, IPv4-mapped addresses, and words that mean nothing", () => {
    const view = health(
      "A 192.0.2.1=up 192.0.2.2=not-up x=y junk; AAAA ::ffff:7f01:203=up; B z=up",
    );
    expect([...view.A]).toEqual([
      ["192.0.2.1", "up"],
      ["192.0.2.2", "not-up"],
    ]);
    expect([...view.AAAA]).toEqual([["::ffff:127.1.2.3", "up"]]);
  });

  test("no text makes it fail", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => health(text)).not.toThrow();
      }),
    );
  });
});

describe("the rule that chooses", () => {
  const all = "A 192.0.2.1=up 192.0.2.3=up 192.0.2.2=up";
  const aDown = "A 192.0.2.1=not-up 192.0.2.3=not-up 192.0.2.2=up";
  const nothing = "A 192.0.2.1=not-up 192.0.2.3=not-up 192.0.2.2=not-up";
  const both = { placement: "active-active" } as const;
  test.each<[string, Parameters<typeof placed>[1], string, readonly string[]]>([
    ["PlainRecord", { placement: "single-region", regions: [hel] }, nothing, ["192.0.2.2"]],
    ["AllHealthy", both, aDown, ["192.0.2.2"]],
    ["EverythingAnswers", both, nothing, ["192.0.2.1", "192.0.2.3", "192.0.2.2"]],
    ["FirstHealthy", {}, all, ["192.0.2.1", "192.0.2.3"]],
    ["FirstHealthy", {}, aDown, ["192.0.2.2"]],
    ["FirstHealthy", { regions: [hel, fsn] }, all, ["192.0.2.2"]],
    ["FallbackOrder", {}, nothing, ["192.0.2.1", "192.0.2.3"]],
  ])("%s for %o when %s", (rule, spec, text, chosen) => {
    const choice = chooseAnswer(shopOf(zoneOf(spec)), "A", health(text));
    expect(choice).toMatchObject({ rule, addresses: chosen });
  });

  test("without the server's view nothing is claimed", () => {
    const choice = chooseAnswer(shopOf(zoneOf({})), "A", nothingKnown);
    expect(choice).toMatchObject({ rule: "HealthUnknown", addresses: undefined });
  });
});

describe("an explanation", () => {
  const silence = new Failure("TimedOut", "no answer within 2 s");
  const desired = zoneOf({});
  const shop = shopOf(desired);
  const evidence: ServerEvidence = {
    server: `ns1 of ${fsn}`,
    stored: shop.rrsets,
    answers: {
      A: answer("A", "192.0.2.1", "192.0.2.3"),
      AAAA: answer("AAAA", "2001:db8::1"),
    },
    health: health(
      "A 192.0.2.1=up 192.0.2.3=up 192.0.2.2=up; AAAA 2001:db8::1=up 2001:db8::2=not-up",
    ),
  };

  test("is right when every answer is in the plan, and says which rule chose", () => {
    const explained = explainName(desired, shop, [evidence]);
    expect(explained).toMatchObject({ right: true, origin: "apps/shop.yaml:1" });
    const [server] = explained.servers;
    expect(server?.stored.state).toBe("equal");
    expect(server?.families.map(({ type, choice }) => `${type} ${choice.rule}`)).toEqual([
      "A FirstHealthy",
      "AAAA FirstHealthy",
    ]);
  });

  test.each<[string, Partial<ServerEvidence>, string]>([
    [
      "an address outside the plan",
      { answers: { ...evidence.answers, A: answer("A", "192.0.2.66") } },
      "InPlan",
    ],
    [
      "a server that does not answer",
      { answers: { ...evidence.answers, A: { unanswered: silence.toJson() } } },
      "Answered",
    ],
  ])("%s is wrong, and the rest of the trace is there", (_, change, reason) => {
    const explained = explainName(desired, shop, [{ ...evidence, ...change }]);
    expect(explained.right).toBe(false);
    expect(explained.servers[0]?.families[0]?.verdict.reason).toBe(reason);
    expect(explained.servers[0]?.families[0]?.verdict.trace).toHaveLength(4);
    expect(explained.servers[0]?.families[1]?.verdict.kind).toBe("allowed");
  });

  test.each<[string, ServerEvidence["stored"], string]>([
    ["missing records", [], "drift"],
    [
      "somebody else's record",
      [{ name: `${shop.fqdn}.`, type: "A", ttlSeconds: 5, records: ["192.0.2.9"] }],
      "conflict",
    ],
    ["no key", { unread: "no API key" }, "unread"],
  ])("%s are told beside a right answer", (_, stored, state) => {
    const explained = explainName(desired, shop, [{ ...evidence, stored }]);
    expect(explained.right).toBe(true);
    expect(explained.servers[0]?.stored.state).toBe(state);
  });

  const late = health("A 192.0.2.1=not-up 192.0.2.3=not-up 192.0.2.2=up; AAAA 2001:db8::1=up");
  test.each<[string, ServerEvidence["stored"], RegExp]>([
    ["the stored record is that of the plan", shop.rrsets, /^health changed .*; ask again$/],
    ["it was not read", { unread: "no key" }, /or the record, which was not read, is another/],
    ["it has drifted", [], /or it is because there are no LUA records yet/],
  ])(
    "an answer that lags behind health is not wrong, and not explained by it, when %s",
    (_, stored, because) => {
      const explained = explainName(desired, shop, [{ ...evidence, stored, health: late }]);
      expect(explained.right).toBe(true);
      expect(explained.servers[0]?.families[0]?.reason).toMatchObject({
        rule: "FollowsHealth",
        because: expect.stringMatching(because),
      });
    },
  );

  test("an answer from somebody else's record is never said to follow our rules", () => {
    const records = ["192.0.2.1", "192.0.2.3"];
    const foreign = { name: `${shop.fqdn}.`, type: "A", ttlSeconds: 5, records };
    const explained = explainName(desired, shop, [{ ...evidence, stored: [foreign] }]);
    const [A] = explained.servers[0]?.families ?? [];
    expect(A?.answered).toEqual(records);
    expect(A?.reason).toMatchObject({ rule: "ForeignRecord" });
    expect(A?.reason.because).toContain("were made by somebody by hand");
  });

  test("silence is told apart from a wrong answer", () => {
    const unanswered = { unanswered: silence.toJson() };
    const silent = { ...evidence, answers: { A: unanswered, AAAA: unanswered } };
    expect(explainName(desired, shop, [evidence]).silent).toBeUndefined();
    expect(explainName(desired, shop, [evidence, silent])).toMatchObject({
      right: false,
      silent: { server: evidence.server, code: "TimedOut" },
    });
    const wrong = { ...evidence, answers: { A: answer("A", "192.0.2.66"), AAAA: unanswered } };
    expect(explainName(desired, shop, [wrong]).silent).toBeUndefined();
  });
});

describe("an Application is found by what people call it", () => {
  const inTwo = [placed("shop"), placed("shop", { environmentRef: "acme-stg" }), placed("blog")];
  const { applications } = desiredZone(catalogueOf(inTwo)) ?? { applications: [] };

  test.each([
    "shop.acme-prod.sovereign.test",
    "SHOP.acme-prod.sovereign.test.",
    "_why.shop.acme-prod.sovereign.test",
    "acme-prod/shop",
    "shop/acme-prod",
  ])("%s", (text) => {
    expect(findApplication(applications, text)).toMatchObject({
      kind: "found",
      application: { application: "acme-prod/shop" },
    });
  });

  test("a name that two have is ambiguous, one that nobody has gets a suggestion", () => {
    expect(findApplication(applications, "blog").kind).toBe("found");
    expect(findApplication(applications, "shop")).toEqual({
      kind: "ambiguous",
      candidates: ["acme-prod/shop", "acme-stg/shop"],
    });
    expect(findApplication(applications, "blgo")).toEqual({
      kind: "unknown",
      nearest: ["blog.acme-prod.sovereign.test"],
    });
    expect(findApplication(applications, "something-else-altogether").kind).toBe("unknown");
  });
});
