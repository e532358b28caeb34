import { expect, test } from "vitest";
import type { PeerLink } from "../../control/failover/ports.ts";
import type { PeerMessage } from "../../core/failover/message.ts";
import { listeners } from "./listeners.ts";
import { severalLinks } from "./several-links.ts";

const message: PeerMessage = { kind: "giveBack", epoch: 1, round: 1 };

function link(failure?: Error) {
  const sent: PeerMessage[] = [];
  const heard = listeners<PeerMessage>();
  const one: PeerLink = {
    async send(said) {
      if (failure !== undefined) throw failure;
      sent.push(said);
    },
    listen: heard.listen,
  };
  return { one, sent, heard };
}

test("when every way fails, the first one's failure is told", async () => {
  const [first, second] = [new Error("cut"), new Error("full")];
  const all = severalLinks([link(first).one, link(second).one]);
  await expect(all.send(message)).rejects.toBe(first);
});

test("one way is enough, and what failed beside it is not lost", async () => {
  const cut = new Error("cut");
  const whole = link();
  const missed: unknown[] = [];
  await severalLinks([link(cut).one, whole.one], (thrown) => missed.push(thrown)).send(message);
  expect(whole.sent).toEqual([message]);
  expect(missed).toEqual([cut]);
});

test("what arrives on any way is heard, until nobody listens any more", () => {
  const [first, second] = [link(), link()];
  const heard: PeerMessage[] = [];
  const stop = severalLinks([first.one, second.one]).listen((said) => heard.push(said));
  first.heard.tell(message);
  second.heard.tell(message);
  stop();
  first.heard.tell(message);
  expect(heard).toEqual([message, message]);
});
