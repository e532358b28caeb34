/** What a test needs for itself and what is gone when it has ended: a folder, and an HTTP server on a free port of loopback. */
import { mkdtemp, rm } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** An empty folder. */
export async function ownFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "sovereign-test-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** Lets the server listen, and gives its port. */
export async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve)); // Of one that is closed already it says so.
  });
  return (server.address() as AddressInfo).port; // A listening TCP server has one.
}
