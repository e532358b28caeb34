/** The witness on real PostgreSQL servers: the whole contract on one that would rather not wait for its disk, and guards. */
import { spawnSync } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/adapters/clock.ts";
import { postgresRegister } from "../../src/adapters/witness/postgres-register.ts";
import { seededRandom } from "../../src/core/kernel/random.ts";
import { requireProgram } from "../../src/sandbox/programs.ts";
import { type PostgresProcess, startPostgres } from "../../src/sandbox/servers/postgres-process.ts";
import { dropRights, isRoot } from "../../src/sandbox/servers/server-process.ts";
import { postgresWitnesses } from "../../src/sandbox/servers/store-witnesses.ts";
import { checkLeaseHistory } from "../../src/sim/checkers/lease-linearizability.ts";
import { runLeaseWorkload } from "../../src/sim/lease-workload.ts";
import { contractHolders, witnessContract } from "../contract/witness.ts";
import { acquire, done, renew } from "../contract/witness-subject.ts";

/** What a server may have that is to be fast: without our own setting, kill -9 would take seconds of writes away. */
const careless = { synchronous_commit: "off", wal_writer_delay: "10s", bgwriter_delay: "10s" };

witnessContract("PostgreSQL", async () => {
  const server = await startPostgres({ settings: careless });
  await server.sql("CREATE TABLE step (by interval); INSERT INTO step VALUES ('0'); CHECKPOINT");
  const clock = "pg_catalog.clock_timestamp() + (SELECT by FROM public.step)";
  const made = postgresWitnesses(server, { clock });
  const wrong = { readPassword: () => Promise.resolve("wrong") };
  return {
    connect: () => made.connect(),
    expiry: "own",
    stepClock: async (byMs) => {
      await server.sql(`UPDATE step SET by = by + '${byMs} ms'; CHECKPOINT`);
    },
    async crash() {
      await pause(150);
      await server.kill();
      await server.start();
    },
    unreachable: made.connect({ host: "127.0.0.1", port: 9, timeoutMs: 2_000 }),
    unauthorized: made.connect(wrong),
    operations: 2_000,
    async stop() {
      await made.close();
      await server.stop();
    },
  };
});

