/** The simulator's clock keeps what every clock promises. */
import { virtualClock } from "../../src/sim/virtual-clock.ts";
import { clockContract } from "./clock.ts";

clockContract("the virtual clock", () => {
  const clock = virtualClock(1);
  return { clock, pass: (ms) => clock.advance(ms) };
});
