/**
 * Builds the console into `dist/console`, from which the control process serves it. Nothing is inlined and nothing is loaded
 * from elsewhere, so that the strictest content security policy holds (ADR 38).
 */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const root = fileURLToPath(new URL("src/console", import.meta.url));

export default defineConfig({
  root,
  logLevel: "warn",
  build: {
    target: "es2022",
    outDir: fileURLToPath(new URL("dist/console", import.meta.url)),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: `${root}/page.html` },
  },
});
