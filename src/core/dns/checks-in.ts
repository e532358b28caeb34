/** The health checks that LUA records make, read from their code: one for each address and URL (facts of PowerDNS §3). */
import { checkOptions, sentinels } from "./idioms.ts";
import { joinedContent } from "./lua.ts";

const sentinelTexts: ReadonlySet<string> = new Set(Object.values(sentinels));

export type Check = {
  readonly address: string;
  /** The URL, or `tcp:{port}`. */
  readonly url: string;
  /** An address that never answers: it is checked as well, and its health is known at once. */
  readonly isSentinel: boolean;
};

/** The checks of a record's content by their key; none when it checks nothing, or not as code of ours does. */
export function checksIn(content: string): ReadonlyMap<string, Check> {
  const code = joinedContent(content);
  const url = urlIn(code);
  const checks = new Map<string, Check>();
  if (url === undefined || !code.includes(checkOptions)) return checks;
  for (const [, literal = ""] of code.matchAll(/'([0-9a-f.:]+)'/g)) {
    // Of the other literals, continents are letters only.
    if (!/[.:]/.test(literal)) continue;
    const isSentinel = sentinelTexts.has(literal);
    checks.set(`${literal} ${url}`, { address: literal, url, isSentinel });
  }
  return checks;
}

function urlIn(code: string): string | undefined {
  const [, literals] = /ifurlup\(((?:'[^']*'(?:\.\. )?)+),/.exec(code) ?? [];
  if (literals !== undefined) return literals.replace(/'\.\. '/g, "").slice(1, -1);
  const [, port] = /ifportup\((\d+),/.exec(code) ?? [];
  return port === undefined ? undefined : `tcp:${port}`;
}
