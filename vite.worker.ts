/**
 * Bundles the witness into one file, `dist/worker/witness.js`: for Cloudflare and for workerd the very same bytes. Not
 * minified: whoever deploys it can read it.
 */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const entry = fileURLToPath(new URL("src/worker/entry.ts", import.meta.url));
const object = fileURLToPath(new URL("src/worker/lease-object.ts", import.meta.url));

/** The platform wants a default export, and the house wants none: it stands here. */
const main = `
import { fetchWitness } from ${JSON.stringify(entry)};
export { LeaseObject } from ${JSON.stringify(object)};
export default { fetch: fetchWitness };
`;

export default defineConfig({
  logLevel: "warn",
  publicDir: false,
  plugins: [
    {
      name: "witness-entry",
      resolveId: (id) => (id.endsWith("witness-entry") ? "\0witness-entry" : undefined),
      load: (id) => (id === "\0witness-entry" ? main : undefined),
    },
  ],
  build: {
    target: "es2022",
    minify: false,
    sourcemap: false,
    emptyOutDir: false,
    outDir: "dist/worker",
    lib: { entry: "witness-entry", formats: ["es"], fileName: () => "witness.js" },
  },
});
