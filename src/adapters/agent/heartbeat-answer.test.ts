import { decode, encode, type Packet, type RecordType } from "dns-packet";
import fc from "fast-check";
import { expect, test } from "vitest";
import { answerTo, type HeartbeatZone, questionBytesMax } from "./heartbeat-answer.ts";

const apex = "hz-fsn-rtz-prod.hb.sovereign.test";
const nonce = "0123456789abcdef0123456789abcdef";
const zone: HeartbeatZone = {
  zone: "hb.sovereign.test",
  region: "hz-fsn-rtz-prod",
  addresses: ["192.0.2.1", "2001:db8::1"],
  textFor: (name) => `text for ${name}`,
};

const ask = (name: string, type: string, change: Packet = {}): Buffer =>
  // The library's types are a closed list, and the wire's are not.
  encode({ type: "query", id: 77, questions: [{ name, type: type as RecordType }], ...change });

function answer(packet: Buffer, way: "udp" | "tcp" | "briefly" = "udp", of = zone) {
  const bytes = answerTo(packet, of, way);
  if (bytes === undefined) return undefined;
  const decoded = decode(bytes);
  return { bytes, rcode: "rcode" in decoded ? decoded.rcode : "", ...decoded };
}

test.each([
  ["the zone's parent", "hb.sovereign.test", "NS", "REFUSED"],
  ["another region", `${nonce}.hz-hel-rtz-prod.hb.sovereign.test`, "TXT", "REFUSED"],
  ["a name that only ends alike", `x${apex}`, "TXT", "REFUSED"],
  ["a transfer", apex, "AXFR", "REFUSED"],
  ["everything at a name", `${nonce}.${apex}`, "ANY", "REFUSED"],
  ["a name that is no nonce", `www.${apex}`, "TXT", "NXDOMAIN"],
  ["a name below a nonce", `x.${nonce}.${apex}`, "TXT", "NXDOMAIN"],
  ["another type at a nonce", `${nonce}.${apex}`, "A", "NOERROR"],
])("%s holds nothing here", (_what, name, type, rcode) => {
  const given = answer(ask(name, type));
  expect(given).toMatchObject({ rcode, answers: [], id: 77 });
  const negative = given?.authorities?.[0];
  if (rcode === "REFUSED") expect(negative).toBeUndefined();
  // A resolver keeps what is not there for no time at all.
  else expect(negative).toMatchObject({ type: "SOA", name: apex, data: { minimum: 0 } });
});

test("what no server may answer is not answered, and what is no question says so", () => {
  const query = ask(`${nonce}.${apex}`, "TXT");
  const isAnswer = Buffer.from(query);
  isAnswer.writeUInt8(0x80, 2);
  expect(answer(isAnswer)).toBeUndefined();
  expect(answer(query.subarray(0, 11))).toBeUndefined();
  expect(answer(Buffer.concat([query, Buffer.alloc(questionBytesMax)]))).toBeUndefined();
  const update = Buffer.from(query);
  update.writeUInt8(5 << 3, 2);
  expect(answer(update)).toMatchObject({ rcode: "NOTIMP" });
  expect(answer(query.subarray(0, 20))).toMatchObject({ rcode: "FORMERR" });
  const question = { name: apex, type: "NS" as const };
  expect(answer(encode({ questions: [question, question] }))).toMatchObject({ rcode: "FORMERR" });
  expect(answer(encode({ questions: [{ ...question, class: "CH" }] }))).toMatchObject({
    rcode: "REFUSED",
  });
});

test("a nonce has its text without a time to live, in the case in which it was asked for", () => {
  const name = `${nonce.toUpperCase()}.${apex}`;
  const given = answer(ask(name, "TXT"));
  expect(given).toMatchObject({ rcode: "NOERROR", flag_aa: true, flag_ra: false });
  expect(given?.questions).toMatchObject([{ name }]);
  expect(given?.answers).toMatchObject([{ name, type: "TXT", ttl: 0 }]);
  expect(given?.bytes.toString("latin1")).toContain(`text for ${nonce}.${apex}`);
});

test("a resolver that follows the delegation finds SOA, NS and the name server's addresses", () => {
  expect(answer(ask(apex, "SOA"))?.answers).toMatchObject([{ data: { mname: `ns.${apex}` } }]);
  expect(answer(ask(apex.toUpperCase(), "NS"))?.answers).toMatchObject([{ data: `ns.${apex}` }]);
  expect(answer(ask(`ns.${apex}`, "A"))?.answers).toMatchObject([{ data: "192.0.2.1" }]);
  expect(answer(ask(`ns.${apex}`, "AAAA"))?.answers).toMatchObject([{ type: "AAAA" }]);
});

test("what does not fit into 512 bytes is for TCP, however much the resolver would take", () => {
  const long = { ...zone, textFor: () => "x".repeat(600) };
  const opt = { type: "OPT" as const, name: ".", udpPayloadSize: 4_096 };
  const rest = { extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: false, options: [] };
  const query = ask(`${nonce}.${apex}`, "TXT", { additionals: [{ ...opt, ...rest }] });
  const cut = answer(query, "udp", long);
  expect(cut).toMatchObject({ flag_tc: true, answers: [], additionals: [{ udpPayloadSize: 512 }] });
  expect(answer(query, "tcp", long)).toMatchObject({ flag_tc: false, answers: [{ type: "TXT" }] });
  const later = { ...opt, ...rest, ednsVersion: 1 };
  const other = answer(ask(`${nonce}.${apex}`, "TXT", { additionals: [later] }));
  expect(other).toMatchObject({ answers: [], additionals: [{ extendedRcode: 1 }] });
});

test("who asks too much is answered with no more than was asked", () => {
  const query = ask(`${nonce}.${apex}`, "TXT");
  const given = answer(query, "briefly");
  expect(given).toMatchObject({ flag_tc: true, answers: [] });
  expect(given?.bytes.length).toBe(query.length);
});

test("no packet makes it fail or answer with more than 512 bytes", () => {
  const header = fc.uint8Array({ minLength: 12, maxLength: 12 });
  const changed = fc.tuple(fc.nat(200), fc.integer({ min: 0, max: 255 })).map(([at, byte]) => {
    const bytes = ask(`${nonce}.${apex}`, "TXT");
    bytes[at % bytes.length] = byte;
    return bytes;
  });
  const any = fc
    .tuple(header, fc.uint8Array({ maxLength: 600 }))
    .map((parts) => Buffer.concat(parts));
  fc.assert(
    fc.property(fc.oneof(any, changed), (packet) => {
      const bytes = answerTo(Buffer.from(packet), zone, "udp");
      if (bytes !== undefined) expect(bytes.length).toBeLessThanOrEqual(512);
    }),
    { numRuns: 1_000 },
  );
});
