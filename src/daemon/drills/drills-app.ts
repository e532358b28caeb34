/** `GET /v1/drills`, `/v1/drills/<id>`, and the two files of a genuine report below it; nothing else of any folder. */
import { type Context, Hono } from "hono";
import { codes } from "../../core/kernel/codes.ts";
import { Failure } from "../../core/kernel/failure.ts";
import type { DrillShelf } from "./drill-shelf.ts";
import type { ExaminedDrill } from "./examine-drill.ts";

/** A report has its style inside and loads nothing; no script runs in it, and only the console may show it in a frame. */
const pagePolicy = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
  "sandbox allow-same-origin",
].join("; ");

const secured: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
};

/** The routes below `/v1/drills`. */
export function makeDrillsApp(shelf: DrillShelf): Hono {
  const app = new Hono();
  const refuse = (context: Context, failure: Failure): Response => {
    // Statuses of the table are those of answers with a body.
    const status = codes[failure.code].httpStatus as 404 | 422;
    return context.json({ error: failure.toJson() }, status, secured);
  };
  /** The report that is asked for, and what to answer with it. */
  const withDrill = async (
    context: Context,
    answer: (drill: ExaminedDrill) => Response,
  ): Promise<Response> => {
    const id = context.req.param("id") ?? "";
    const drill = await shelf.one(id);
    return drill === undefined ? refuse(context, noReport(context.req.path)) : answer(drill);
  };
  app.get("/", async (context) => context.json(await shelf.list(), 200, secured));
  app.get("/:id", (context) => withDrill(context, ({ view }) => context.json(view, 200, secured)));
  app.get("/:id/report.json", (context) =>
    withDrill(context, ({ view, files }) => {
      if (files === undefined) return refuse(context, notGenuine(view));
      const headers = { ...secured, "content-type": "application/json" };
      return context.body(new Uint8Array(files.report), 200, headers);
    }),
  );
  app.get("/:id/page.html", (context) =>
    withDrill(context, ({ view, files }) => {
      if (files === undefined) return refuse(context, notGenuine(view));
      const type = { "content-type": "text/html; charset=utf-8" };
      const headers = { ...secured, ...type, "content-security-policy": pagePolicy };
      return context.body(new Uint8Array(files.page), 200, headers);
    }),
  );
  return app;
}

function noReport(where: string): Failure {
  return new Failure("NotFound", "There is no such report.", {
    where,
    remedy: "GET /v1/drills lists what is there.",
  });
}

function notGenuine({ id, evidence }: ExaminedDrill["view"]): Failure {
  const because = evidence.kind === "genuine" ? "" : evidence.because;
  return new Failure("DocumentInvalid", `This is not the report that the drill wrote. ${because}`, {
    where: id,
    remedy: "Look at the files in the folder of the reports, and at the journal of the drills.",
  });
}
