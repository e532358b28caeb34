/** How an API server is reached and what is shown at its door, before any file that this names is read. */

/** Text that stands in the configuration, or in a file that somebody may replace at any time. */
export type Kept =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "file"; readonly path: string };

export type ApiAccess = {
  /** `{user} at {host}`, for messages. */
  readonly id: string;
  /** `https://` (`http://` on loopback only), host, port and path, without a slash at the end. */
  readonly server: string;
  /** Where objects are when nothing else is said. */
  readonly namespace: string;
  /** PEM of the authorities to trust; null: those that Node trusts. */
  readonly ca: Kept | null;
  /** Name that the server's certificate has to have in place of its host. */
  readonly serverName: string | null;
  readonly token: Kept | null;
  readonly certificate: { readonly certificate: Kept; readonly key: Kept } | null;
};
