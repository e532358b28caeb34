/** What the sandbox's repository declares at its newest commit, as its control processes read it. */
import { join } from "node:path";
import { gitSource } from "../../adapters/sources/git.ts";
import type { Catalogue } from "../../core/resources/catalogue.ts";
import { readCatalogue } from "../../core/resources/read.ts";
import type { SandboxLayout } from "../layout.ts";

/** The catalogue of the branch that the sandbox's programs follow. */
export async function readDeclared(layout: SandboxLayout, signal: AbortSignal): Promise<Catalogue> {
  const cache = join(layout.state, "run", "drill-documents");
  const source = gitSource({ repository: layout.documents, branch: "main", cache });
  const { documents, problems } = await source.read(signal);
  return readCatalogue(documents, problems);
}
