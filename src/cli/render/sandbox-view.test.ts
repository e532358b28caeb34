import fc from "fast-check";
import { expect, test } from "vitest";
import { sandboxLayout } from "../../sandbox/layout.ts";
import type { Fault, ProcessState } from "../../sandbox/protocol.ts";
import { clip, span, widthOf } from "./frame.ts";
import { answersLine, regionLook, renderSandbox, type SandboxFacts } from "./sandbox-view.ts";
import { wrapCommand } from "./try-next.ts";

const layout = sandboxLayout("/srv/x/.sovereign");
const names = [
  ...["powerdns", "gateway", "replica-1", "replica-2", "replica-3", "control"],
  ...["api-server", "database", "watchdog", "agent"],
];

function region(cluster: string, fault: Fault | undefined, state: ProcessState) {
  const process = (name: string) => ({ name, state, pid: 7, restarts: 0, log: `${name}.log` });
  return { cluster, fault, processes: names.map(process) };
}

const answer = (clusters: readonly string[], addresses: readonly string[]) => ({
  rcode: addresses.length === 0 ? "NXDOMAIN" : "NOERROR",
  addresses,
  clusters,
  ttlSeconds: addresses.length === 0 ? undefined : 3,
});

const fsn = "hz-fsn-rtz-prod";
const hel = "hz-hel-rtz-prod";
const killed: SandboxFacts = {
  layout,
  time: "12:03:11",
  documents: ".sovereign/documents",
  kubeconfig: ".sovereign/regions/hz-fsn-rtz-prod/kubeconfig",
  stateOption: "",
  tools: { dig: true, curl: true, kubectl: true },
  status: {
    pid: 1,
    startedAtMs: 0,
    base: "127.10",
    domain: "sovereign.test",
    network: "proxy",
    probeIntervalMs: 5_000,
    ttlSeconds: 5,
    ready: true,
    waitingFor: [],
    shared: [],
    regions: [region(fsn, "kill", "down"), region(hel, undefined, "ready")],
  },
  observation: {
    applications: [
      {
        name: "shop",
        fqdn: "shop.acme-prod.sovereign.test",
        placement: "active-hotstandby",
        answer: answer([hel], ["127.10.2.80"]),
      },
      {
        name: "wiki",
        fqdn: "wiki.acme-prod.sovereign.test",
        placement: "single-region",
        answer: answer([], []),
      },
    ],
    applicationCount: 2,
    problems: ["applications/blog.yaml:5 Application/blog $.metadata: found nome, expected name"],
    ledger: [
      {
        ...{ cluster: fsn, role: "silent", epoch: null, leftMs: 0, sync: null, recorded: null },
        ...{ lagMs: null, because: "its agent does not answer" },
      },
      {
        ...{ cluster: hel, role: "active", epoch: 2, leftMs: 9_120, sync: "alone" },
        ...{ recorded: "degraded", lagMs: null, because: "" },
      },
    ],
  },
  changes: [{ time: "12:03:09", text: "shop answers hel (was fsn)" }],
};

test("on a wide terminal the regions stand side by side", () => {
  expect(renderSandbox(killed, { width: 110, colour: false }).join("\n")).toMatchInlineSnapshot(`
    "Sovereign sandbox  sovereign.test  probes every 5s, records live 5s, 12:03:11
    between the regions: fault proxies
    kubeconfig: .sovereign/regions/hz-fsn-rtz-prod/kubeconfig

    ✕ hz-fsn-rtz-prod  hfrp  killed                        ● hz-hel-rtz-prod  hlrp  healthy
      load balancer 127.10.1.80:8080    down                 load balancer 127.10.2.80:8080    ready
      name server   127.10.1.53:5300    down                 name server   127.10.2.53:5300    ready
      replicas      0 of 3 ready        ✕ ✕ ✕                replicas      3 of 3 ready        ● ● ●
      control       127.10.1.10:7100    down                 control       127.10.2.10:7100    ready
      API server    127.10.1.12:6443    down                 API server    127.10.2.12:6443    ready
      PostgreSQL    127.10.1.30:5432    down                 PostgreSQL    127.10.2.30:5432    ready
      agent         127.10.1.11:7200    down                 agent         127.10.2.11:7200    ready

    Applications  what the recursor 127.10.0.53:5300 answers now
      shop.acme-prod.sovereign.test  active-hotstandby hel           127.10.2.80  TTL 3s
      wiki.acme-prod.sovereign.test  single-region     nothing (NXDOMAIN)
      ✕ wrong document: applications/blog.yaml:5 Application/blog $.metadata: found nome, expected name

    Ledger  who may write, by what the agents say
      fsn  silent   its agent does not answer
      hel  active   epoch 2, lease 9.1s left, unfenced by data

    Changes
      12:03:09  shop answers hel (was fsn)

    Try next
      dig @127.10.0.53 -p 5300 +short shop.acme-prod.sovereign.test
      curl -s http://$(dig @127.10.0.53 -p 5300 +short shop.acme-prod.sovereign.test | head -n 1):8080/
      npx sovereign sandbox restore hz-fsn-rtz-prod
      kubectl --kubeconfig .sovereign/regions/hz-fsn-rtz-prod/kubeconfig get configmaps
      (cd .sovereign/documents && \${EDITOR:-vi} applications/shop.yaml && git commit -a -m edited)"
  `);
});

