/**
 * The one closed table of what can go wrong in the world.
 * A code never changes its meaning; its HTTP status and CLI exit code are part of the interface.
 * `docs/reference/errors.md` is generated from this table.
 */

/** Whether trying the same thing again can help: at once, after a pause, or never without a change. */
export type Retry = "now" | "later" | "never";

export type CodeFacts = {
  /** HTTP status with which our API answers. */
  readonly httpStatus: number;
  /** Exit code of the CLI; codes of one family share one. */
  readonly exitCode: number;
  readonly retry: Retry;
  /** What it means, one sentence, for the reference. */
  readonly meaning: string;
  /** What a person does about it, one sentence. */
  readonly remedy: string;
};

const facts = (
  httpStatus: number,
  exitCode: number,
  retry: Retry,
  meaning: string,
  remedy: string,
): CodeFacts => ({ httpStatus, exitCode, retry, meaning, remedy });

export const codes = {
  UsageInvalid: facts(
    400,
    2,
    "never",
    "The command line is not understood.",
    "Run the command with --help.",
  ),
  ConfigInvalid: facts(
    400,
    2,
    "never",
    "A program's own configuration is not valid.",
    "Correct the field that the message names.",
  ),
  DocumentInvalid: facts(
    422,
    3,
    "never",
    "A document does not describe what it says it describes.",
    "Correct the field that the message names; `npx sovereign validate <folder>` checks before you commit.",
  ),
  NameInvalid: facts(
    422,
    3,
    "never",
    "A name does not follow the naming rules.",
    "See docs/glossary.md for how names are composed.",
  ),
  NotFound: facts(
    404,
    4,
    "never",
    "The named thing does not exist.",
    "List what exists and check the spelling.",
  ),
  SourceUnavailable: facts(
    503,
    5,
    "later",
    "The documents can not be read.",
    "Check the folder or repository; work goes on from the last good revision.",
  ),
  NameServerUnreachable: facts(
    503,
    6,
    "later",
    "A PowerDNS server does not answer its API.",
    "Check that the server runs and that its apiUrl is right.",
  ),
  NameServerUnauthorized: facts(
    502,
    7,
    "never",
    "A PowerDNS server refuses the API key.",
    "Check the file or environment variable that holds the key.",
  ),
  NameServerRefused: facts(
    502,
    8,
    "never",
    "A PowerDNS server refuses what was asked of it.",
    "Read the server's words in the message.",
  ),
  ZoneMissing: facts(
    502,
    9,
    "never",
    "A PowerDNS server does not hold the Sovereign's zone.",
    "Create the zone on that server, then run again.",
  ),
  RecordConflict: facts(
    409,
    10,
    "never",
    "A record that is needed belongs to somebody else.",
    "Remove the other record or rename the Application.",
  ),
  AnswerWrong: facts(
    502,
    11,
    "later",
    "A name server answers something other than what was planned.",
    "Run `npx sovereign dns why <name>`.",
  ),
  BoundMissed: facts(
    500,
    12,
    "never",
    "A drill measured more than the stated bound.",
    "Read the report; compare with an earlier run.",
  ),
  JournalCorrupt: facts(
    500,
    13,
    "never",
    "The journal's chain of hashes does not hold.",
    "Keep the files as they are and read docs/guides/journal.md.",
  ),
  JournalUnwritable: facts(
    503,
    14,
    "later",
    "An event could not be made durable.",
    "Check space and rights of the journal's folder.",
  ),
  ProgramMissing: facts(
    500,
    15,
    "never",
    "A program that is needed is not installed.",
    "Install it as the message says, or point at it.",
  ),
  AddressTaken: facts(
    409,
    16,
    "never",
    "An address and port that is needed is in use.",
    "End the program that the message names, or choose another range.",
  ),
  AlreadyRunning: facts(
    409,
    17,
    "never",
    "It is running already.",
    "Use the running one, or `npm run down` first.",
  ),
  NotRunning: facts(409, 18, "never", "It is not running.", "Start it with `npm run up`."),
  ProcessFailed: facts(
    500,
    19,
    "later",
    "A program that was started ended or said it can not work.",
    "Read the log that the message names.",
  ),
  CredentialUnreadable: facts(
    500,
    20,
    "never",
    "A credential's file or environment variable can not be read.",
    "Check the path and its rights; the value is never shown.",
  ),
  TimedOut: facts(
    504,
    21,
    "later",
    "Something took longer than its limit.",
    "Try again; if it stays, look at the named program.",
  ),
  DrillRefused: facts(
    409,
    22,
    "never",
    "As things stand now, a drill would measure nothing true.",
    "Do what the message asks for, then run the drill again.",
  ),
  SignatureInvalid: facts(
    401,
    23,
    "never",
    "A message does not carry the signature that the shared secret gives.",
    "Give both sides the same secret, and let nothing between them change the message.",
  ),
  MessageTooLarge: facts(
    413,
    24,
    "never",
    "A message is larger than its limit.",
    "Send less at once; the message says what the limit is.",
  ),
  WitnessUnreachable: facts(
    503,
    25,
    "later",
    "The witness does not answer; whether it did what was asked is not known.",
    "Check the network and the witness; a lease that was held runs out by itself.",
  ),
  WitnessUnauthorized: facts(
    401,
    26,
    "never",
    "The witness does not accept the credential, or not for this name.",
    "Check the credential's file, its key id, and the names that the witness binds it to.",
  ),
  WitnessRefused: facts(
    400,
    29,
    "never",
    "The witness does not understand the request, or refuses it by its own limits.",
    "Read the witness's words in the message.",
  ),
  KeySetDiffers: facts(
    409,
    27,
    "never",
    "A server signs the zone with keys other than the declared key set, or should sign and has none.",
    "Run `npx sovereign dns ds` to see which server has which keys; docs/guides/zone.md says how to go on.",
  ),
  StepTooEarly: facts(
    409,
    28,
    "later",
    "A step of a procedure may not be made yet.",
    "Wait, or do, what the message says; then run the step again.",
  ),
  PropertyViolated: facts(
    500,
    30,
    "never",
    "A simulated schedule broke a property that must hold whatever fails.",
    "Run the command that is named with it; it shows the schedule again.",
  ),
  RecordStoreFailed: facts(
    503,
    31,
    "later",
    "A region agent's record could not be read, or made durable; nothing that rests on it is done.",
    "Check space and rights of the record's folder, and that one agent has it to itself.",
  ),
  WatchdogUnreachable: facts(
    503,
    32,
    "later",
    "The watchdog beside a region agent does not answer; the right to write ends.",
    "Start it again; docs/guides/watchdog.md says how, and what it does then.",
  ),
  AgentUnreachable: facts(
    503,
    33,
    "later",
    "A region agent does not answer.",
    "Check the address and the network; the other region's agent takes orders by itself.",
  ),
  AgentUntrusted: facts(
    502,
    34,
    "never",
    "A region agent shows a certificate that the given CA did not sign, or for another name.",
    "Give --ca the certificate authority of the agents; the message says what the certificate is.",
  ),
  OrderRefused: facts(
    403,
    35,
    "never",
    "An agent does not take a signed order or approval from this person, key or role.",
    "Read the rules in the message; the roster is `spec.people` of the Sovereign, in Git.",
  ),
  OrderExpired: facts(
    410,
    36,
    "never",
    "A signed order or approval ran out, or holds longer than an agent allows.",
    "Sign a new one, and check that the clocks of both machines are right.",
  ),
  OrderUsed: facts(
    409,
    37,
    "never",
    "A signed order or approval was taken before; each counts once.",
    "Look with `npx sovereign failover status` whether it did what was wanted; sign a new one if not.",
  ),
  PeerUnreachable: facts(
    503,
    38,
    "later",
    "The other region's agent does not answer; whether it took a message is not known.",
    "Check the network between the regions, and that the agent runs there.",
  ),
  PeerRefused: facts(
    403,
    39,
    "never",
    "An agent refuses another: its certificate is not of the region and authority that it should be, or it sends what can not be taken.",
    "Give each region's agent a certificate of the common authority with its cluster as the only DNS name.",
  ),
  DataServiceUnreachable: facts(
    503,
    40,
    "later",
    "A data service does not answer, or could not do what was asked.",
    "Look at the server that the message names, and at its log.",
  ),
  PromotionRefused: facts(
    409,
    41,
    "never",
    "A data service may not take writes, or not begin to follow, as things stand.",
    "Read the reason in the message; docs/guides/postgresql.md and valkey.md say what each one means.",
  ),
  FenceFailed: facts(
    500,
    42,
    "now",
    "A data service could not be kept from taking writes.",
    "End the processes that the message names, or take the machine off the network and its power.",
  ),
  FollowFailed: facts(
    500,
    43,
    "later",
    "A copy of the data could not be made to follow the other region's; what was there before is kept.",
    "Read the reason in the message; docs/guides/postgresql.md and valkey.md say what each one means.",
  ),
  KubernetesUnreachable: facts(
    503,
    44,
    "later",
    "A Kubernetes API server does not answer, or asks to come back later; nothing was done there.",
    "Check the server's address in the kubeconfig, the network, and that the API server runs.",
  ),
  KubernetesUncertain: facts(
    504,
    45,
    "never",
    "A Kubernetes API server was asked to write and did not say whether it did.",
    "Read the object back before anything is asked again.",
  ),
  KubernetesUnauthorized: facts(
    502,
    46,
    "never",
    "A Kubernetes API server does not accept the credential.",
    "Check the token or certificate that the kubeconfig or the service account gives.",
  ),
  KubernetesRefused: facts(
    502,
    47,
    "never",
    "A Kubernetes API server does not understand a request, or answers in a way that can not be read.",
    "Read the server's words in the message; it may be too old, or no API server at all.",
  ),
  PlatformNotReady: facts(
    409,
    48,
    "never",
    "On an existing platform something is in the way of Sovereign.",
    "Read the findings marked `stop`, each with its remedy; docs/guides/check.md says what they mean.",
  ),
  Cancelled: facts(
    499,
    130,
    "never",
    "Somebody stopped it.",
    "Nothing; start it again when wanted.",
  ),
  Unexpected: facts(
    500,
    70,
    "later",
    "The world failed in a way that has no code yet.",
    "Report it with the message.",
  ),
} as const satisfies Readonly<Record<string, CodeFacts>>;

export type Code = keyof typeof codes;

/** The docs anchor of a code: `docs/reference/errors.md#<anchor>`. */
export function anchorOf(code: Code): string {
  return code.toLowerCase();
}
