import { expect, test } from "vitest";
import type { DnsAnswer } from "../../core/dns/model.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { Sovereign } from "../../core/resources/sovereign.ts";
import { makeAbort } from "../abort.ts";
import type { DnsClient } from "../env.ts";
import { nameServerFindings } from "./name-server-findings.ts";

const server = (name: string) => ({
  name,
  address: "127.0.0.1",
  port: 53,
  apiUrl: "http://127.0.0.1:8081",
});
const regions = [
  { cluster: "hz-fsn-rtz-prod", nameServers: [server("ns1"), server("ns2")] },
  { cluster: "hz-hel-rtz-prod", nameServers: [server("ns3")] },
];
// Only what is asked of it.
const sovereign = { spec: { domain: "acme.example", regions } } as unknown as Sovereign;

const soa = (name: string, type = "SOA"): DnsAnswer => ({
  rcode: "NOERROR",
  records: [{ name, type, ttlSeconds: 60, data: "" }],
});

function answering(say: (question: string, asked: number) => DnsAnswer): DnsClient {
  let asked = 0;
  return {
    async query(_server, name, type) {
      asked += 1;
      return say(`${name} ${type}`, asked);
    },
  };
}

test("each server is asked for the zone, and what it answers stands in the findings, in the order of the document", async () => {
  const asked: string[] = [];
  const dns = answering((question, number) => {
    asked.push(question);
    if (number === 3) throw new Failure("TimedOut", "no answer within 5000 ms");
    return number === 1 ? soa("acme.example.") : { rcode: "REFUSED", records: [] };
  });
  const findings = await nameServerFindings(dns, sovereign, makeAbort().signal);
  expect(asked).toEqual(Array(3).fill("acme.example SOA"));
  expect(findings.map(({ document, level, reason }) => [document, level, reason])).toEqual([
    ["name server ns1 of hz-fsn-rtz-prod", "fine", "Answers"],
    ["name server ns2 of hz-fsn-rtz-prod", "stop", "ZoneNotServed"],
    ["name server ns3 of hz-hel-rtz-prod", "stop", "Silent"],
  ]);
  expect(findings[1]?.because).toContain("answers REFUSED for acme.example");
});

test.each<[string, DnsAnswer, string]>([
  ["the zone's SOA has the zone", soa("acme.example"), "Answers"],
  ["it in other letters has it too", soa("ACME.example."), "Answers"],
  ["nothing only refers to somebody else", { rcode: "NOERROR", records: [] }, "ZoneNotServed"],
  ["the SOA of the zone above has not this one", soa("example."), "ZoneNotServed"],
  ["something else has no zone", soa("acme.example.", "CNAME"), "ZoneNotServed"],
])("a server that answers with %s", async (_, answer, reason) => {
  const findings = await nameServerFindings(
    answering(() => answer),
    sovereign,
    makeAbort().signal,
  );
  expect(findings.map((one) => one.reason)).toEqual(Array(3).fill(reason));
});

test("somebody who stops it is no server that is silent", async () => {
  const dns = answering(() => {
    throw new Failure("Cancelled", "the query was stopped");
  });
  await expect(nameServerFindings(dns, sovereign, makeAbort().signal)).rejects.toMatchObject({
    code: "Cancelled",
  });
});
