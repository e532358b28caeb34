/** Carries questions and answers of DNS over UDP on one way, as long as it is not cut; what comes while it is cut is lost. */
import { createSocket } from "node:dgram";
import type { Way } from "./network-order.ts";

/** A question that nobody answers is forgotten after this. */
const answerLimitMs = 3_000;
const waitingMax = 200;

/** Listens; `isCut` is asked for every datagram in either direction. */
export function carryDatagrams({ from, to }: Way, isCut: () => boolean): void {
  const outside = createSocket("udp4");
  let waiting = 0;
  outside.on("message", (question, asker) => {
    if (isCut() || waiting >= waitingMax) return;
    waiting += 1;
    // A socket for each question, so that its answer finds its way back.
    const inside = createSocket("udp4");
    let isOver = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      waiting -= 1;
      clearTimeout(limit);
      inside.close();
    };
    const limit = setTimeout(end, answerLimitMs);
    inside.on("error", end); // Nobody listens there: for who asked it is lost.
    inside.once("message", (answer) => {
      if (!isCut()) outside.send(answer, asker.port, asker.address);
      end();
    });
    inside.connect(to.port, to.address, () => {
      if (!isOver) inside.send(question);
    });
  });
  outside.bind(from.port, from.address);
}
