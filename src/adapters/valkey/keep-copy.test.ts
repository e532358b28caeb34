import { expect, test } from "vitest";
import { makeAbort } from "../../control/abort.ts";
import { systemClock } from "../clock.ts";
import { keepCopy } from "./keep-copy.ts";
import { valkeyContext } from "./valkey-context.ts";
import type { ValkeyAddress } from "./valkey-options.ts";

const nobody: ValkeyAddress = {
  host: "127.0.0.1",
  port: 1,
  user: "default",
  readPassword: () => Promise.reject(new Error("nothing is to be asked")),
  tls: "off",
};

test("a copy that is not wanted any more is not begun", async () => {
  const context = valkeyContext({
    name: "sessions",
    region: "here",
    peerRegion: "there",
    dataFolder: "/nowhere/data",
    configFile: "none",
    program: "none",
    local: nobody,
    peer: nobody,
    holdsTenure: () => Promise.resolve(false),
    hasTenure: () => Promise.resolve(false),
    clock: systemClock,
  });
  const abort = makeAbort();
  abort.abort();
  await expect(keepCopy(context, "copy", abort.signal)).rejects.toMatchObject({
    code: "Cancelled",
  });
});
