/**
 * Every type of event that the product writes, with what it means. Types never change their meaning: journals are read
 * years later. `docs/reference/events.md` is generated from this table; `test/events.test.ts` finds types that are not in it.
 */

export const eventTypes: Readonly<Record<string, string>> = {
  "control.started":
    "A control process works: its version, its region, and whether it only observes.",
  "control.stopped": "A control process ended because it was asked to.",
  "controller.failed":
    "A controller ended by itself; the failure, how long it ran and how long is waited.",
  "controller.restarted": "A controller was started again after it failed.",
  "dns.answerRight": "A name server answers a name as planned again.",
  "dns.answerWrong": "A name server answers a name with something that is not in the plan.",
  "dns.applyFailed": "A name server could not be read or written; once until the failure changes.",
  "dns.changed": "Records of one Application were changed on a name server: before, after and why.",
  "dns.conflict": "A needed name holds records of somebody else, who is named; it is left alone.",
  "dns.driftRepaired": "Records of one Application had been changed by others and were put right.",
  "dns.planned": "What is going to be changed on a name server, before it is.",
  "dns.rollStep":
    "A step of a roll-over of the zone's key: which keys, which server, and what was seen or done.",
  "dns.serverAnswers": "A name server that was silent answers DNS again.",
  "dns.serverSilent": "A name server does not answer DNS.",
  "dns.zoneSetUp": "A name server's zone was set up or mended: every step with its reason.",
  "drill.broken": "A drill broke a region, as its kind says.",
  "drill.finished": "A drill ended; its verdict and the SHA-256 of its report.",
  "drill.restored": "A drill restored the region that it had broken.",
  "drill.started": "A drill began to measure a steady state.",
  "journal.tailCut":
    "Opening the journal cut an incomplete last line, which was never acknowledged.",
  "source.documentBroken":
    "A document of a new revision is wrong: file, line, path, found and expected.",
  "source.pushReceived":
    "A signed push to the branch of the source was received; the source is read at once.",
  "source.revisionRead":
    "A revision that was not seen before was read: how many Applications, how many problems.",
};
