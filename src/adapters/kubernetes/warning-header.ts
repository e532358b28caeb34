/** The header `Warning` as API servers write it (KEP 1693): `299 - "text"`, several after each other with commas between. */

const warning = /\b299 \S+ "((?:[^"\\]|\\.)*)"/g;
const warningsMax = 100;

/** The texts, in order; what is no warning of an API server is left out. */
export function warningsIn(header: string | undefined): readonly string[] {
  const found = [...(header ?? "").matchAll(warning)].slice(0, warningsMax);
  return found.map(([, text = ""]) => text.replace(/\\(.)/g, "$1"));
}
