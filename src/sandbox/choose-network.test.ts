import { expect, test } from "vitest";
import { chooseNetwork, missingRights } from "./choose-network.ts";

test.each<[string, readonly string[]]>([
  ["CapEff:\t000001ffffffffff\n", []],
  ["CapEff:\t0000000000000000\n", ["CAP_NET_ADMIN", "CAP_SYS_ADMIN"]],
  // Docker's own set.
  ["CapEff:\t00000000a80425fb\n", ["CAP_NET_ADMIN", "CAP_SYS_ADMIN"]],
  ["CapEff:\t0000000000001000\n", ["CAP_SYS_ADMIN"]],
  ["", ["CAP_NET_ADMIN", "CAP_SYS_ADMIN"]],
])("rights in %j: missing are %j", (status, missing) => {
  expect(missingRights(status)).toEqual(missing);
});

test("proxies need nothing", async () => {
  expect(await chooseNetwork("proxy", { SOVEREIGN_UNSHARE: "/nowhere" })).toEqual({
    network: "proxy",
  });
});

test("where namespaces can not be had, who wants them is refused with the remedy, and auto takes proxies", async () => {
  const env = { SOVEREIGN_UNSHARE: "/nowhere" };
  expect(await chooseNetwork("auto", env)).toEqual({
    network: "proxy",
    because: expect.stringMatching(/is missing|CAP_/),
  });
  await expect(chooseNetwork("namespaces", env)).rejects.toMatchObject({
    code: expect.stringMatching(/^(ConfigInvalid|ProgramMissing)$/),
  });
});
