/**
 * Every type of event that the product writes, with what it means. Types never change their meaning: journals are read
 * years later. `docs/reference/events.md` is generated from this table; `test/events.test.ts` finds types that are not in it.
 */

export const eventTypes: Readonly<Record<string, string>> = {
  "agent.answers": "A region agent that was silent answers this control process again.",
  "agent.documentsChanged":
    "A newer revision changes the group: which fields, and whether both regions have to agree on them.",
  "agent.documentsRefused":
    "The agent could not begin anew by a newer revision, why, and goes on by the one before; it is tried again after a minute.",
  "agent.documentsTakenOver": "The agent goes on by a newer revision, with the tenure it had.",
  "agent.silent":
    "A region agent does not answer this control process; that is no sign of fencing.",
  "agent.started": "A region agent works: its version, region, group, revision and process.",
  "agent.stopped": "A region agent ended because it was asked to; its tenure is with the watchdog.",
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
  "dns.fallbackMoved":
    "Another region answers for a failover group where nothing is known to be up, by what its agents say; why, and at which epoch.",
  "dns.planned": "What is going to be changed on a name server, before it is.",
  "dns.rollStep":
    "A step of a roll-over of the zone's key: which keys, which server, and what was seen or done.",
  "dns.serverAnswers": "A name server that was silent answers DNS again.",
  "dns.serverSilent": "A name server does not answer DNS.",
  "dns.zoneLeft":
    "A name server holds records of ours in a zone that is not the Sovereign's; they stay until a person removes them.",
  "dns.zoneSetUp": "A name server's zone was set up or mended: every step with its reason.",
  "drill.broken": "A drill broke a region, as its kind says.",
  "drill.finished": "A drill ended; its verdict and the SHA-256 of its report and of its page.",
  "drill.gamedaySigned":
    "A game day was signed: its verdict, the SHA-256 of its report and page, and the key.",
  "drill.restored": "A drill restored the region that it had broken.",
  "drill.started": "A drill began to measure a steady state.",
  "failover.allowed": "Taking over was judged and nothing stands against it: every rule.",
  "failover.applicationFailed":
    "An Application fails in the active region and the group says `release`: whether it is switched over, by every rule.",
  "failover.approved": "A person's approval was taken in: who, which action, epoch and bytes.",
  "failover.armed": "The region may take over by itself from now on.",
  "failover.authorityChanged":
    "The right to write goes on in another form: lease, peer's promise, peer's grant, or own.",
  "failover.authorityGained": "The region has the right to write: its form and epoch.",
  "failover.authorityLost": "The right to write ended; fencing began.",
  "failover.clockGap":
    "Wall and monotonic clock moved apart: a pause, a suspended machine or a step.",
  "failover.disarmed": "The region no longer takes over by itself.",
  "failover.fenceFailed": "Fencing did not succeed; it is tried again.",
  "failover.fenced": "No service of the region takes writes any more.",
  "failover.fencing": "Fencing of all services was begun, and why.",
  "failover.followFailed":
    "A copy could not be made to follow the peer's: which attempt, and why; the last one needs a person.",
  "failover.followed": "A copy follows the peer's promoted one again.",
  "failover.following": "A copy is being made to follow the peer's: begun, rewound or copied anew.",
  "failover.orderRefused":
    "An order or approval that a key of the roster signed was not taken: the rule and its reason.",
  "failover.orderTaken":
    "A person's order or approval was taken: who, why, and the signed text with its signature.",
  "failover.paged": "A person is needed, and why.",
  "failover.personSaid": "A person asked the agent for something.",
  "failover.promiseEnded": "A promise to stand back was given back or voided.",
  "failover.promiseGiven": "The region promised its peer to stand back, durably.",
  "failover.promoteFailed": "A service could not be promoted, and why.",
  "failover.promoted": "A service was promoted and took a write.",
  "failover.promoting": "Services are being promoted in their order, at an epoch.",
  "failover.readiness": "The readiness check came out otherwise: every reason against automation.",
  "failover.refused": "Taking over was judged and refused: every rule with its evidence.",
  "failover.roundClosed": "The peer was freed of a round, or a person closed it.",
  "failover.roundOpened": "The peer is asked to stand back, in a round that is durable.",
  "failover.serving": "All services take writes; the health path answers 200.",
  "failover.started": "An agent began: what its stores held, and the tenure at its watchdog.",
  "failover.storeFailed": "The record could not be made durable in every store.",
  "failover.syncAsked": "Commits were asked to wait for the standby, or no longer to.",
  "failover.syncRecorded": "The witness confirmed another state of the standby.",
  "failover.tendFailed":
    "A fallen data service could not be started behind its gate, or not be promoted again.",
  "failover.watchdogLost": "The watchdog is gone; the right to write ends.",
  "failover.witnessAnswers": "The witness answers again.",
  "failover.witnessSilent": "The witness does not answer.",
  "failover.wouldDo": "An agent that only observes would do this now.",
  "journal.eventsLost": "So many events could not be kept while the journal could not be written.",
  "journal.tailCut":
    "Opening the journal cut an incomplete last line, which was never acknowledged.",
  "mesh.changed":
    "A Service of the mesh was told to take or to leave clients: the step, why, its values and the epoch.",
  "mesh.settled": "A Service of the mesh is as authority has it again.",
  "mesh.unsettled": "A Service of the mesh is not as authority has it, and why.",
  "route.applied":
    "The HTTPRoute by which a health path leads to the agent was made, or made as it has to be: its name and host.",
  "route.judged":
    "Whether the health path leads to the agent came out otherwise: every reason why it does not.",
  "route.removed": "An HTTPRoute of a health path that nobody asks any more was removed.",
  "source.documentBroken":
    "A document of a new revision is wrong: file, line, path, found and expected.",
  "source.pushReceived":
    "A signed push to the branch of the source was received; the source is read at once.",
  "source.revisionRead":
    "A revision that was not seen before was read: how many Applications, how many problems.",
  "witness.quotaForetold":
    "The pace of this client will use 80 % or more of its part of the witness's daily quota: the arithmetic.",
  "witness.quotaUsed":
    "80 % or all of this client's part of the witness's daily quota is used; at most once a day each.",
};