describe("guards", () => {
  let started: PostgresProcess | undefined;
  let made: ReturnType<typeof postgresWitnesses> | undefined;
  beforeAll(async () => {
    started = await startPostgres({ settings: { cluster_name: "acme-prod" } });
    made = postgresWitnesses(started);
  });
  afterAll(async () => {
    await made?.close();
    await started?.stop();
  });
  const server = (): PostgresProcess => {
    if (started === undefined) throw new Error("no PostgreSQL was started");
    return started;
  };
  const connect: ReturnType<typeof postgresWitnesses>["connect"] = (options) => {
    if (made === undefined) throw new Error("no PostgreSQL was started");
    return made.connect(options);
  };
  const refused = (words: string) => ({
    code: "WitnessRefused",
    message: expect.stringContaining(words),
  });

  test("many who come first at once make one table", async () => {
    const all = Array.from({ length: 6 }, () => connect().read("s"));
    expect((await Promise.all(all)).map(({ rev }) => rev)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await server().sql("SELECT count(*) FROM sovereign_witness.lease")).toBe("0");
  });

  test("a server of the database that the lease protects is refused, by its system or its name", async () => {
    const system = await server().sql("SELECT system_identifier FROM pg_control_system()");
    for (const protectedSystems of [[system], ["other", "acme-prod"]]) {
      const witness = connect({ protectedSystems });
      await expect(witness.ask("s", acquire("h0", 0))).rejects.toMatchObject(refused("protects"));
    }
    expect(await connect({ protectedSystems: ["other"] }).read("s")).toMatchObject({ rev: 0 });
  });

  test("a server that only follows another is refused", async () => {
    const standby = await startPostgres({ copyOf: server() });
    const witnesses = postgresWitnesses(standby);
    try {
      await expect(witnesses.connect().read("s")).rejects.toMatchObject(refused("in recovery"));
      const asked = witnesses.connect().ask("s", acquire("h0", 0));
      await expect(asked).rejects.toMatchObject(refused("in recovery"));
    } finally {
      await witnesses.close();
      await standby.stop();
    }
  });

  test("a server, or a table, that may forget what it acknowledged is refused", async () => {
    const { sql } = server();
    await sql("ALTER SYSTEM SET fsync = off");
    await sql("SELECT pg_reload_conf()");
    try {
      await expect.poll(() => sql("SHOW fsync"), { timeout: 60_000 }).toBe("off");
      await expect(connect().read("s")).rejects.toMatchObject(refused("may forget"));
    } finally {
      await sql("ALTER SYSTEM RESET fsync");
      await sql("SELECT pg_reload_conf()");
    }
    await expect.poll(() => sql("SHOW fsync"), { timeout: 60_000 }).toBe("on");
    await connect({ schema: "quick" }).read("s");
    await sql("ALTER TABLE quick.lease SET UNLOGGED");
    await expect(connect({ schema: "quick" }).read("s")).rejects.toMatchObject(refused("a crash"));
  });

  test("a role needs no more than to read and write the one table, and with less it is told so", async () => {
    await connect({ schema: "plain" }).read("s");
    const { sql } = server();
    await sql("CREATE ROLE agent LOGIN PASSWORD 'agent-secret'");
    await sql("CREATE ROLE guest LOGIN PASSWORD 'guest-secret'");
    await sql("GRANT USAGE ON SCHEMA plain TO agent");
    await sql("GRANT SELECT, INSERT, UPDATE ON plain.lease TO agent");
    const as = (user: string) => ({
      schema: "plain",
      user,
      readPassword: () => Promise.resolve(`${user}-secret`),
    });
    const given = await done(connect(as("agent")).ask("s", acquire("h0", 0)));
    await done(connect(as("agent")).ask("s", renew("h0", given)));
    await expect(connect(as("guest")).read("s")).rejects.toMatchObject({
      code: "WitnessUnauthorized",
    });
  });

  test("what somebody else wrote there, and a store that was put back, are not believed", async () => {
    const { sql } = server();
    const witness = connect();
    const given = await done(witness.ask("y", acquire("h0", 0)));
    await done(witness.ask("y", renew("h0", given)));
    const table = "sovereign_witness.lease";
    await sql(`UPDATE ${table} SET rev = 1, record = '${JSON.stringify(given)}' WHERE slot = 'y'`);
    await expect(witness.read("y")).rejects.toMatchObject({ code: "WitnessUnreachable" });
    for (const record of ["{}", "null", '{"slot":"y","rev":7}']) {
      await sql(`UPDATE ${table} SET record = '${record}' WHERE slot = 'y'`);
      await expect(connect().read("y")).rejects.toMatchObject(
        refused("something else than a lease"),
      );
    }
    await sql(`UPDATE ${table} SET rev = 5, record = '${JSON.stringify(given)}' WHERE slot = 'y'`);
    await expect(connect().read("y")).rejects.toMatchObject(refused("column and record"));
  });

  test("transactions that the server gives up for one another leave no doubt and no double", async () => {
    const { sql } = server();
    await sql("ALTER DATABASE postgres SET default_transaction_isolation = serializable");
    const made = postgresWitnesses(server());
    try {
      const history = await runLeaseWorkload({
        clients: contractHolders.map((name) => ({ name, witness: made.connect() })),
        slots: ["z"],
        operations: 600,
        ttlMs: 300_000,
        clock: systemClock,
        random: seededRandom(5),
        name: "serializable",
      });
      expect(checkLeaseHistory(history, "steady")).toEqual([]);
      expect(history.filter(({ outcome }) => outcome.kind === "unknown")).toEqual([]);
    } finally {
      await made.close();
      await sql("ALTER DATABASE postgres RESET default_transaction_isolation");
    }
  });

  test("a statement that waits for a lock ends with its time, and is done once when it is sent again", async () => {
    const patient = connect();
    const given = await done(patient.ask("w", acquire("h0", 0)));
    const locking = server()
      .sql(
        "BEGIN; SELECT FROM sovereign_witness.lease WHERE slot = 'w' FOR UPDATE; SELECT pg_sleep(600)",
      )
      .catch(() => "it was ended");
    await expect
      .poll(
        () =>
          server().sql(
            "SELECT count(*) FROM pg_locks WHERE mode = 'RowShareLock' AND relation = 'sovereign_witness.lease'::regclass",
          ),
        { timeout: 60_000 },
      )
      .not.toBe("0");
    const renewal = renew("h0", given);
    const brief = connect({ timeoutMs: 1_500 });
    await expect(brief.ask("w", renewal)).rejects.toMatchObject({ code: "WitnessUnreachable" });
    await server().sql(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()",
    );
    expect(await locking).toBe("it was ended");
    const again = await patient.ask("w", renewal);
    expect(again).toMatchObject({ ok: true, record: { rev: 2, epoch: 1 } });
    expect((await patient.read("w")).rev).toBe(2);
  });

  test("a second server on the same data does not start beside the first", () => {
    const postgres = requireProgram("postgres", process.env);
    const setpriv = requireProgram("setpriv", process.env);
    const args = [
      ...(isRoot() ? dropRights : []),
      "--",
      postgres,
      "-D",
      server().dataFolder,
      "-p",
      "1",
    ];
    const second = spawnSync(setpriv, args, { encoding: "utf8", timeout: 60_000 });
    expect(second.stderr).toContain("postmaster.pid");
    expect(second.status).not.toBe(0);
  });

  test("TLS may be off on this machine only, and a schema is a plain name", () => {
    const make = (options: object) => () =>
      postgresRegister({
        host: "127.0.0.1",
        port: 1,
        database: "d",
        user: "u",
        readPassword: () => Promise.resolve("p"),
        tls: "off",
        timeoutMs: 1,
        protectedSystems: [],
        ...options,
      });
    expect(make({ host: "db.example.org" })).toThrowError("TLS is off");
    expect(make({ schema: 'a"; DROP' })).toThrowError("plain identifier");
  });
});
