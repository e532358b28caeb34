import { expect, test } from "vitest";
import { httpsResolver } from "./ask-over-https.ts";

test.each(["http://192.0.2.1/dns-query", "https://user:word@192.0.2.1/dns-query", "192.0.2.1", ""])(
  '"%s" is no address of a resolver over HTTPS',
  (url) => {
    expect(() => httpsResolver(url)).toThrow(
      "a resolver's URL is not https:// without credentials",
    );
  },
);
