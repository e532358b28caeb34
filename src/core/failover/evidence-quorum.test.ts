import { expect, test } from "vitest";
import { evidenceOf, quorumOf, type ResolverProof } from "./evidence-quorum.ts";

const silent: ResolverProof = { self: null, peer: null };
const active = (epoch: number): ResolverProof => ({ self: true, peer: { isActive: true, epoch } });
const standby: ResolverProof = { self: true, peer: { isActive: false, epoch: 9 } };

test.each([
  ["three that show nothing", [silent, silent, silent], null, false],
  ["one of three", [active(7), silent, silent], null, false],
  ["two of three", [active(7), silent, active(7)], 7, true],
  ["two that differ count as the lower epoch", [active(8), active(7), silent], 7, true],
  ["three that differ count as the middle epoch", [active(8), active(7), active(6)], 7, true],
  ["a peer that says it stands by claims nothing", [standby, standby, standby], null, true],
  ["one that stands by beside two that are active", [standby, active(7), active(7)], 7, true],
  ["one that stands by beside one that is active", [standby, active(7), silent], null, true],
])("%s", (_what, proofs, peerActiveEpoch, selfVisible) => {
  expect(evidenceOf(proofs)).toEqual({ peerActiveEpoch, selfVisible });
});

test("a quorum is more than half", () => {
  expect([3, 4, 5].map(quorumOf)).toEqual([2, 3, 3]);
});
