import { expect, test } from "vitest";
import { sandboxLayout } from "./layout.ts";
import { machineLink, namespacePlan, namespaces, regionLink } from "./namespace-plan.ts";

const plan = namespacePlan("127.10", (name) => `/files/${name}`);
const machine = plan.filter((step) => step.in === "machine");

test("of the machine only our own link is touched, and no setting but that link's", () => {
  const commands = machine.flatMap((step) => step.commands);
  expect(commands).not.toEqual([]);
  expect(
    commands.filter(
      (command) =>
        !command.includes(` ${machineLink("127.10")} `) &&
        !command.includes(`dev ${machineLink("127.10")}`),
    ),
  ).toEqual([]);
  expect(machine.flatMap((step) => step.settings)).toEqual([
    ["conf/sovereign10/route_localnet", "1"],
  ]);
});

test("the machine's name for its link fits into what the kernel allows, for every base", () => {
  expect(machineLink("127.255").length).toBeLessThanOrEqual(15);
});

test("every namespace is joined to the router before it is given routes", () => {
  for (const name of namespaces.filter((one) => one !== "router")) {
    const joined = plan.findIndex(({ commands }) =>
      commands.some((one) => one.endsWith(`/files/${name}`)),
    );
    expect(joined).toBeGreaterThanOrEqual(0);
    expect(plan.findIndex((step) => step.in === name)).toBeGreaterThan(joined);
  }
});

test("the router looks at no way back, since one direction may be lost", () => {
  const settings = plan.filter((step) => step.in === "router").flatMap((step) => step.settings);
  expect(settings).toContainEqual(["conf/all/rp_filter", "0"]);
});

test("the links' own addresses are no place of the layout", () => {
  const text = JSON.stringify(sandboxLayout("/srv/state", "127.10", "namespaces"));
  expect(text).not.toContain("127.10.255.");
});

test("regions are told apart by their numbers", () => {
  expect([1, 2].map(regionLink)).toEqual(["region1", "region2"]);
});
