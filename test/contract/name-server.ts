/** The contract of the port `NameServer`: the fake and the real PowerDNS pass the same suite. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NameServer } from "../../src/control/env.ts";
import { luaContent } from "../../src/core/dns/lua.ts";
import type { Rrset, RrsetChange } from "../../src/core/dns/model.ts";
import { Failure } from "../../src/core/kernel/failure.ts";

export type NameServerUnderTest = {
  readonly server: NameServer;
  /** An empty zone that the server holds. */
  readonly zone: string;
  readonly withWrongKey: NameServer;
  readonly unreachable: NameServer;
  readonly stop: () => Promise<void>;
};

const ownership = { application: "acme-prod/shop", placement: "active-active" };
const longCode = `;local t={${Array.from({ length: 60 }, (_, i) => `'192.0.2.${i}'`).join(",")}} return t[1]`;

type Zone = {
  readonly at: (label: string) => string;
  readonly plain: (label: string, records: readonly string[]) => Rrset;
  readonly change: (...changes: readonly RrsetChange[]) => Promise<void>;
  readonly read: (label: string) => Promise<readonly Rrset[]>;
};

const replace = (rrset: Rrset): RrsetChange => ({ kind: "replace", rrset });

function zoneOf(under: () => NameServerUnderTest): Zone {
  const at = (label: string): string => `${label}.${under().zone}`;
  return {
    at,
    plain: (label, records) => ({ name: at(label), type: "A", ttlSeconds: 5, records, ownership }),
    change: (...changes) => under().server.change(under().zone, changes),
    read: async (label) =>
      (await under().server.readZone(under().zone)).filter((rrset) => rrset.name === at(label)),
  };
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const thrown: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(thrown instanceof Failure)) throw new Error(`expected a Failure, got ${String(thrown)}`);
  return thrown;
}

/** Runs the suite against the server that `make` gives. */
export function nameServerContract(name: string, make: () => Promise<NameServerUnderTest>): void {
  describe(`${name} keeps the contract of a name server`, () => {
    let made: NameServerUnderTest | undefined;
    beforeAll(async () => {
      made = await make();
    });
    afterAll(() => made?.stop());
    const under = (): NameServerUnderTest => {
      if (made === undefined) throw new Error("the server under test was not made");
      return made;
    };
    failureContract(under);
    recordContract(under);
    changeContract(under);
  });
}

function failureContract(under: () => NameServerUnderTest): void {
  const { plain, change, read } = zoneOf(under);
  test("a zone that the server does not hold is ZoneMissing, for reading and for writing", async () => {
    const missing = "missing.test.";
    const rrset = { ...plain("x", ["192.0.2.1"]), name: `x.${missing}` };
    const reading = await failureOf(under().server.readZone(missing));
    const writing = await failureOf(under().server.change(missing, [replace(rrset)]));
    expect([reading.code, writing.code]).toEqual(["ZoneMissing", "ZoneMissing"]);
  });

  test("forgetting fails as reading does, and does nothing to records", async () => {
    const wrong = await failureOf(under().withWrongKey.forget(under().zone));
    const away = await failureOf(under().unreachable.forget(under().zone));
    expect([wrong.code, away.code]).toEqual(["NameServerUnauthorized", "NameServerUnreachable"]);
    await change(replace(plain("remembered", ["192.0.2.1"])));
    await under().server.forget(under().zone);
    expect(await read("remembered")).toHaveLength(1);
  });

  test("a wrong key is NameServerUnauthorized and names the server", async () => {
    const failure = await failureOf(under().withWrongKey.readZone(under().zone));
    expect(failure.code).toBe("NameServerUnauthorized");
    expect(failure.message).toContain(under().withWrongKey.id);
  });

  test("a server that is away is NameServerUnreachable and worth another try", async () => {
    const failure = await failureOf(under().unreachable.readZone(under().zone));
    expect(failure.code).toBe("NameServerUnreachable");
    expect(failure.facts.retry).toBe("later");
  });

  test("a stopped caller gets Cancelled", async () => {
    const failure = await failureOf(under().server.readZone(under().zone, AbortSignal.abort()));
    expect(failure.code).toBe("Cancelled");
  });

  test("one bad rrset refuses the whole request, in the server's own words", async () => {
    const changes = [
      replace(plain("good", ["192.0.2.1"])),
      replace(plain("bad", ["not-an-address"])),
    ];
    const failure = await failureOf(change(...changes));
    expect(failure.code).toBe("NameServerRefused");
    expect(failure.message).toContain("bad");
    expect(await read("good")).toEqual([]);
  });
}

