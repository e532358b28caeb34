/**
 * The console as Vite built it (`dist/console`), served by the control process: read once, answered from memory, and with a
 * content security policy under which nothing but its own files is ever loaded.
 */
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { type Context, Hono } from "hono";
import { Failure } from "../core/kernel/failure.ts";

/** Of the checkout as of what is installed: `dist` mirrors `src`. */
const builtFolder = fileURLToPath(new URL("../../dist/console", import.meta.url));

const page = "page.html";

const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  woff2: "font/woff2",
};

/** Where the page shows which screen is the page's own to say. */
const screens = ["/", "/drills", "/drills/:id"];

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const secured: Readonly<Record<string, string>> = {
  "content-security-policy": policy,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
};

export type ConsoleFiles = ReadonlyMap<
  string,
  { readonly body: Uint8Array; readonly type: string }
>;

/** All built files by their path below `/`; none when nothing was built. */
export async function readConsoleFiles(folder: string = builtFolder): Promise<ConsoleFiles> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (thrown: unknown) => {
      if (Failure.from(thrown, folder).code === "Unexpected" && !isMissing(thrown)) throw thrown;
      return [];
    },
  );
  const files = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        const type = types[entry.name.split(".").at(-1) ?? ""];
        const body = new Uint8Array(await readFile(path));
        const name = relative(folder, path).split(sep).join("/");
        return type === undefined ? [] : [[name, { body, type }] as const];
      }),
  );
  return new Map(files.flat());
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";
}

/** `GET /` and the other screens, which are the same page, and the files that it names. */
export function makeConsoleApp(files: ConsoleFiles): Hono {
  const app = new Hono();
  const answer = (context: Context, name: string): Response | undefined => {
    const file = files.get(name);
    if (file === undefined) return undefined;
    // Names of assets hold their contents' hash; the page and the theme do not.
    const isHashed = name.startsWith("assets/");
    const cache = isHashed ? "public, max-age=31536000, immutable" : "no-cache";
    const headers = { ...secured, "content-type": file.type, "cache-control": cache };
    return context.body(new Uint8Array(file.body), 200, headers);
  };
  for (const screen of screens)
    app.get(screen, (context) => answer(context, page) ?? notBuilt(context));
  app.get("/theme.js", (context) => answer(context, "theme.js") ?? context.notFound());
  app.get("/icon.svg", (context) => answer(context, "icon.svg") ?? context.notFound());
  app.get("/assets/:name", (context) => {
    const name = `assets/${context.req.param("name")}`;
    return answer(context, name) ?? context.notFound();
  });
  return app;
}

function notBuilt(context: Context): Response {
  const text =
    "The console is not built. Run `npm run build`; /v1/topology and /v1/drills have the same facts.\n";
  return context.text(text, 503, secured);
}
