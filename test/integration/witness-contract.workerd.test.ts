/** Both hosts of the witness, over HTTP, keep the contract that every witness keeps. */
import type { HttpWitness } from "../../src/adapters/witness/http-witness.ts";
import { contractHolders, contractSlots, witnessContract } from "../contract/witness.ts";
import {
  clientOf,
  credentialOf,
  hostKinds,
  killAndRestart,
  startAny,
  witnessFolder,
} from "./witness-hosts.ts";

for (const kind of hostKinds) {
  witnessContract(`the witness under ${kind}`, async () => {
    const credentials = contractHolders.map((name) =>
      credentialOf(name, { slots: [contractSlots] }),
    );
    const folder = await witnessFolder(credentials);
    let host = await startAny(kind, folder.config);
    const { url } = host;
    const open: HttpWitness[] = [];
    const connect = (at: string, credential = credentials[0]): HttpWitness => {
      const client = clientOf(at, credential ?? credentialOf("h0"));
      open.push(client);
      return client;
    };
    return {
      connect: (holder) =>
        connect(
          url,
          credentials.find((one) => one.holder === holder),
        ),
      expiry: "own",
      ...(host.stepClock === undefined
        ? {}
        : { stepClock: async (byMs: number) => host.stepClock?.(byMs) }),
      unreachable: connect("http://127.0.0.1:1"),
      unauthorized: connect(url, credentialOf("h0", { id: "unknown" })),
      operations: Number(process.env["SOVEREIGN_WITNESS_OPERATIONS"] ?? 500),
      crash: async () => {
        host = await killAndRestart(kind, host, folder);
      },
      stop: async () => {
        for (const client of open) client.close();
        await host.stop();
        await folder.remove();
      },
    };
  });
}
