/** The API server itself, where it writes without being asked. */
import type { Asker } from "../admission/asker.ts";
import { administrators } from "./users.ts";

/** It may do everything, under the name of the part that writes. */
export function serverAsker(nowMs: number, manager = "sandbox-apiserver"): Asker {
  return {
    user: { name: "system:apiserver", groups: [administrators] },
    manager,
    fieldValidation: "Ignore",
    dryRun: false,
    nowMs,
    warn: () => undefined,
  };
}
