/**
 * Schedules that once broke a property: each is run by the suite for ever. A seed means what it meant as long as nothing is drawn
 * otherwise; whoever changes what a seed draws looks at each and finds a new seed for what it shows.
 */
import type { Scope } from "./failover-swarm.ts";

export type Regression = Scope & {
  readonly seed: number;
  readonly onlyFaults?: readonly number[];
  /** What was wrong. */
  readonly was: string;
};

export const regressions: readonly Regression[] = [
  {
    seed: 241,
    was: "a person's statement that the peer is fenced was acted upon two minutes later",
  },
  {
    seed: 272,
    was: "an agent that forgot half answered a give-back, and its own epoch was given again",
  },
  { seed: 426, was: "a later round was given back and an older promise stayed with the arbiter" },
  { seed: 454, was: "two agents without memory, each an arbiter, could not be told otherwise" },
  { seed: 1715, was: "a witness that lost its memory was taken for one that was overtaken" },
  { seed: 2939, was: "a statement outlived the round that it rested on" },
  { seed: 4957, was: "a statement outlived the round that it rested on, another way" },
  { seed: 3145, was: "a witness that forgot who holds was taken for one that nobody holds" },
  {
    seed: 5154,
    was: "a statement was made while the round that it rested on was being given back",
  },
  {
    seed: 12898,
    was: "a region told to take over cleared its peer, of which people had said that it is fenced",
  },
  {
    seed: 34191,
    was: "an arbiter asked for the lease, the answer was lost, and it went on beside the peer that saw the new epoch",
  },
  { seed: 57999, was: "the same, after the peer's round was closed" },
  {
    seed: 31200,
    was: "an epoch taken without the witness was one that the witness had given meanwhile",
  },
  { seed: 66792, was: "an epoch taken without the witness was forgotten with the disk" },
  { seed: 35570, was: "what was left of a memory was lost with the second store" },
  {
    seed: 54847,
    was: "a witness whose clock went back held a lease that nobody could take for minutes",
  },
  {
    seed: 85315,
    was: "a late question of a round that was over made an arbiter of a region without memory",
  },
  {
    seed: 615433,
    was: "the checker held what the witness said of an older tenure against one that people gave without the witness",
  },
  {
    seed: 53066,
    onlyFaults: [0, 1],
    was: "a switchover was done two minutes after it was asked for, in a freeze window that had begun meanwhile",
  },
  { seed: 1964, was: "nobody could approve a loss that nobody can count" },
  {
    seed: 512690,
    was: "people told one region to take over without the witness, and the other one to close its round and take over too",
  },
  { seed: 113114, was: "the same, and the witness answered in between" },
  {
    seed: 549488,
    was: "people said of a region that had forgotten that it is fenced, and a late answer armed it",
  },
  {
    seed: 101006,
    was: "the checker took a suspended agent's last state for an answer; asked, it looks at the clocks first",
  },
];
