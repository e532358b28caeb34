/** A real kube-apiserver passes the suite of API servers: ours, or the one that KUBECONFIG_UNDER_TEST names (docs/guides/peers.md). */
import { kubernetesContract } from "../contract/kubernetes.ts";
import { startKubeApiserver } from "./kube-apiserver.ts";
import { findPrograms } from "./programs.ts";

const { KUBECONFIG_UNDER_TEST: kubeconfig, KUBECONFIG_UNDER_TEST_STRANGER: stranger } = process.env;

kubernetesContract("a real kube-apiserver", async () => {
  if (kubeconfig === undefined) {
    const tell = (line: string): void => void process.stderr.write(`${line}\n`);
    return startKubeApiserver(await findPrograms(process.env, tell));
  }
  if (stranger === undefined) {
    throw new Error(
      "KUBECONFIG_UNDER_TEST_STRANGER names the kubeconfig of a user without rights.",
    );
  }
  return { kubeconfig, stranger, stop: () => Promise.resolve() };
});
