import { expect, test } from "vitest";
import { catalogueOf, fsn, hel, placed } from "../../../test/catalogue.ts";
import type { Asked, ServerAnswers } from "../../control/dns/verify.ts";
import { addressTypes } from "../../core/dns/idioms.ts";
import { type DesiredApplication, desiredZone } from "../../core/dns/zone.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { answerRows, failureOfRows, type Heard, verifyText } from "./verify-text.ts";

const applications: readonly DesiredApplication[] =
  desiredZone(catalogueOf([placed("shop"), placed("blog")]))?.applications ?? [];

function heard(cluster: string, answers: Partial<ServerAnswers>): Heard {
  const spec = { name: "ns", address: "198.51.100.1", port: 53, apiUrl: "http://198.51.100.1:1" };
  const endpoint = { address: spec.address, port: spec.port };
  const server = { id: `ns of ${cluster}`, cluster, spec, endpoint, followers: [] };
  return { server, answers: { asked: [], silent: undefined, ...answers } };
}

const asked = (right: boolean): readonly Asked[] =>
  applications.flatMap(({ fqdn, expected }) =>
    addressTypes.map((type) => ({
      fqdn,
      type,
      expected: expected[type],
      judgement: {
        right,
        reason: right ? ("InPlan" as const) : ("AnswerEmpty" as const),
        because: right ? "it is in the plan" : "the server answered nothing",
        addresses: right ? expected[type].slice(0, 1) : [],
      },
    })),
  );

const plain = { colour: false };

test("what all servers answer alike is one line, and there is no failure", () => {
  const all = [heard(fsn, { asked: asked(true) }), heard(hel, { asked: asked(true) })];
  const rows = answerRows(applications, all);
  const lines = verifyText(rows, all, plain).split("\n");
  expect(lines.filter((line) => line.includes("every server"))).toHaveLength(4);
  expect(lines.at(-1)).toBe("✓ 8 answers of 2 servers in the plan");
  expect(failureOfRows(rows, all)).toBeUndefined();
});

test("what is wrong comes first, with its server and reason", () => {
  const all = [heard(fsn, { asked: asked(true) }), heard(hel, { asked: asked(false) })];
  const rows = answerRows(applications, all);
  const text = verifyText(rows, all, plain);
  expect(text).toMatch(
    /^✗ wrong {2}A {5}shop\.acme-prod\.sovereign\.test {2}ns of hz-hel-rtz-prod/,
  );
  expect(text).toContain("✗ 4 of 8 answers wrong or missing");
  expect(failureOfRows(rows, all)).toMatchObject({ code: "AnswerWrong", where: `ns of ${hel}` });
});

test("a question without an answer is missing, and a silent server is one line", () => {
  const silent = new Failure("TimedOut", "no answer within 1000 ms");
  const all = [heard(fsn, { asked: asked(true).slice(1) }), heard(hel, { silent })];
  const rows = answerRows(applications, all);
  const text = verifyText(rows, all, plain);
  expect(text).toContain("✗ no answer  A");
  expect(text.match(/no answer within 1000 ms/g)).toHaveLength(1);
  expect(failureOfRows(rows, all)).toBe(silent);
});
