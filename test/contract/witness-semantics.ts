/** What every witness answers to one client after another: a table of promises, each with its name (facts of the witness §7). */
import { leaseBounds } from "../../src/core/lease/request.ts";
import {
  acquire,
  done,
  expectThat,
  failureCode,
  refused,
  release,
  renew,
  type Subject,
  ttlMs,
} from "./witness-subject.ts";

export type WitnessCheck = (subject: Subject) => Promise<void>;

export const semanticChecks: Readonly<Record<string, WitnessCheck>> = {
  "a slot that nobody asked for is empty, and reading makes nothing": async (subject) => {
    const [slot, one] = [subject.freshSlot(), subject.connect("h0")];
    for (let n = 0; n < 2; n++) {
      const { rev, epoch, holder } = await one.read(slot);
      expectThat(rev === 0 && epoch === 0 && holder === null, "WrongReply", "it is not empty");
    }
  },

  "acquire gives epoch 1 at revision 1, and a read shows what was written": async (subject) => {
    const [slot, one, other] = [subject.freshSlot(), subject.connect("h0"), subject.connect("h1")];
    await other.read(slot);
    const request = acquire("h0", 0);
    const record = await done(one.ask(slot, request));
    const isRight = record.epoch === 1 && record.rev === 1 && record.holder === "h0";
    expectThat(isRight, "WrongTransition", JSON.stringify(record));
    const seen = await other.read(slot);
    expectThat(JSON.stringify(seen.note) === '{"said":"é"}', "WrongReply", "the note is another");
    const isSame = seen.rev === 1 && seen.reqId === request.reqId && seen.ttlMs === ttlMs;
    expectThat(isSame, "StaleRead", `another client reads ${JSON.stringify(seen)}`);
  },

  "renew makes the next revision of the same epoch, release keeps the epoch": async (subject) => {
    const [slot, one] = [subject.freshSlot(), subject.connect("h0")];
    const first = await done(one.ask(slot, acquire("h0", 0)));
    const second = await done(one.ask(slot, renew("h0", first)));
    expectThat(second.rev === 2 && second.epoch === 1, "WrongTransition", "renewal");
    const third = await done(one.ask(slot, release("h0", second)));
    const isFree = third.rev === 3 && third.epoch === 1 && third.holder === null;
    expectThat(isFree, "WrongTransition", `release gave ${JSON.stringify(third)}`);
  },

  "the epoch grows with every grant, over releases and to whomever": async (subject) => {
    const slot = subject.freshSlot();
    let highest = 0;
    for (const holder of ["h0", "h1", "h1", "h0"]) {
      const one = subject.connect(holder);
      const { rev } = await one.read(slot);
      const given = await done(one.ask(slot, acquire(holder, rev)));
      expectThat(given.epoch > highest, "EpochWentBack", `${given.epoch} after ${highest}`);
      highest = given.epoch;
      await done(one.ask(slot, release(holder, given)));
    }
  },

  "the epoch is above the floor that the request names": async (subject) => {
    const [slot, one] = [subject.freshSlot(), subject.connect("h0")];
    const record = await done(one.ask(slot, acquire("h0", 0, 41)));
    expectThat(record.epoch === 42, "EpochWentBack", `epoch ${record.epoch} above a floor of 41`);
  },

  "a live lease is not given to anybody, not even to a new process of its holder": async (
    subject,
  ) => {
    if (subject.expiry === "none") return;
    const [slot, one, other] = [subject.freshSlot(), subject.connect("h0"), subject.connect("h1")];
    const record = await done(one.ask(slot, acquire("h0", 0)));
    await refused(other.ask(slot, acquire("h1", record.rev)), "held");
    await refused(one.ask(slot, acquire("h0", record.rev)), "held");
    const { holder, rev } = await other.read(slot);
    expectThat(holder === "h0" && rev === 1, "HeldTaken", "a refusal changed the record");
  },

  "where nobody judges expiry there, the revision alone decides": async (subject) => {
    if (subject.expiry === "own") return;
    const [slot, one, other] = [subject.freshSlot(), subject.connect("h0"), subject.connect("h1")];
    const first = await done(one.ask(slot, acquire("h0", 0)));
    const second = await done(one.ask(slot, renew("h0", first)));
    await refused(other.ask(slot, acquire("h1", first.rev)), "stale");
    expectThat(second.expiresAtMs === 0, "WrongTransition", "it stamps an expiry without a clock");
    const taken = await done(other.ask(slot, acquire("h1", second.rev)));
    expectThat(taken.epoch === 2, "EpochWentBack", "the contender's grant has no new epoch");
    await refused(one.ask(slot, renew("h0", second)), "lost");
  },

  "what was decided on an older revision is refused as stale": async (subject) => {
    const [slot, one, other] = [subject.freshSlot(), subject.connect("h0"), subject.connect("h1")];
    const first = await done(one.ask(slot, acquire("h0", 0)));
    const second = await done(one.ask(slot, renew("h0", first)));
    await refused(one.ask(slot, renew("h0", first)), "stale");
    await refused(one.ask(slot, release("h0", first)), "stale");
    const freed = await done(one.ask(slot, release("h0", second)));
    await refused(other.ask(slot, acquire("h1", second.rev)), "stale");
    await refused(other.ask(slot, acquire("h1", freed.rev + 1)), "stale");
  },

  "who does not hold it can neither renew nor release it": async (subject) => {
    const [slot, one, other] = [subject.freshSlot(), subject.connect("h0"), subject.connect("h1")];
    const empty = { ...(await one.read(slot)), epoch: 1 };
    await refused(one.ask(slot, renew("h0", empty)), "lost");
    const record = await done(one.ask(slot, acquire("h0", 0, 5)));
    await refused(other.ask(slot, renew("h1", record)), "lost");
    await refused(other.ask(slot, release("h1", record)), "lost");
    await refused(one.ask(slot, renew("h0", { ...record, epoch: 5 })), "lost");
    const freed = await done(one.ask(slot, release("h0", record)));
    await refused(one.ask(slot, renew("h0", freed)), "lost");
  },

  "what is sent again is answered again, and done once": async (subject) => {
    const [slot, one] = [subject.freshSlot(), subject.connect("h0")];
    const asked = acquire("h0", 0);
    const first = await done(one.ask(slot, asked));
    const again = await done(subject.connect("h0").ask(slot, asked), true);
    expectThat(again.rev === first.rev && again.epoch === 1, "DoneTwice", "acquire");
    const renewal = renew("h0", first);
    await done(one.ask(slot, renewal));
    expectThat((await done(one.ask(slot, renewal), true)).rev === 2, "DoneTwice", "renew");
    const ending = release("h0", { ...first, rev: 2 });
    await done(one.ask(slot, ending));
    expectThat((await done(one.ask(slot, ending), true)).rev === 3, "DoneTwice", "release");
  },

  "an old request that is played back does nothing": async (subject) => {
    const [slot, one, other] = [subject.freshSlot(), subject.connect("h0"), subject.connect("h1")];
    const asked = acquire("h0", 0);
    const given = await done(one.ask(slot, asked));
    const renewal = renew("h0", given);
    const renewed = await done(one.ask(slot, renewal));
    const ending = release("h0", renewed);
    const freed = await done(one.ask(slot, ending));
    const taken = await done(other.ask(slot, acquire("h1", freed.rev)));
    for (const old of [asked, renewal, ending]) {
      const reply = await one.ask(slot, old);
      expectThat(!reply.ok, "StaleAccepted", `an old ${old.op} was done again`);
    }
    const { rev, holder } = await one.read(slot);
    expectThat(rev === taken.rev && holder === "h1", "StaleAccepted", "it changed the record");
  },

  "slots do not touch each other": async (subject) => {
    const [a, b, one] = [subject.freshSlot(), subject.freshSlot(), subject.connect("h0")];
    await done(one.ask(a, acquire("h0", 0)));
    expectThat((await one.read(b)).rev === 0, "WrongReply", "another slot changed");
  },

  "names and notes of any form within the bounds come back as they were": async (subject) => {
    const [slot, one] = [
      `${subject.freshSlot()}/%2F..;--'"?#&=+é`.slice(0, -1),
      subject.connect("h0"),
    ];
    const note = {
      "": null,
      quote: "\"'\\",
      odd: "\u0000\u2028\ud83d\ude00",
      deep: [[{ n: -1.5e-7 }]],
    };
    await done(one.ask(slot, { ...acquire("h0", 0), note }));
    const read = await one.read(slot);
    expectThat(JSON.stringify(read.note) === JSON.stringify(note), "WrongReply", "another note");
    const long = { text: "x".repeat(leaseBounds.maxNoteBytes - '{"text":""}'.length) };
    await done(one.ask(slot, { ...renew("h0", read), note: long }));
    expectThat((await one.read(slot)).note["text"] === long.text, "WrongReply", "a cut note");
  },

  "a request out of bounds is WitnessRefused, and not judged": async (subject) => {
    const [slot, one] = [subject.freshSlot(), subject.connect("h0")];
    const good = acquire("h0", 0);
    const bad = [
      { ...good, ttlMs: 4_999 },
      { ...good, ttlMs: 300_001 },
      { ...good, ifRev: -1 },
      { ...good, note: { text: "x".repeat(leaseBounds.maxNoteBytes) } },
      { ...good, reqId: "" },
    ];
    for (const request of bad) {
      const code = await failureCode(one.ask(slot, request));
      expectThat(
        code === "WitnessRefused",
        "WrongFailure",
        `${JSON.stringify(request).slice(0, 90)}: ${code}`,
      );
    }
    expectThat((await one.read(slot)).rev === 0, "WrongReply", "something was written");
  },

  "one that does not answer is WitnessUnreachable, and a stopped asker gets Cancelled": async (
    subject,
  ) => {
    const { unreachable } = subject;
    const codes = await Promise.all([
      failureCode(unreachable.read(subject.freshSlot())),
      failureCode(unreachable.ask(subject.freshSlot(), acquire("h0", 0))),
      failureCode(subject.connect("h0").read(subject.freshSlot(), AbortSignal.abort())),
    ]);
    const wanted = "WitnessUnreachable WitnessUnreachable Cancelled";
    expectThat(codes.join(" ") === wanted, "WrongFailure", codes.join(" "));
  },

  "a wrong credential is WitnessUnauthorized": async ({ unauthorized, freshSlot }) => {
    if (unauthorized === undefined) return;
    const codes = [
      await failureCode(unauthorized.read(freshSlot())),
      await failureCode(unauthorized.ask(freshSlot(), acquire("h0", 0))),
    ];
    const isRight = codes.every((code) => code === "WitnessUnauthorized");
    expectThat(isRight, "WrongFailure", codes.join(" "));
  },
};
