/** The closed list of programs that the sandbox and the tests need, and where each is found on this machine. */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { Failure } from "../core/kernel/failure.ts";
import { runProgram } from "./run-program.ts";

/** `up` is needed to run a sandbox, `test` for the tests beside it. */
export type Purpose = "up" | "test";

export type Program = {
  readonly name: string;
  readonly purpose: Purpose;
  /** Environment variable that points at it, when it is somewhere else. */
  readonly variable: string;
  /** Commands looked for in PATH, or absolute paths of a file, in order. */
  readonly candidates: readonly string[];
  /** Debian's package; after a blank, those that come with it and bring services, which are kept from running. */
  readonly package: string;
  readonly why: string;
  /** A sandbox runs without it; tests do not. */
  readonly optional?: true;
  /** Arguments that print its version; a file has none. */
  readonly versionArgs?: readonly string[];
};

export const programs = [
  {
    name: "pdns_server",
    purpose: "up",
    variable: "SOVEREIGN_PDNS_SERVER",
    candidates: ["pdns_server"],
    package: "pdns-server",
    why: "the name server of each region",
    versionArgs: ["--version"],
  },
  {
    name: "pdns sqlite3 schema",
    purpose: "up",
    variable: "SOVEREIGN_PDNS_SCHEMA",
    candidates: [
      "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql",
      "/usr/share/doc/pdns-backend-sqlite3/schema.sqlite3.sql",
    ],
    package: "pdns-backend-sqlite3",
    why: "the database of each name server",
  },
  {
    name: "pdns geoip backend",
    purpose: "up",
    variable: "SOVEREIGN_PDNS_GEOIP",
    candidates: [
      "/usr/lib/x86_64-linux-gnu/pdns/libgeoipbackend.so",
      "/usr/lib/aarch64-linux-gnu/pdns/libgeoipbackend.so",
      "/usr/lib/pdns/libgeoipbackend.so",
      "/usr/lib64/pdns/libgeoipbackend.so",
    ],
    package: "pdns-backend-geoip",
    why: "tells name servers where a client is",
  },
  {
    name: "pdns_recursor",
    purpose: "up",
    variable: "SOVEREIGN_PDNS_RECURSOR",
    candidates: ["pdns_recursor"],
    package: "pdns-recursor",
    why: "the resolver that clients ask",
    versionArgs: ["--version"],
  },
  {
    name: "sqlite3",
    purpose: "up",
    variable: "SOVEREIGN_SQLITE3",
    candidates: ["sqlite3"],
    package: "sqlite3",
    why: "makes the name servers' databases",
    versionArgs: ["--version"],
  },
  {
    name: "git",
    purpose: "up",
    variable: "SOVEREIGN_GIT",
    candidates: ["git"],
    package: "git",
    why: "keeps the Sovereign's documents",
    versionArgs: ["--version"],
  },
  {
    name: "setpriv",
    purpose: "up",
    variable: "SOVEREIGN_SETPRIV",
    candidates: ["setpriv"],
    package: "util-linux",
    why: "lets no process outlive the sandbox",
    versionArgs: ["--version"],
  },
  {
    name: "ip",
    purpose: "up",
    optional: true,
    variable: "SOVEREIGN_IP",
    candidates: ["ip"],
    package: "iproute2",
    why: "joins and cuts network namespaces, when the sandbox runs on those",
    versionArgs: ["-V"],
  },
  {
    name: "nsenter",
    purpose: "up",
    optional: true,
    variable: "SOVEREIGN_NSENTER",
    candidates: ["nsenter"],
    package: "util-linux",
    why: "starts a process in a network namespace",
    versionArgs: ["--version"],
  },
  {
    name: "unshare",
    purpose: "up",
    optional: true,
    variable: "SOVEREIGN_UNSHARE",
    candidates: ["unshare"],
    package: "util-linux",
    why: "makes a network namespace",
    versionArgs: ["--version"],
  },
  {
    name: "postgres",
    purpose: "up",
    variable: "SOVEREIGN_POSTGRES",
    candidates: [18, 17, 16, 15, 14, 13].map(
      (version): string => `/usr/lib/postgresql/${version}/bin/postgres`,
    ),
    package: "postgresql postgresql-common",
    why: "the database of each region; initdb, pg_rewind and pg_basebackup are looked for beside it",
    versionArgs: ["--version"],
  },
  {
    name: "ssh-keygen",
    purpose: "up",
    variable: "SOVEREIGN_SSH_KEYGEN",
    candidates: ["ssh-keygen"],
    package: "openssh-client",
    why: "makes the key of a person, and checks what people sign",
  },
  {
    name: "dig",
    purpose: "up",
    optional: true,
    variable: "SOVEREIGN_DIG",
    candidates: ["dig"],
    package: "bind9-dnsutils",
    why: "asks name servers by hand, and in tests",
    versionArgs: ["-v"],
  },
  {
    name: "libfaketime",
    purpose: "up",
    optional: true,
    variable: "SOVEREIGN_LIBFAKETIME",
    candidates: ["x86_64-linux-gnu/", "aarch64-linux-gnu/", ""].map(
      (folder): string => `/usr/lib/${folder}faketime/libfaketimeMT.so.1`,
    ),
    package: "libfaketime",
    why: "steps the wall clock of one process, in drills",
  },
  {
    name: "dnsdist",
    purpose: "test",
    variable: "SOVEREIGN_DNSDIST",
    candidates: ["dnsdist"],
    package: "dnsdist",
    why: "stands in front of name servers in tests",
    versionArgs: ["--version"],
  },
  {
    name: "openssl",
    purpose: "up",
    variable: "SOVEREIGN_OPENSSL",
    candidates: ["openssl"],
    package: "openssl",
    why: "certificates by which agents know each other",
    versionArgs: ["version"],
  },
  {
    name: "chromium",
    purpose: "test",
    variable: "SOVEREIGN_CHROMIUM",
    candidates: ["chromium", "chromium-browser", "google-chrome"],
    package: "chromium",
    why: "looks at pages in tests",
    versionArgs: ["--version"],
  },
  {
    name: "etcd",
    purpose: "test",
    variable: "SOVEREIGN_ETCD",
    candidates: ["etcd"],
    package: "etcd-server",
    why: "one of the stores that a witness can be made of",
    versionArgs: ["--version"],
  },
  {
    name: "valkey-server",
    purpose: "test",
    variable: "SOVEREIGN_VALKEY_SERVER",
    // Where a distribution has no Valkey yet, the server that it was made from speaks the same protocol.
    candidates: ["valkey-server", "redis-server"],
    package: "redis-server",
    why: "the second kind of data service, which may lose",
    versionArgs: ["--version"],
  },
] as const satisfies readonly Program[];

