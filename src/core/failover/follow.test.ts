import { expect, test } from "vitest";
import { type FollowFacts, judgeFollow } from "./follow.ts";

const may: FollowFacts = {
  authority: "none",
  data: "fenced",
  epochHeld: 4,
  here: { isFollowing: false, epoch: 4 },
  peer: { isWritable: true, epoch: 5 },
};

test.each([
  ["has the right to write", { authority: "lease" }, "NoAuthority"],
  ["rests on its peer's promise", { authority: "sticky" }, "NoAuthority"],
  ["is still fencing", { data: "fencing" }, "DataFenced"],
  ["serves", { data: "serving" }, "DataFenced"],
  ["follows already", { here: { isFollowing: true, epoch: 5 } }, "NotFollowing"],
  ["does not reach its peer's server", { peer: null }, "PeerWritable"],
  ["sees its peer fenced as well", { peer: { isWritable: false, epoch: 5 } }, "PeerWritable"],
  ["held a later epoch than its peer's server", { epochHeld: 6 }, "PeerNotOlder"],
  ["was promoted at a later epoch", { here: { isFollowing: false, epoch: 6 } }, "PeerNotOlder"],
  [
    "sees a server that was never promoted",
    {
      peer: { isWritable: true, epoch: 0 },
      epochHeld: null,
      here: { isFollowing: false, epoch: null },
    },
    "PeerNotOlder",
  ],
] as const)("a region that %s does not follow", (_, change, reason) => {
  const verdict = judgeFollow({ ...may, ...change });
  expect(verdict).toMatchObject({ kind: "refused", reason });
  expect(verdict.trace).toHaveLength(5);
});

test.each([
  ["lost its right to a later epoch", {}],
  ["has no record", { epochHeld: null }],
  ["has no data", { here: { isFollowing: false, epoch: null } }],
  ["comes back to the epoch that it knows", { peer: { isWritable: true, epoch: 4 } }],
])("a region that %s follows", (_, change) => {
  expect(judgeFollow({ ...may, ...change }).kind).toBe("allowed");
});
