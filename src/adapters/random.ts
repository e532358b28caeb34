/** Randomness of the operating system, as the `Random` port. */
import { randomInt } from "node:crypto";
import type { Random } from "../core/kernel/random.ts";

export const systemRandom: Random = { below: (limit) => randomInt(limit) };
