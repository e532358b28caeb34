/** The layers of ARCHITECTURE.md: what each may import, from us and from npm, and which globals it is given. */

export type Layer = {
  /** Other layers that it may import; its own it always may. */
  readonly layers: readonly string[];
  /** Packages that it may import, each with the reason; `node:*` stands for Node's own. */
  readonly packages: Readonly<Record<string, string>>;
  /** `types` of its tsconfig.json: the globals beside those of the language. */
  readonly types: readonly string[];
  /** `lib` of its tsconfig.json. */
  readonly lib: readonly string[];
};

const pure = { types: [], lib: ["ES2023"] } as const;
const onNode = { types: ["node"], lib: ["ES2023"] } as const;
const node = { "node:*": "it is a program on a machine" } as const;

export const layers: Readonly<Record<string, Layer>> = {
  core: {
    ...pure,
    layers: [],
    packages: {
      zod: "resources are declared once, as schemas",
      "ipaddr.js": "addresses are parsed and written canonically, never by a pattern",
    },
  },
  control: { ...pure, layers: ["core"], packages: {} },
  sim: { ...pure, layers: ["core", "control"], packages: {} },
  adapters: {
    ...onNode,
    layers: ["core", "control"],
    packages: {
      ...node,
      pino: "structured logs with redaction; adapters/log only",
      "prom-client": "the metrics registry; adapters/metrics only",
      "dns-packet": "the DNS wire format",
      pg: "the PostgreSQL wire protocol; adapters/**/postgres… only",
      "@redis/client": "the wire protocol of Valkey; adapters/**/valkey… only",
      yaml: "documents, with the line of every node",
      zod: "replies of servers are parsed before they are believed",
    },
  },
  worker: {
    // The globals of a Worker are those of the web; its packages are bundled into it.
    types: [],
    lib: ["ES2023", "WebWorker"],
    layers: ["core"],
    packages: {},
  },
  console: {
    // A page in a browser; its packages are bundled into it. It imports types and words, and no schema.
    types: [],
    lib: ["ES2023", "DOM", "DOM.Iterable"],
    layers: ["core"],
    packages: {
      react: "renders the page, with focus and concurrency as people expect them",
      "react-dom": "the same, in a browser",
    },
  },
  daemon: {
    ...onNode,
    layers: ["core", "control", "adapters", "worker"],
    packages: {
      ...node,
      hono: "HTTP routes, the same handler in Node and in tests",
      "@hono/node-server": "serves that handler on a socket",
      zod: "the configuration is parsed at the edge",
      yaml: "the configuration is a YAML file",
    },
  },
  sandbox: {
    ...onNode,
    layers: ["core", "control", "adapters", "daemon"],
    packages: {
      ...node,
      zod: "what comes over the supervisor's socket is parsed",
      yaml: "it writes documents and configuration files",
      hono: "the gateway and the sample application speak HTTP",
      "@hono/node-server": "serves them on a socket",
      "@marcbachmann/cel-js": "rules of CRDs and admission policies; sandbox/kube only",
      "fast-json-patch": "JSON patches of the API server; sandbox/kube only",
    },
  },
  cli: {
    ...onNode,
    layers: ["core", "control", "sim", "adapters", "daemon", "sandbox"],
    packages: {
      ...node,
      commander: "arguments and help",
      yaml: "--output yaml",
      zod: "generates the reference and the CRDs from the schemas",
    },
  },
};

/** What tests may import beside what their layer may: they run on Node and check a layer in the simulated world. */
export const testExtras = {
  layers: ["sim"],
  packages: {
    vitest: "the test runner",
    "fast-check": "generated inputs for all that parses or renders",
    "node:*": "tests run on Node",
    yaml: "examples are YAML",
  },
} as const;

/** Packages that only one file family may import, so that they can be exchanged in one place. */
export const soleImporters: Readonly<Record<string, RegExp>> = {
  "prom-client": /^src\/adapters\/metrics[^/]*\.ts$/,
  pino: /^src\/adapters\/log[^/]*\.ts$/,
  pg: /^src\/adapters\/(?:.*\/)?postgres[^/]*\.ts$/,
  "@redis/client": /^src\/adapters\/(?:.*\/)?valkey[^/]*\.ts$/,
};
