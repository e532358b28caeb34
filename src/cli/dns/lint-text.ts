/** Advice on documents and findings on servers, in the terminal and for machines. */
import type { LuaLint } from "../../control/lua-lint.ts";
import { grouped } from "../../core/dns/grouped.ts";
import type { Advice } from "../../core/dns/lint.ts";
import type { JsonObject } from "../../core/kernel/json.ts";
import { printable } from "../../core/resources/document.ts";
import { type Io, paint } from "../io.ts";
import { counted } from "./plan-text.ts";

type Colour = Pick<Io, "colour">;

export type ServerLint = { readonly server: string; readonly lint: LuaLint };

/** Documents that are named for one reason; beyond them their number is enough. */
const shownMax = 5;

/** Advice by reason, each with the documents it is for. */
export function adviceText(advice: readonly Advice[], io: Colour): string {
  if (advice.length === 0) return paint(io, "green", "✓ nothing to advise on the documents");
  const groups = grouped(advice, ({ reason }) => reason);
  const parts = [...groups].map(([reason, all]) => {
    const shown = all.slice(0, shownMax).map(({ document, origin, path, because }) => {
      const place = origin === undefined ? "" : `${origin.file}:${origin.line} `;
      return `  ${printable(`${place}${document} ${path}`)}\n    ${printable(because)}`;
    });
    const more = all.length > shown.length ? [`  … and ${all.length - shown.length} more`] : [];
    const remedies = [...new Set(all.map(({ remedy }) => remedy))].slice(0, 2);
    const head = `${paint(io, "yellow", `! ${reason}`)}  ${paint(io, "dim", remedies.join(" "))}`;
    return [head, ...shown, ...more].join("\n");
  });
  return parts.join("\n");
}

/** What each server can run. */
export function serverLintText(servers: readonly ServerLint[], io: Colour): string {
  return servers
    .flatMap(({ server, lint }) => {
      const { findings, samples } = lint;
      if (findings.length > 0) {
        return findings.map(
          ({ reason, because, remedy }) =>
            `${paint(io, "red", `✗ ${reason}`)}  ${server}  ${printable(because)}\n    ${remedy}`,
        );
      }
      const shapes = `${counted(samples, "shape")} of code`;
      return [`${paint(io, "green", "✓ runs")}  ${server}  ${paint(io, "dim", shapes)}`];
    })
    .join("\n");
}

/** All of it as data. */
export function lintData(advice: readonly Advice[], servers: readonly ServerLint[]): JsonObject {
  return {
    advice: advice.map(({ origin, ...rest }) => ({
      ...rest,
      file: origin?.file ?? null,
      line: origin?.line ?? null,
    })),
    servers: servers.map(({ server, lint }) => ({
      server,
      samples: lint.samples,
      findings: lint.findings.map((finding) => ({ ...finding })),
    })),
  };
}
