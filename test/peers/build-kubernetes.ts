/**
 * Builds a program of Kubernetes from its Go module with the ordinary `go` client. Kubernetes replaces its libraries
 * by folders beside it, which a module cache does not have: the same version of each published library stands in.
 */
import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

export const kubernetesVersion = "v1.34.4";

const buildLimitMs = 60 * 60_000;
/** Without a work file that may lie around the cache folder, and without a C compiler. */
const goEnvironment = { ...process.env, GOWORK: "off", CGO_ENABLED: "0" };

type Build = {
  readonly name: "kube-apiserver" | "kubectl";
  /** Where the program is put; it is there only when it is complete. */
  readonly folder: string;
  readonly go: string | undefined;
  readonly tell: (line: string) => void;
};

/** Path of the program that was built. Throws an Error when there is no `go`, or when it fails. */
export async function buildKubernetes({ name, folder, go, tell }: Build): Promise<string> {
  if (go === undefined) {
    const variable = `SOVEREIGN_${name.toUpperCase().replace("-", "_")}`;
    throw new Error(
      `${name} is not on the PATH, and there is no go to build it. Install either, or name ${name} in ${variable}.`,
    );
  }
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, ".build-"));
  const clean = (): void => rmSync(work, { recursive: true, force: true });
  process.once("exit", clean);
  try {
    tell(`building ${name} ${kubernetesVersion} into ${folder}: about ten minutes, once …`);
    writeFileSync(join(work, "go.mod"), await goMod(go, work));
    const main = `k8s.io/kubernetes/cmd/${name}`;
    const built = join(work, name);
    const flags = ["-mod=mod", "-buildvcs=false", "-ldflags", linkerFlags];
    await run(go, ["build", ...flags, "-o", built, main], work);
    const path = join(folder, name);
    renameSync(built, path);
    tell(`built ${path}`);
    return path;
  } finally {
    process.removeListener("exit", clean);
    clean();
  }
}

/** Our go.mod: Kubernetes itself, and each library that it takes from its own tree in the published version. */
async function goMod(go: string, work: string): Promise<string> {
  const wanted = `k8s.io/kubernetes@${kubernetesVersion}`;
  const { stdout } = await promisify(execFile)(go, ["mod", "download", "-json", wanted], {
    cwd: work,
    env: goEnvironment,
    timeout: buildLimitMs,
  });
  const { GoMod } = JSON.parse(stdout) as { readonly GoMod: string }; // As `go help mod download` says.
  const theirs = readFileSync(GoMod, "utf8");
  const [, language = "1.24.0"] = /^go (\S+)$/m.exec(theirs) ?? [];
  const libraryVersion = kubernetesVersion.replace("v1.", "v0.");
  const libraries = [...theirs.matchAll(/^\s+(\S+) => \.\/staging\//gm)].map(([, path]) => path);
  return [
    "module sovereign.peers/kubernetes",
    `go ${language}`,
    `require k8s.io/kubernetes ${kubernetesVersion}`,
    ...libraries.map((path) => `replace ${path} => ${path} ${libraryVersion}`),
    "",
  ].join("\n\n");
}

/** Kubernetes reads its own version from variables that the linker sets; without them it refuses to start. */
const [, major = "", minor = ""] = /^v(\d+)\.(\d+)/.exec(kubernetesVersion) ?? [];
const linkerFlags = [
  "-s -w",
  ...["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((place) =>
    Object.entries({
      gitVersion: kubernetesVersion,
      gitMajor: major,
      gitMinor: minor,
      gitTreeState: "archive",
      gitCommit: "unknown",
    }).map(([variable, value]) => `-X ${place}.${variable}=${value}`),
  ),
].join(" ");

/** Runs a program to its end, its output shown. */
function run(program: string, args: readonly string[], cwd: string): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn(program, args, {
      cwd,
      stdio: ["ignore", "inherit", "inherit"],
      timeout: buildLimitMs,
      env: goEnvironment,
    });
    child.once("error", fail);
    child.once("exit", (code, signal) => {
      if (code === 0) done();
      else fail(new Error(`${program} ${args[0] ?? ""} ended with ${signal ?? code}`));
    });
  });
}
