/** Commands worth trying on a running sandbox; each works as it stands when pasted into a shell. */
import { ledger } from "../../sandbox/layout.ts";
import { activeRegion } from "../../sandbox/ledger-sight.ts";
import type { SandboxFacts } from "./sandbox-view.ts";

/** Three to seven commands for what is there now: the documents' Applications, the tools of this machine. */
export function tryNext(facts: SandboxFacts): readonly string[] {
  const { layout, observation, status, tools, documents, stateOption } = facts;
  const { address, port } = layout.recursor;
  const applications = observation?.applications ?? [];
  const favourite =
    applications.find(
      ({ name, placement }) => placement === "active-hotstandby" && name !== ledger.application,
    ) ?? applications[0];
  const broken = status.regions.find((region) => region.fault !== undefined);
  const [first] = layout.regions;
  const commands: string[] = [];
  if (favourite !== undefined) {
    const { fqdn, answer } = favourite;
    const [answered] = answer.addresses;
    const { port: webPort = 8080 } = first?.loadBalancer ?? {};
    const ask = `dig @${address} -p ${port} +short ${fqdn}`;
    if (tools.dig) commands.push(ask);
    if (tools.curl && tools.dig) commands.push(`curl -s http://$(${ask} | head -n 1):${webPort}/`);
    else if (tools.curl && answered !== undefined)
      commands.push(`curl -H 'Host: ${fqdn}' http://${answered}:${webPort}/`);
    const writes = applications.some(({ name }) => name === ledger.application);
    if (writes && tools.curl && tools.dig) {
      const writer = ask.replace(
        fqdn,
        `${ledger.application}.${ledger.environment}.${status.domain}`,
      );
      const id = "'{\"id\":\"'$(cat /proc/sys/kernel/random/uuid)'\"}'";
      commands.push(`curl -s -d ${id} http://$(${writer} | head -n 1):${webPort}/entries`);
    }
  }
  if (broken !== undefined)
    commands.push(`npx sovereign sandbox restore ${broken.cluster}${stateOption}`);
  else if (first !== undefined) {
    commands.push(`npx sovereign drill region-kill --region ${first.cluster}${stateOption}`);
    const { cluster } = activeRegion(observation?.ledger ?? []) ?? first;
    commands.push(`npx sovereign sandbox break ${cluster} --fault kill${stateOption}`);
  }
  if (tools.kubectl) commands.push(`kubectl --kubeconfig ${facts.kubeconfig} get configmaps`);
  commands.push(
    `(cd ${documents} && \${EDITOR:-vi} applications/shop.yaml && git commit -a -m edited)`,
  );
  return commands;
}

/** A command in lines of at most `width` columns, which the shell reads as one: none is ever cut. */
export function wrapCommand(command: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  // A line that goes on ends in a blank and a backslash; what is quoted stays in one piece.
  for (const word of command.match(/(?:'[^']*'|[^\s'])+/g) ?? []) {
    if (line !== "" && line.length + 1 + word.length + 2 > width) {
      lines.push(`${line} \\`);
      line = `  ${word}`;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
