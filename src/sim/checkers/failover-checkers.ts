/** The properties of a failover world, in the order in which they are reported. */
import type { Checker } from "../failover-observation.ts";
import { acknowledgedWrites } from "./acknowledged-writes.ts";
import { boundedStall } from "./bounded-stall.ts";
import { degradedOrder } from "./degraded-order.ts";
import { epochsGrow } from "./epochs-grow.ts";
import { falseFailover } from "./false-failover.ts";
import { healthAnswer } from "./health-answer.ts";
import { heldBack } from "./held-back.ts";
import { journalsVerify } from "./journals-verify.ts";
import { oneWriter } from "./one-writer.ts";
import { servedAgain } from "./served-again.ts";

export const failoverCheckers: readonly Checker[] = [
  oneWriter,
  epochsGrow,
  acknowledgedWrites,
  falseFailover,
  heldBack,
  boundedStall,
  degradedOrder,
  healthAnswer,
  journalsVerify,
  servedAgain,
];
