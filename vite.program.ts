/**
 * Bundles the programs into `dist/program` (ADR 43), packages from npm and all: hundreds of small files cost more to find and link than to
 * run. Not minified, and with source maps: `node --enable-source-maps` shows lines of the sources.
 *
 * What is bundled stands as deep below the checkout as `src/daemon` does, so that `../../` in `import.meta.url` leads to the same place.
 */
import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { programs } from "./src/daemon/program-file.ts";

const source = (path: string): string => fileURLToPath(new URL(`src/${path}`, import.meta.url));

const outDir = "dist/program";
const oldMs = 3_600_000;

/** What no build of the last hour has written. */
function forgetOldParts(): void {
  for (const name of readdirSync(outDir)) {
    const file = join(outDir, name);
    if (Date.now() - statSync(file).mtimeMs > oldMs) rmSync(file, { force: true });
  }
}

export default defineConfig({
  logLevel: "warn",
  publicDir: false,
  plugins: [{ name: "forget-old-parts", closeBundle: forgetOldParts }],
  ssr: { noExternal: true, target: "node" },
  build: {
    ssr: true,
    target: "node20",
    minify: false,
    sourcemap: true,
    // A process that runs may still load parts of the build before.
    emptyOutDir: false,
    outDir,
    rolldownOptions: {
      input: Object.fromEntries(
        Object.entries(programs).map(([name, path]) => [name, source(path)]),
      ),
      // They are asked for and done without where they are not.
      external: ["pg-native", "ws"],
      output: { chunkFileNames: "[name]-[hash].js" },
    },
  },
});