function recordContract(under: () => NameServerUnderTest): void {
  const { plain, change, read } = zoneOf(under);
  test("what was written is read back, with its ownership", async () => {
    const rrset = plain("round", ["192.0.2.1", "192.0.2.2"]);
    await change(replace(rrset));
    const [there, ...others] = await read("round");
    expect(others).toEqual([]);
    expect({ ...there, records: [...(there?.records ?? [])].sort() }).toEqual(rrset);
  });

  test("an IPv4-mapped address is taken and read back with its dotted quad", async () => {
    const mapped = { ...plain("mapped", ["::ffff:127.1.2.3", "2001:db8::1"]), type: "AAAA" };
    await change(replace(mapped));
    const [there] = await read("mapped");
    expect([...(there?.records ?? [])].sort()).toEqual(["2001:db8::1", "::ffff:127.1.2.3"]);
  });

  test("a replace takes the place of all records of its name and type", async () => {
    await change(replace(plain("again", ["192.0.2.1", "192.0.2.2"])));
    await change(replace({ ...plain("again", ["192.0.2.3"]), ttlSeconds: 60 }));
    expect(await read("again")).toMatchObject([{ records: ["192.0.2.3"], ttlSeconds: 60 }]);
  });

  test("LUA content comes back byte for byte, A and AAAA in one rrset, in chunks", async () => {
    const records = [luaContent("A", longCode), luaContent("AAAA", "'2001:db8::1'")];
    await change(replace({ ...plain("lua", records), type: "LUA" }));
    const [there] = await read("lua");
    expect([...(there?.records ?? [])].sort()).toEqual([...records].sort());
    expect(records[0]).toMatch(/" "/);
  });
}

function changeContract(under: () => NameServerUnderTest): void {
  const { at, plain, change, read } = zoneOf(under);
  test("a plain record becomes LUA and back in one request each", async () => {
    await change(replace(plain("switch", ["192.0.2.1"])));
    const lua = { ...plain("switch", [luaContent("A", "'192.0.2.1'")]), type: "LUA" };
    await change({ kind: "delete", name: at("switch"), type: "A" }, replace(lua));
    expect((await read("switch")).map((rrset) => rrset.type)).toEqual(["LUA"]);
    await change(
      { kind: "delete", name: at("switch"), type: "LUA" },
      replace(plain("switch", ["192.0.2.1"])),
    );
    expect((await read("switch")).map((rrset) => rrset.type)).toEqual(["A"]);
  });

  test("a replace that says nothing of ownership leaves the comment as it was", async () => {
    await change(replace(plain("kept", ["192.0.2.1"])));
    const { ownership: _, ...bare } = plain("kept", ["192.0.2.9"]);
    await change(replace(bare));
    expect(await read("kept")).toMatchObject([{ records: ["192.0.2.9"], ownership }]);
  });

  test("a deleted rrset is gone with its comment; deleting it again is no failure", async () => {
    await change(replace(plain("gone", ["192.0.2.1"])));
    const remove: RrsetChange = { kind: "delete", name: at("gone"), type: "A" };
    await change(remove);
    expect(await read("gone")).toEqual([]);
    await change(remove);
    await change(remove, replace(plain("other", ["192.0.2.1"])));
    expect(await read("other")).toHaveLength(1);
  });

  test("no change at all is fine", async () => {
    await change();
  });
}
