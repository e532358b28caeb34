/** The fake source of the simulator passes the suite that the real ones pass. */
import { parseYaml } from "../../src/adapters/sources/yaml.ts";
import { memorySource } from "../../src/sim/memory-source.ts";
import { sourceContract } from "./source.ts";

sourceContract("memory", async () => {
  const source = memorySource();
  return {
    source,
    async publish(files) {
      const paths = Object.keys(files).sort();
      const parsed = paths.map((path) => parseYaml(path, files[path] ?? ""));
      source.publish(
        parsed.flatMap(({ documents }) => documents),
        parsed.flatMap(({ problems }) => problems),
      );
    },
    async goAway() {
      source.goAway();
    },
    async comeBack() {
      source.comeBack();
    },
    async close() {},
  };
});
