/** One HTTP request of the measuring client: an address, a Host header, a limit for the whole of it. */
import { request } from "node:http";
import type { DnsEndpoint } from "../../control/env.ts";
import type { RequestSample } from "../../core/drill/sample.ts";

export type HttpResult = Pick<RequestSample, "outcome" | "status">;

/** `GET /` of `host` at `target`; 200 is ok, whatever else happened is its own outcome; never rejects. */
export function httpGet(target: DnsEndpoint, host: string, limitMs: number): Promise<HttpResult> {
  return new Promise((resolve) => {
    let late = false;
    const outgoing = request({
      host: target.address,
      port: target.port,
      path: "/",
      headers: { host },
      agent: false,
    });
    const timer = setTimeout(() => {
      late = true;
      outgoing.destroy();
    }, limitMs);
    const settle = (result: HttpResult): void => {
      clearTimeout(timer);
      resolve(result);
    };
    const broken = (): void => settle({ outcome: late ? "timedOut" : "refused" });
    outgoing.on("error", broken);
    outgoing.on("close", broken); // Changes nothing after a whole response.
    outgoing.on("response", (response) => {
      const status = response.statusCode ?? 0;
      response.on("error", broken);
      response.on("end", () => settle({ outcome: status === 200 ? "ok" : "badStatus", status }));
      response.resume();
    });
    outgoing.end();
  });
}
