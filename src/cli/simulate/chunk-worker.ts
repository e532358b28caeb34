/** A thread that runs chunks of a swarm as they are sent to it. */
import { parentPort } from "node:worker_threads";
import { type Chunk, runChunk } from "../../sim/failover-swarm.ts";

parentPort?.on("message", (chunk: Chunk) => {
  // Not awaited: the answer is a message; a bug ends the thread, which the parent sees.
  void runChunk(chunk).then((result) => parentPort?.postMessage(result));
});
