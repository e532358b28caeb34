/** `sovereign check --observe-only`: what of an existing platform would be managed, and what stands in the way. It changes nothing. */
import { resolve } from "node:path";
import { Command } from "commander";
import { udpDnsClient } from "../../adapters/dns-client.ts";
import { openAs, type ProgramKubernetes } from "../../adapters/kubernetes/open-as.ts";
import { folderSource } from "../../adapters/sources/folder.ts";
import { stretchedFindings } from "../../control/check/deployed-objects.ts";
import { matchGroup, platformNamespaces } from "../../control/check/group-findings.ts";
import { kindFindings } from "../../control/check/kind-findings.ts";
import { nameServerFindings } from "../../control/check/name-server-findings.ts";
import { ownerFindings } from "../../control/check/owner-findings.ts";
import { readPlatform } from "../../control/check/read-platform.ts";
import { rightFindings } from "../../control/check/right-findings.ts";
import { resolveGroups } from "../../core/failover/resolve-group.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { Catalogue } from "../../core/resources/catalogue.ts";
import { readCatalogue } from "../../core/resources/read.ts";
import { type CheckReport, checkData, checkText, countsOf } from "../check/check-text.ts";
import type { Context, Run } from "../command.ts";

type Options = {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly inCluster: boolean;
  readonly cluster?: string;
  readonly namespace: string;
};

const dnsLimitMs = 5_000;

const help = `
It is the first thing to run on a platform that exists. It lists Nodes, Pods, Services, StatefulSets, HTTPRoutes, CloudNativePG Clusters
and CRDs of one cluster, asks the API server which requests this user may make (which changes nothing either), and asks the name servers
of the documents for their zone. It never reads a Secret, and has no request in it that writes. Then it says:

  Would be managed    documents of this cluster that belong to the failover groups of the documents
  Kinds               what is installed, in which version; CRDs with our names that are not ours
  Who owns what …     fields that a failover moves and that Flux, Argo CD or somebody else puts back
  Rights              requests of the agent and the control plane that this user may not make
  Name servers        whether each answers for the Sovereign's zone from here
  Stretched clusters  members of one quorum in two regions (SRE handbook §2.2: OpenBao, JetStream, etcd and all others)

Run it once for each region. \`stop\` is in the way, \`look\` is for a person to judge, \`fine\` is as it has to be.
Exit code 0 without a \`stop\`, 48 with one, 3 when a document is wrong, 44 to 47 when the API server can not be asked.

Examples:
  $ npx sovereign check platform/ --observe-only --kubeconfig ~/.kube/fsn --cluster hz-fsn-rtz-prod
  $ npx sovereign check --observe-only --kubeconfig ~/.kube/fsn --context admin      without documents
  $ npx sovereign check --observe-only --in-cluster --output json                    in a Pod of sovereign-check
`;

export function checkCommand(run: Run): Command {
  return new Command("check")
    .description("Say what of an existing platform would be managed, and what is in the way.")
    .argument("[folder]", "folder with the Sovereign's documents")
    .option("--observe-only", "change nothing; there is no other way to run it", true)
    .option("--kubeconfig <file>", "how the region's API server is reached")
    .option("--context <name>", "context of the kubeconfig (default: its current one)")
    .option("--in-cluster", "ask the API server of the cluster that this runs in", false)
    .option("--cluster <name>", "name of the region, such as hz-fsn-rtz-prod")
    .option("--namespace <name>", "where our programs run or will run", "sovereign-system")
    .addHelpText("after", help)
    .action((folder: string | undefined, options: Options, command: Command) =>
      run(command, (context) => check(context, folder, options)),
    );
}

async function check(context: Context, folder: string | undefined, options: Options) {
  const { io, signal } = context;
  const documents = folder === undefined ? undefined : await documentsIn(folder, signal);
  const catalogue = documents?.catalogue;
  checkCluster(options.cluster, catalogue);
  const kubernetes = await open(options);
  try {
    const report = await reportOf(context, kubernetes, { ...options, ...documents });
    io.result(checkData(report), checkText(report, io));
    const problems = catalogue?.problems.length ?? 0;
    if (problems > 0) {
      throw new Failure("DocumentInvalid", `${problems} of the documents' fields are wrong`, {
        where: folder ?? "",
        remedy: "Run `npx sovereign validate` on the folder; what depends on them was left out.",
      });
    }
    const { stop } = countsOf(report);
    if (stop > 0) {
      const message = stop === 1 ? "one thing is in the way" : `${stop} things are in the way`;
      throw new Failure("PlatformNotReady", message, { where: report.server });
    }
  } finally {
    kubernetes.close();
  }
}

type Known = {
  readonly cluster?: string;
  readonly namespace: string;
  readonly catalogue?: Catalogue;
  readonly revision?: string;
};

async function reportOf(
  { io, signal }: Context,
  { api, reviews }: ProgramKubernetes,
  { cluster, namespace, catalogue, revision }: Known,
): Promise<CheckReport> {
  const reading = await readPlatform(api, signal, (line) => io.progress(line));
  const groups = (catalogue === undefined ? [] : resolveGroups(catalogue)).filter(
    ({ regions }) => cluster === undefined || regions.includes(cluster),
  );
  const spaces = catalogue === undefined ? [] : platformNamespaces(groups, catalogue);
  const matches = groups.map((group) => matchGroup(reading, group, spaces));
  io.progress("asking which requests are allowed");
  const rights = { programs: ["agent", "control"] as const, home: namespace, platform: spaces };
  const sovereign = catalogue?.sovereign;
  const dns = udpDnsClient({ timeoutMs: dnsLimitMs });
  const findings = [
    ...reading.findings,
    ...kindFindings(reading),
    ...matches.flatMap((match) => match.findings),
    ...ownerFindings(reading, new Set(matches.flatMap(({ managed }) => managed))),
    ...(await rightFindings(reviews, rights, signal)),
    ...(sovereign === undefined ? [] : await nameServerFindings(dns, sovereign, signal)),
    ...stretchedFindings(reading, cluster ?? null, sovereign),
  ];
  return {
    server: api.id,
    version: reading.version,
    cluster: cluster ?? null,
    revision: revision ?? null,
    groups: matches,
    findings,
  };
}

async function documentsIn(folder: string, signal: AbortSignal) {
  const { documents, problems, revision } = await folderSource({ path: resolve(folder) }).read(
    signal,
  );
  return { catalogue: readCatalogue(documents, problems), revision };
}

function checkCluster(cluster: string | undefined, catalogue: Catalogue | undefined): void {
  const known = catalogue?.sovereign?.spec.regions.map((region) => region.cluster);
  if (cluster === undefined || known === undefined || known.includes(cluster)) return;
  const message = `${cluster} is no region of the documents: ${known.join(", ")}`;
  throw new Failure("UsageInvalid", message, { where: "--cluster" });
}

function open({ kubeconfig, context, inCluster }: Options): Promise<ProgramKubernetes> {
  if ((kubeconfig === undefined) !== inCluster) {
    throw new Failure("UsageInvalid", "an API server is named by --kubeconfig or by --in-cluster", {
      remedy: "Give exactly one of the two.",
    });
  }
  if (kubeconfig === undefined) return openAs("check", { inCluster: true });
  const path = resolve(kubeconfig);
  return openAs(
    "check",
    context === undefined ? { kubeconfig: path } : { kubeconfig: path, context },
  );
}
