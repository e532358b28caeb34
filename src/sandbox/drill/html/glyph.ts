/** Small pictures that differ in outline, not only in colour, so that a print without colour loses nothing. */
import { type Markup, raw } from "./markup.ts";

const paths = {
  pass: '<path d="M2 6.4 4.8 9.2 10.2 3" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"/>',
  fail: '<path d="M2.6 2.6l6.8 6.8M9.4 2.6 2.6 9.4" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round"/>',
} as const;

export type Glyph = keyof typeof paths;

/** A glyph of 12 px in the colour of its surroundings; the word beside it carries the meaning. */
export function glyph(name: Glyph): Markup {
  return raw(`<svg class="i12" viewBox="0 0 12 12" aria-hidden="true">${paths[name]}</svg>`);
}

/** The same inside another picture, with its corner at x, y. */
export function glyphAt(name: Glyph, at: { readonly x: number; readonly y: number }): Markup {
  return raw(`<g transform="translate(${at.x.toFixed(1)} ${at.y.toFixed(1)})">${paths[name]}</g>`);
}

export const logo: Markup = raw(
  '<svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true"><rect x="1.5" y="7" width="6" height="11.5" rx="1.5" fill="none" stroke="currentColor" stroke-width="1.8"/><rect x="12.5" y="7" width="6" height="11.5" rx="1.5" fill="none" stroke="currentColor" stroke-width="1.8"/><circle cx="10" cy="3.2" r="2" fill="var(--link)"/></svg>',
);