test("on a narrow terminal they stand one above the other, and no command is cut", () => {
  expect(renderSandbox(killed, { width: 60, colour: false }).join("\n")).toMatchInlineSnapshot(`
    "Sovereign sandbox  sovereign.test  probes every 5s, records…
    between the regions: fault proxies
    kubeconfig: .sovereign/regions/hz-fsn-rtz-prod/kubeconfig

    ✕ hz-fsn-rtz-prod  hfrp  killed
      load balancer 127.10.1.80:8080    down
      name server   127.10.1.53:5300    down
      replicas      0 of 3 ready        ✕ ✕ ✕
      control       127.10.1.10:7100    down
      API server    127.10.1.12:6443    down
      PostgreSQL    127.10.1.30:5432    down
      agent         127.10.1.11:7200    down

    ● hz-hel-rtz-prod  hlrp  healthy
      load balancer 127.10.2.80:8080    ready
      name server   127.10.2.53:5300    ready
      replicas      3 of 3 ready        ● ● ●
      control       127.10.2.10:7100    ready
      API server    127.10.2.12:6443    ready
      PostgreSQL    127.10.2.30:5432    ready
      agent         127.10.2.11:7200    ready

    Applications  what the recursor 127.10.0.53:5300 answers now
      shop.acme-prod.sovereign.test  active-hotstandby hel     …
      wiki.acme-prod.sovereign.test  single-region     nothing …
      ✕ wrong document: applications/blog.yaml:5 Application/bl…

    Ledger  who may write, by what the agents say
      fsn  silent   its agent does not answer
      hel  active   epoch 2, lease 9.1s left, unfenced by data

    Changes
      12:03:09  shop answers hel (was fsn)

    Try next
      dig @127.10.0.53 -p 5300 +short \\
        shop.acme-prod.sovereign.test
      curl -s http://$(dig @127.10.0.53 -p 5300 +short \\
        shop.acme-prod.sovereign.test | head -n 1):8080/
      npx sovereign sandbox restore hz-fsn-rtz-prod
      kubectl --kubeconfig \\
        .sovereign/regions/hz-fsn-rtz-prod/kubeconfig get \\
        configmaps
      (cd .sovereign/documents && \${EDITOR:-vi} \\
        applications/shop.yaml && git commit -a -m edited)"
  `);
});

test("before the first look the view says that it is looking", () => {
  const lines = renderSandbox(
    { ...killed, observation: undefined, changes: [] },
    { width: 80, colour: false },
  );
  expect(lines.join("\n")).toContain("looking …");
});

test.each([
  ["kill", "down", "killed"],
  ["hang", "hung", "hung"],
  ["probe-blackhole", "ready", "probes swallowed"],
  [undefined, "ready", "healthy"],
  [undefined, "starting", "starting"],
  [undefined, "restarting", "impaired"],
] as const)("a region with the fault %s and processes %s is %s", (fault, state, word) => {
  expect(regionLook(region(fsn, fault, state)).word).toBe(word);
});

test("a line for logs says who answers each Application", () => {
  expect(killed.observation && answersLine(killed.observation)).toBe(
    "shop hel, wiki nothing (NXDOMAIN)",
  );
});

test("whatever stands in a name, no line is wider than the terminal and none moves the cursor", () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 0, max: 50 }), (text, width) => {
      const line = clip([span(text), span(text, "red")], width);
      expect(widthOf(line)).toBeLessThanOrEqual(width);
      expect(line.map((part) => part.text).join("")).not.toMatch(/\p{Cc}/u);
    }),
  );
});

test("a wrapped command is the same command to a shell", () => {
  const command = "curl -H 'Host: shop.acme-prod.sovereign.test' http://127.10.1.80:8080/";
  const wrapped = wrapCommand(command, 30);
  expect(wrapped.length).toBeGreaterThan(1);
  expect(wrapped.join("\n").replace(/\\\n\s*/g, "")).toBe(command);
});
