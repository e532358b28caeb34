#!/usr/bin/env node
// Entry of `npx sovereign` in a checkout: builds once when nothing is built yet, then runs the real program.
import { existsSync } from "node:fs";

const built = new URL("../dist/program/sovereign.js", import.meta.url);
if (!existsSync(built)) {
  const { prepare } = await import("../scripts/bootstrap.mjs");
  await prepare();
}
await import(built.href);
