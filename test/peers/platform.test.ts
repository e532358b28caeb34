/** A real kube-apiserver gives the suite of a platform's objects the results that the sandbox's gives. */
import { platformContract } from "../contract/platform.ts";
import { preparePlatform } from "../contract/platform-crds.ts";
import { startKubeApiserver } from "./kube-apiserver.ts";
import { findPrograms } from "./programs.ts";

platformContract(
  "a real kube-apiserver",
  async () => {
    const tell = (line: string): void => void process.stderr.write(`${line}\n`);
    return startKubeApiserver(await findPrograms(process.env, tell));
  },
  preparePlatform,
);
