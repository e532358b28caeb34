/** `sovereign dns proxy-config`: the configuration of a declared dnsdist, and what is dangerous in one that is there. */
import { readFile } from "node:fs/promises";
import { Command } from "commander";
import { type Proxied, proxyOf } from "../../core/dns/setup/proxy.ts";
import { proxyConfig } from "../../core/dns/setup/proxy-config.ts";
import { lintProxy, type ProxyFinding } from "../../core/dns/setup/proxy-lint.ts";
import { Failure } from "../../core/kernel/failure.ts";
import { type DnsWorld, openDnsWorld } from "../../daemon/dns/world.ts";
import type { Context, Run } from "../command.ts";
import { configHelp, configOption, controlConfigPath } from "../control-config-path.ts";
import { type Io, paint } from "../io.ts";

type Options = { readonly config?: string; readonly check?: string };

export function dnsProxyConfigCommand(run: Run): Command {
  return new Command("proxy-config")
    .description("Print how a declared dnsdist is configured, or check a configuration of one.")
    .argument("<server>", "name of the server behind it, under spec.dns.proxies")
    .option(configOption, configHelp)
    .option("--check <file>", "say what is dangerous in this dnsdist configuration (Lua) instead")
    .addHelpText(
      "after",
      `
Answers depend on health and on the client: a proxy that keeps them too long, or that hides its clients, makes them
wrong. The printed configuration does neither; it holds no secret. See docs/guides/dnsdist.md.
With --check it ends with 8 when something dangerous is found.

Examples:
  $ npx sovereign dns proxy-config ns1 --config control.yaml
  $ npx sovereign dns proxy-config ns1 --check /etc/dnsdist/dnsdist.conf`,
    )
    .action((server: string, options: Options, command: Command) =>
      run(command, (context) => printOrCheck(context, server, options)),
    );
}

async function printOrCheck(context: Context, server: string, options: Options): Promise<void> {
  const world = await openDnsWorld(controlConfigPath(options.config), context.signal);
  const proxy = declaredProxy(world, server);
  if (options.check !== undefined) return check(context, proxy, options.check);
  if (proxy.kind !== "dnsdist") {
    throw new Failure("NotFound", `the proxy in front of ${server} is declared as no dnsdist`, {
      field: "spec.dns.proxies",
      remedy: "Configure it by what docs/guides/dnsdist.md says about every proxy.",
    });
  }
  const { zone, ttlSeconds } = world.intent.desired;
  const config = proxyConfig({ ...proxy, zone, ttlSeconds });
  const text = `-- dnsdist.conf\n${config.dnsdistConf}\n# pdns.conf of ${server}, beside what is there\n${config.pdnsConf}`;
  context.io.result({ server, client: proxy.client, ...config }, text.trimEnd());
}

function declaredProxy({ intent }: DnsWorld, server: string): Proxied {
  const { sovereign } = intent.catalogue;
  const proxy = sovereign === undefined ? undefined : proxyOf(sovereign, server);
  if (proxy !== undefined) return proxy;
  const names = (sovereign?.spec.dns?.proxies ?? []).map((one) => one.server).join(", ");
  throw new Failure("NotFound", `no proxy in front of ${server} is declared`, {
    remedy: names === "" ? "Declare it under spec.dns.proxies." : `Write one of ${names}.`,
  });
}

async function check({ io }: Context, proxy: Proxied, file: string): Promise<void> {
  const source = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new Failure("NotFound", "the configuration can not be read", { where: file, cause });
  });
  const findings = lintProxy(source).filter(
    // Who declares it knows it: geo and weights are refused then.
    ({ reason }) => reason !== "ClientHidden" || proxy.client !== "hidden",
  );
  io.result(
    { server: proxy.server, findings: findings.map((one) => ({ ...one })) },
    shown(findings, io),
  );
  const [first] = findings;
  if (first === undefined) return;
  const { line, because, remedy } = first;
  throw new Failure("NameServerRefused", because, {
    where: line > 0 ? `${file}:${line}` : file,
    remedy,
  });
}

function shown(findings: readonly ProxyFinding[], io: Pick<Io, "colour">): string {
  if (findings.length === 0) return paint(io, "green", "✓ nothing dangerous was found");
  return findings
    .map(({ reason, line, because, remedy }) => {
      const place = line === 0 ? "" : `  line ${line}`;
      return `${paint(io, "red", `✗ ${reason}`)}${place}  ${because}\n    ${remedy}`;
    })
    .join("\n");
}
