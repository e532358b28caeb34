import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SandboxServer } from "./sandbox-server.ts";

test("a server that obeys no signal is ended by force, so that whoever stops it does not wait for ever", async () => {
  const before = process.env["SOVEREIGN_POSTGRES"];
  const folder = mkdtempSync(join(tmpdir(), "sovereign-cnpg-server-"));
  try {
    chmodSync(folder, 0o711);
    const program = join(folder, "postgres");
    // Its data folder is where it says that it is deaf by now.
    const deaf = `#!/bin/sh\ntrap '' INT QUIT\n: > "$2/deaf"\nwhile :; do sleep 0.1; done\n`;
    writeFileSync(program, deaf, { mode: 0o755 });
    process.env["SOVEREIGN_POSTGRES"] = program;
    const server = new SandboxServer(join(folder, "server"), "127.0.0.1");
    mkdirSync(server.data);
    chmodSync(server.data, 0o777);
    chmodSync(server.folder, 0o711);
    await server.start();
    await expect.poll(() => existsSync(join(server.data, "deaf")), { timeout: 60_000 }).toBe(true);
    await server.stop(0, 200);
    expect(server.isRunning).toBe(false);
  } finally {
    if (before === undefined) delete process.env["SOVEREIGN_POSTGRES"];
    else process.env["SOVEREIGN_POSTGRES"] = before;
    rmSync(folder, { recursive: true, force: true });
  }
});
