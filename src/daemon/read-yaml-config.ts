/** Reading the configuration of any of our programs: one YAML file, parsed once, every mistake named with its field. */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parseDocument } from "yaml";
import type { z } from "zod";
import { Failure } from "../core/kernel/failure.ts";

export type ReadConfig<T> = {
  readonly raw: T;
  /** The folder from which relative paths of the file count, absolute. */
  readonly folder: string;
};

/** What the file says, by its schema. Fails with ConfigInvalid. */
export async function readYamlConfig<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
): Promise<ReadConfig<z.infer<Schema>>> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    const why = code === "ENOENT" ? "there is no such file" : `it can not be read (${code})`;
    throw new Failure("ConfigInvalid", `the configuration is not there: ${why}`, {
      where: file,
      remedy: "Name a file that exists and that this user may read.",
      cause,
    });
  });
  const document = parseDocument(text, { uniqueKeys: true });
  const [broken] = document.errors;
  if (broken !== undefined) {
    const message = `the configuration is not YAML: ${broken.message.split("\n")[0]}`;
    const remedy = "Correct the line that the message names.";
    throw new Failure("ConfigInvalid", message, { where: file, remedy });
  }
  const parsed = schema.safeParse(document.toJS({ maxAliasCount: 10 }) as unknown);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue?.path.join(".") ?? "";
    const message = `the configuration is wrong: ${issue?.message ?? "unknown"}`;
    const named = field === "" ? "(the whole file)" : field;
    throw new Failure("ConfigInvalid", message, { where: file, field: named });
  }
  return { raw: parsed.data, folder: dirname(resolve(file)) };
}
