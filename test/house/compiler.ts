/** Asks the compiler what a file would be told if it lay in a layer: with that layer's own `lib` and `types`. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./tree.ts";

/** Of the given statements, those that do not compile in `layer`. One statement a file, in a temporary folder. */
export function refusedStatements(layer: string, statements: readonly string[]): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), "sovereign-layer-"));
  try {
    const names = statements.map((_, index) => `statement-${index}.ts`);
    statements.forEach((text, index) => {
      writeFileSync(join(folder, `statement-${index}.ts`), `${text}\nexport {};\n`);
    });
    const config = {
      extends: join(root, "src", layer, "tsconfig.json"),
      // The packages of the checkout can be seen from here too, so that only the layer's `types` decide.
      compilerOptions: {
        rootDir: ".",
        noEmit: true,
        composite: false,
        typeRoots: [join(root, "node_modules/@types")],
      },
      include: ["*.ts"],
      exclude: [],
      references: [],
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    const compiler = join(root, "node_modules/typescript/bin/tsc");
    const result = spawnSync(
      process.execPath,
      [compiler, "--project", join(folder, "tsconfig.json"), "--pretty", "false"],
      { cwd: folder, encoding: "utf8", timeout: 60_000 },
    );
    if (result.error !== undefined) throw result.error;
    const strange = result.stdout.split("\n").filter((line) => /^error TS/.test(line));
    if (strange.length > 0) throw new Error(`the compiler could not judge: ${strange.join("; ")}`);
    return statements.filter((_, index) => result.stdout.includes(`${names[index]}(`));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
