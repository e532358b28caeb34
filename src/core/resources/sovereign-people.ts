/**
 * `spec.people` of a Sovereign: the roster of those who may approve, with the public halves of their SSH keys (DESIGN §7.7, ADR 28).
 * It is in Git like everything else, so that an agent can check an approval with nothing but its last clone.
 */
import { z } from "zod";
import { approverRoles } from "./failover-words.ts";
import { dnsLabelField } from "./fields.ts";
import { fieldPatterns } from "./patterns.ts";

export const personSchema = z.strictObject({
  name: dnsLabelField.describe("Name of the person, as approvals and failover groups write it."),
  roles: z
    .array(z.enum(approverRoles))
    .min(1)
    .max(approverRoles.length)
    .describe(
      "sre: approves failover, switchover and failback that lose nothing, and orders arm, disarm and switchover. dataOwner: also accepts a loss of bytes, and orders nothing. sovereignAdmin: also taking over without the witness, and every order.",
    ),
  sshKeys: z
    .array(z.string().max(800).regex(fieldPatterns.sshKey.pattern))
    .max(4)
    .optional()
    .describe(
      "Public keys as `ssh-keygen` writes them; keys on a security token (sk-) are best. Nobody can approve without one.",
    ),
});

export type PersonSpec = z.infer<typeof personSchema>;

/** Type and key without the comment, by which keys are compared. */
export function bareKey(sshKey: string): string {
  return sshKey.split(" ").slice(0, 2).join(" ");
}
