/** What an API server may answer other than yes. Each is an ordinary outcome: who asks decides what it means. */

/** A field of an object and what is wrong with it, such as `spec.replicas` and `FieldValueInvalid`. */
export type FieldCause = {
  /** Empty when the server names none. */
  readonly field: string;
  /** The server's CamelCase word; empty when it gives none. */
  readonly reason: string;
  readonly message: string;
};

/** Who else set a field that an apply wants to set. */
export type FieldOwner = { readonly field: string; readonly manager: string };

/** `because` is the server's sentence, without credentials. */
export type Refusal =
  /** There is no such object or namespace; `kind`: the server does not know the kind at all. */
  | { readonly kind: "notFound"; readonly what: "object" | "kind"; readonly because: string }
  | { readonly kind: "alreadyExists"; readonly because: string }
  /**
   * The object is not as was assumed. `version`: its resourceVersion moved on, or a precondition of a deletion does not hold; `patch`: an operation
   * of a JSON patch can not be done, be it a `test` that does not hold or a path that is not there (servers do not say which); `owner`: others own fields of an apply, and `owners` names them; `state`: what it is in forbids it.
   */
  | {
      readonly kind: "conflict";
      readonly about: "version" | "patch" | "owner" | "state";
      readonly owners: readonly FieldOwner[];
      readonly because: string;
    }
  /** The credential has no right to it. */
  | { readonly kind: "forbidden"; readonly because: string }
  /** An admission policy or webhook said no; `by` is its name. */
  | { readonly kind: "denied"; readonly by: string; readonly because: string }
  /** A disruption budget does not allow the eviction now; `retryAfterMs` is null when the server names no time. */
  | { readonly kind: "tooMany"; readonly retryAfterMs: number | null; readonly because: string }
  /** The object is wrong by its schema or rules. */
  | {
      readonly kind: "invalid";
      readonly causes: readonly FieldCause[];
      readonly because: string;
    }
  /** The page or version that was asked for is no longer kept. */
  | { readonly kind: "gone"; readonly because: string };

export type RefusalKind = Refusal["kind"];
