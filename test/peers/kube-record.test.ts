/** The record of an agent at a real kube-apiserver (docs/guides/peers.md). */
import { kubeRecordContract } from "../contract/record-store-kube.ts";
import { startKubeApiserver } from "./kube-apiserver.ts";
import { findPrograms } from "./programs.ts";

kubeRecordContract("a real kube-apiserver", async () => {
  const tell = (line: string): void => void process.stderr.write(`${line}\n`);
  return startKubeApiserver(await findPrograms(process.env, tell));
});
