/** The machine's clock keeps what every clock promises. */
import { systemClock } from "../../src/adapters/clock.ts";
import { clockContract } from "./clock.ts";

clockContract("the system clock", () => ({
  clock: systemClock,
  pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}));
