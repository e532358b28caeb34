/** One rule of a CRD: where it stands, and what it says in CEL or by a format that the API server knows. */

type Place = {
  /** Properties from the document's root to what the rule is about; `[]` steps into a list. */
  readonly at: readonly string[];
};

export type CelRule = Place & {
  readonly rule: string;
  readonly message: string;
  /** Where below `at` the mistake is shown. */
  readonly fieldPath?: string;
};

export type FormatRule = Place & { readonly format: "ipv4" | "ipv6" };
