/** What a client of the sandbox sees now: the documents at the branch's head, what the recursor answers for each, and who may write the ledger. */
import { join } from "node:path";
import { udpDnsClient } from "../adapters/dns-client.ts";
import { gitSource } from "../adapters/sources/git.ts";
import type { DnsClient, DocumentSource } from "../control/env.ts";
import type { DnsAnswer } from "../core/dns/model.ts";
import { describeProblem } from "../core/resources/document.ts";
import { readCatalogue } from "../core/resources/read.ts";
import type { SandboxLayout } from "./layout.ts";
import { type LedgerRegion, lookAtLedger } from "./ledger-sight.ts";

export type ObservedAnswer = {
  /** `NOERROR` and so on, or `no answer`. */
  readonly rcode: string;
  readonly addresses: readonly string[];
  /** Clusters whose load balancer these addresses are, in order of the layout. */
  readonly clusters: readonly string[];
  readonly ttlSeconds: number | undefined;
};

export type ObservedApplication = {
  readonly name: string;
  readonly fqdn: string;
  readonly placement: string;
  readonly answer: ObservedAnswer;
};

export type Observation = {
  readonly applications: readonly ObservedApplication[];
  /** How many there are; more than are asked for in a large catalogue. */
  readonly applicationCount: number;
  /** Documents that are wrong, one line each. */
  readonly problems: readonly string[];
  /** In order of the layout. */
  readonly ledger: readonly LedgerRegion[];
};

/** More are not asked for every second: the view has no room for them. */
const applicationsMax = 40;

export class Observer {
  readonly #layout: SandboxLayout;
  readonly #source: DocumentSource;
  readonly #dns: DnsClient;

  /** `cache` is a folder of its own for this reader of the repository. */
  constructor(layout: SandboxLayout, cache = "observer") {
    this.#layout = layout;
    this.#source = gitSource({
      repository: layout.documents,
      branch: "main",
      cache: join(layout.state, "run", cache),
    });
    this.#dns = udpDnsClient({ timeoutMs: 1_500 });
  }

  async observe(signal?: AbortSignal): Promise<Observation> {
    const looking = lookAtLedger(this.#layout, signal); // It never rejects.
    const snapshot = await this.#source.read(signal);
    const catalogue = readCatalogue(snapshot.documents, snapshot.problems);
    const applications = await Promise.all(
      catalogue.applications.slice(0, applicationsMax).map(async ({ application, fqdn }) => ({
        name: application.metadata.name,
        fqdn,
        placement: application.spec.placement,
        answer: await this.#ask(fqdn, signal),
      })),
    );
    return {
      applications,
      applicationCount: catalogue.applications.length,
      problems: catalogue.problems.map(describeProblem),
      ledger: await looking,
    };
  }

  async #ask(fqdn: string, signal?: AbortSignal): Promise<ObservedAnswer> {
    try {
      return readAnswer(
        await this.#dns.query(this.#layout.recursor, `${fqdn}.`, "A", signal),
        this.#layout,
      );
    } catch {
      // What a client sees then is no answer; the processes' states say why.
      return { rcode: "no answer", addresses: [], clusters: [], ttlSeconds: undefined };
    }
  }
}

/** An answer with the regions that its addresses lead to. */
export function readAnswer(answer: DnsAnswer, layout: SandboxLayout): ObservedAnswer {
  const records = answer.records.filter((record) => record.type === "A");
  const addresses = records.map((record) => record.data).sort();
  const clusters = layout.regions
    .filter((region) => addresses.includes(region.loadBalancer.ipv4))
    .map((region) => region.cluster);
  return { rcode: answer.rcode, addresses, clusters, ttlSeconds: records[0]?.ttlSeconds };
}
