/** The journals of both agents are whole chains; looked at in a share of the schedules, because hashing is what costs most. */
import { brokenLink, type ChainHead, emptyChain } from "../../core/journal/chain.ts";
import { eventTypes } from "../../core/journal/event-types.ts";
import type { Checker } from "../failover-observation.ts";
import { standInHash } from "../stand-in-hash.ts";

const oneIn = 32;

export const journalsVerify: Checker = {
  name: "journals-verify",
  make: ({ regions, plan }, report) => ({
    end() {
      for (const { journal, name } of regions) {
        for (const { type } of journal.taken) {
          if (!Object.hasOwn(eventTypes, type)) report(`nobody says what ${type} means`);
        }
        if (plan.seed % oneIn !== 0) continue;
        let head: ChainHead = emptyChain;
        for (const event of journal.sealed()) {
          const broken = brokenLink(event, head, `agent/${name}`, standInHash);
          if (broken !== undefined) report(broken);
          head = event;
        }
      }
    },
  }),
};
