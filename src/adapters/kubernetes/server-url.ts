/** The URL of an API server, held against what a credential may be sent to. */
import { Failure } from "../../core/kernel/failure.ts";
import { isLoopback } from "../loopback.ts";

/** The URL without a slash at its end. Fails with ConfigInvalid: without TLS, whoever is on the way has the credential. */
export function serverUrl(
  text: string,
  place: { readonly where: string; readonly field: string },
): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isSafe =
    url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url.hostname));
  if (url === undefined || !isSafe) {
    const message = "the server's URL is not https:// (http:// is for loopback alone)";
    throw new Failure("ConfigInvalid", message, place);
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    const message = "the server's URL holds more than a host, a port and a path";
    throw new Failure("ConfigInvalid", message, place);
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}
