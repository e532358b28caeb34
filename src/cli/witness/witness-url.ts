/** A witness out of `--url`, whose scheme says what it is: ours, an etcd, or a PostgreSQL. */
import type { WitnessSpec } from "../../core/resources/sovereign-witnesses.ts";

/** `https://…` is ours, `postgresql://…/database` a PostgreSQL, `etcd+https://a:2379,b:2379` an etcd. Judged where it is opened. */
export function witnessAtUrl(text: string): WitnessSpec {
  const name = "of --url";
  if (text.startsWith("postgresql://")) return { name, backend: "postgresql", urls: [text] };
  const [, scheme, members] = /^etcd\+(https?):\/\/(.*)$/.exec(text) ?? [];
  if (scheme === undefined || members === undefined)
    return { name, backend: "worker", urls: [text] };
  const urls = members.split(",").map((member) => `${scheme}://${member}`);
  return { name, backend: "etcd", urls };
}