export type ProgramName = (typeof programs)[number]["name"];

export type FoundProgram = {
  readonly program: Program;
  /** Undefined: missing. */
  readonly path: string | undefined;
  /** It is where the environment variable points. */
  readonly pointed: boolean;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** All programs that `purpose` needs; tests need those of `up` as well. */
export function neededPrograms(purpose: Purpose): readonly Program[] {
  return programs.filter((program) => purpose === "test" || program.purpose === "up");
}

/** Where a program is: the place its variable names and no other, else PATH and the folders of servers. */
export function findProgram(program: Program, env: Environment): FoundProgram {
  const pointed = program.variable === "" ? undefined : env[program.variable];
  if (pointed !== undefined && pointed !== "") {
    return { program, path: usable(program, pointed) ? pointed : undefined, pointed: true };
  }
  const folders = [
    ...(env["PATH"] ?? "").split(delimiter),
    "/usr/sbin",
    "/sbin",
    "/usr/local/sbin",
  ];
  const paths = program.candidates.flatMap((candidate) =>
    isAbsolute(candidate)
      ? [candidate]
      : folders.filter((folder) => isAbsolute(folder)).map((folder) => join(folder, candidate)),
  );
  return { program, path: paths.find((path) => usable(program, path)), pointed: false };
}

/** The path of one program; fails with ProgramMissing. */
export function requireProgram(name: ProgramName, env: Environment): string {
  const found = programs
    .filter((program) => program.name === name)
    .map((program) => findProgram(program, env));
  const path = found[0]?.path;
  if (path === undefined) throw programsMissing(found);
  return path;
}

/** Whether a command that is not ours to need is there, so that we may suggest it. */
export function findCommand(name: string, env: Environment): boolean {
  const program: Program = {
    name,
    purpose: "up",
    variable: "",
    candidates: [name],
    package: name,
    why: "",
    versionArgs: [],
  };
  return findProgram(program, env).path !== undefined;
}

function usable(program: Program, path: string): boolean {
  try {
    accessSync(path, program.versionArgs === undefined ? constants.R_OK : constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false; // Not there, or not ours to use.
  }
}

/** Paths by name; fails with ProgramMissing, naming each missing program, its package and its variable. */
export function requirePrograms(purpose: Purpose, env: Environment): (name: ProgramName) => string {
  const found = neededPrograms(purpose).map((program) => findProgram(program, env));
  const missing = missingOf(found, purpose);
  if (missing.length > 0) throw programsMissing(missing);
  return (name) => found.find((entry) => entry.program.name === name)?.path ?? name;
}

/** Those that `purpose` can not do without and that are not there. */
export function missingOf(
  found: readonly FoundProgram[],
  purpose: Purpose,
): readonly FoundProgram[] {
  return found.filter(
    ({ path, program }) => path === undefined && !(program.optional === true && purpose === "up"),
  );
}

/** What is missing and how to get it, as one Failure. */
export function programsMissing(missing: readonly FoundProgram[]): Failure {
  const each = missing.map(({ program, pointed }) =>
    pointed
      ? `  ${program.name}: ${program.variable} points at something that can not be used`
      : `  ${program.name} (${program.why}): package ${program.package}, or point ${program.variable} at it`,
  );
  const packages = [...new Set(missing.filter((m) => !m.pointed).map((m) => m.program.package))];
  return new Failure(
    "ProgramMissing",
    `${missing.length === 1 ? "A program is" : `${missing.length} programs are`} missing:\n${each.join("\n")}\n`,
    {
      remedy:
        packages.length === 0
          ? "Correct the variable, or unset it."
          : `Debian and Ubuntu, as root: apt-get install -y --no-install-recommends ${packages.join(" ")}`,
    },
  );
}

/** The first line of its version, or undefined when it prints none. */
export async function programVersion({ program, path }: FoundProgram): Promise<string | undefined> {
  if (path === undefined || program.versionArgs === undefined) return undefined;
  try {
    const { output, errors } = await runProgram(path, program.versionArgs, { timeoutMs: 20_000 });
    return /[0-9]+\.[0-9]+[0-9A-Za-z.+~-]*/.exec(`${output}\n${errors}`)?.[0];
  } catch {
    return undefined; // It is there, which is what counts; its version is only shown.
  }
}
