/** `npm run generate`: writes CRDs, JSON Schemas and references from what the sources declare; says which files changed. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { generatedFiles, generatedFolders } from "./generate/files.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const files = await generatedFiles((path) => readFileSync(join(root, path), "utf8"));
let changed = 0;

for (const { path, contents } of files) {
  const full = join(root, path);
  if (existsSync(full) && readFileSync(full, "utf8") === contents) continue;
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, contents);
  changed += 1;
  process.stdout.write(`wrote ${path}\n`);
}

const wanted = new Set(files.map(({ path }) => path));
for (const folder of generatedFolders) {
  for (const name of readdirSync(join(root, folder))) {
    if (wanted.has(`${folder}/${name}`)) continue;
    rmSync(join(root, folder, name));
    changed += 1;
    process.stdout.write(`removed ${folder}/${name}\n`);
  }
}
process.stdout.write(`${files.length} files, ${changed} changed\n`);
