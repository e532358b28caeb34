import { expect, test } from "vitest";
import { document } from "../../../../test/fixtures/documents.ts";
import { adasKey, guarded, readingGuarded } from "../../../../test/fixtures/failover.ts";
import { describeProblem } from "../document.ts";

test.each<[string, object, string, RegExp]>([
  [
    "a person twice",
    {
      people: [
        { name: "ada", roles: ["sre"] },
        { name: "ada", roles: ["sre"] },
      ],
    },
    "DuplicatePerson $.spec.people[1].name",
    /people\[0\] has this one/,
  ],
  [
    "a role twice",
    { people: [{ name: "ada", roles: ["sre", "sre"] }] },
    "DuplicateRole $.spec.people[0].roles[1]",
    /once/,
  ],
  [
    "a key of two people, whatever its comment",
    {
      people: [
        { name: "ada", roles: ["sre"], sshKeys: [`${adasKey} one`] },
        { name: "eve", roles: ["sre"], sshKeys: [`${adasKey} two`] },
      ],
    },
    "DuplicateKey $.spec.people[1].sshKeys[0]",
    /a key of one person only; ada has it/,
  ],
  [
    "a role that does not exist",
    { people: [{ name: "ada", roles: ["dataowner"] }] },
    "ValueNotAllowed $.spec.people[0].roles[0]",
    /did you mean "dataOwner"\?/,
  ],
  [
    "a key that lost a character",
    { people: [{ name: "ada", roles: ["sre"], sshKeys: [adasKey.slice(0, -1)] }] },
    "PatternMismatch $.spec.people[0].sshKeys[0]",
    /one line of a public key file of OpenSSH/,
  ],
  [
    "a key of RSA",
    { people: [{ name: "ada", roles: ["sre"], sshKeys: ["ssh-rsa AAAAB3NzaC1yc2EAAA"] }] },
    "PatternMismatch $.spec.people[0].sshKeys[0]",
    /ssh-ed25519/,
  ],
  [
    "a witness twice",
    {
      witnesses: [
        { name: "a", urls: ["https://a.test"] },
        { name: "a", urls: ["https://b.test"] },
      ],
    },
    "DuplicateWitness $.spec.witnesses[1].name",
    /witnesses\[0\] has this one/,
  ],
  [
    "a witness in a region that is not there",
    { witnesses: [{ name: "a", urls: ["https://a.test"], region: "hz-hle-rtz-prod" }] },
    "UnknownRegion $.spec.witnesses[0].region",
    /did you mean "hz-hel-rtz-prod"\?/,
  ],
  [
    "a witness with a password",
    { witnesses: [{ name: "a", urls: ["postgresql://u:p@a.test/x"] }] },
    "PatternMismatch $.spec.witnesses[0].urls[0]",
    /without credentials/,
  ],
])("a Sovereign with %s is refused at its field", (_, spec, problem, words) => {
  const { problems } = readingGuarded(document("sovereign.yaml", guarded(spec)));
  expect(problems.map(({ reason, path }) => `${reason} ${path}`)).toEqual([problem]);
  const text = problems.map(describeProblem).join();
  expect(text).toMatch(words);
  expect(text).not.toContain("u:p@");
});

test.each([
  `ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABB${"B".repeat(87)}= a comment`,
  `sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5${"QG9w".repeat(12)}`,
  `sk-ecdsa-sha2-nistp256@openssh.com AAAAInNrLWVjZHNhLXNoYTItbmlz${"dHAy".repeat(12)}==`,
])("a key of a kind that can sign approvals is taken: %s", (key) => {
  const people = [{ name: "ada", roles: ["sre"], sshKeys: [key] }];
  const { problems } = readingGuarded(document("sovereign.yaml", guarded({ people })));
  expect(problems).toEqual([]);
});
