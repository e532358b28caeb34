/**
 * The report's style sheet: the tokens of the console (OKLCH, `light-dark()`), without fonts and without scripts.
 * The theme is that of the system until a person chooses another; the choice is a radio button and `:has()`.
 */

const tokens = `
:root {
  color-scheme: light dark;
  --bg: light-dark(oklch(0.972 0.003 258), oklch(0.163 0.008 262));
  --sunken: light-dark(oklch(0.955 0.004 258), oklch(0.142 0.008 262));
  --surface: light-dark(oklch(1 0 0), oklch(0.193 0.009 262));
  --hover: light-dark(oklch(0.962 0.006 258), oklch(0.222 0.011 262));
  --selected: light-dark(oklch(0.945 0.022 252), oklch(0.252 0.034 256));
  --line: light-dark(oklch(0.915 0.005 258), oklch(0.265 0.011 262));
  --line-2: light-dark(oklch(0.845 0.008 258), oklch(0.345 0.014 262));
  --line-3: light-dark(oklch(0.61 0.013 258), oklch(0.555 0.016 262));
  --text: light-dark(oklch(0.235 0.016 262), oklch(0.945 0.005 258));
  --text-2: light-dark(oklch(0.425 0.016 262), oklch(0.77 0.011 258));
  --text-3: light-dark(oklch(0.515 0.015 262), oklch(0.655 0.013 258));
  --act: light-dark(oklch(0.495 0.115 160), oklch(0.785 0.135 163));
  --bad: light-dark(oklch(0.535 0.195 26), oklch(0.715 0.165 25));
  --link: light-dark(oklch(0.515 0.165 256), oklch(0.735 0.125 250));
  --act-bg: color-mix(in oklab, var(--act) 13%, var(--surface));
  --bad-bg: color-mix(in oklab, var(--bad) 13%, var(--surface));
  --mute-bg: light-dark(oklch(0.952 0.005 258), oklch(0.248 0.011 262));
  --flow: light-dark(oklch(0.875 0.025 252), oklch(0.355 0.04 254));
  --flow-2: light-dark(oklch(0.53 0.09 252), oklch(0.66 0.09 252));
  --sans: "Inter", ui-sans-serif, system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif;
  --mono: "JetBrains Mono", ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
:root:has(#theme-light:checked) { color-scheme: light; }
:root:has(#theme-dark:checked) { color-scheme: dark; }
`;

const base = `
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--bg); color: var(--text); font: 400 13px/20px var(--sans); -webkit-font-smoothing: antialiased; text-rendering: optimizeLegibility; }
h1, h2, p, dl, dd, fieldset { margin: 0; padding: 0; border: 0; }
svg { display: block; flex: none; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 3px; }
.i12 { width: 12px; height: 12px; }
.mono, code { font-family: var(--mono); font-size: 12px; letter-spacing: -0.005em; }
.t2 { color: var(--text-2); } .t3 { color: var(--text-3); } .strong { font-weight: 550; }
.c-act { color: var(--act); } .c-bad { color: var(--bad); }
.num { text-align: right; font-variant-numeric: tabular-nums; }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.top { display: flex; align-items: center; gap: 12px; min-height: 44px; padding: 0 20px; background: var(--surface); border-bottom: 1px solid var(--line); }
.brand { display: flex; align-items: center; gap: 10px; font-weight: 600; font-size: 14px; letter-spacing: -0.012em; }
.crumb { display: flex; gap: 6px; color: var(--text-3); min-width: 0; } .crumb b { font-weight: 550; color: var(--text); overflow: hidden; text-overflow: ellipsis; }
.page { max-width: 1252px; margin: 0 auto; padding: 16px 20px 32px; }
.theme { display: inline-flex; margin-left: auto; border: 1px solid var(--line-2); border-radius: 5px; overflow: hidden; height: 28px; background: var(--bg); flex: none; }
.theme label { position: relative; display: inline-flex; align-items: center; padding: 0 10px; font-size: 12px; color: var(--text-2); border-left: 1px solid var(--line-2); cursor: pointer; }
.theme label:first-of-type { border-left: 0; }
.theme input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: pointer; }
.theme label:has(:checked) { background: var(--selected); color: var(--text); font-weight: 550; }
.theme label:has(:focus-visible) { outline: 2px solid var(--link); outline-offset: -2px; border-radius: 5px; }
`;

const parts = `
.ph { margin-bottom: 16px; }
.ph .kind { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 8px; margin-bottom: 2px; }
.ph h1 { font-size: 20px; line-height: 28px; font-weight: 600; letter-spacing: -0.017em; text-wrap: balance; overflow-wrap: anywhere; }
.ph .sub { color: var(--text-2); margin-top: 2px; display: flex; flex-wrap: wrap; gap: 0 16px; }
.badge { display: inline-flex; align-items: center; gap: 5px; height: 20px; padding: 0 7px 0 5px; border-radius: 3px; font-size: 12px; line-height: 20px; font-weight: 500; white-space: nowrap; background: var(--mute-bg); color: var(--text-2); }
.badge.act { background: var(--act-bg); color: var(--act); } .badge.bad { background: var(--bad-bg); color: var(--bad); } .badge.plain { padding: 0 6px; }
.card { background: var(--surface); border: 1px solid var(--line); border-radius: 8px; min-width: 0; margin-bottom: 12px; overflow: hidden; }
.ch { display: flex; flex-wrap: wrap; align-items: center; gap: 0 8px; min-height: 40px; padding: 4px 12px; border-bottom: 1px solid var(--line); }
.ch h2 { font-size: 13px; line-height: 20px; font-weight: 600; letter-spacing: -0.005em; } .ch .note { color: var(--text-3); font-size: 12px; }
.nums { display: grid; grid-template-columns: 1.25fr repeat(5, 1fr); }
.nums > div { padding: 8px 16px 10px; border-right: 1px solid var(--line); min-width: 0; } .nums > div:last-child { border-right: 0; }
.nums dt { font-size: 12px; line-height: 16px; color: var(--text-3); }
.nums .v { font-size: 20px; line-height: 28px; font-weight: 600; letter-spacing: -0.015em; font-variant-numeric: tabular-nums; white-space: nowrap; } .nums > div:first-child .v { font-size: 24px; }
.nums .v small { font-size: 13px; font-weight: 400; color: var(--text-2); letter-spacing: 0; margin-left: 3px; }
.nums .t { font-size: 12px; line-height: 16px; display: flex; gap: 5px; align-items: center; margin-top: 2px; }
.figure { padding: 12px 16px 4px; }
.pic { display: none; width: 100%; height: auto; }
.pic text { font: 12px var(--sans); fill: var(--text-2); font-variant-numeric: tabular-nums; } .pic .s { font-size: 11px; fill: var(--text-3); } .pic .b { fill: var(--text); font-weight: 550; font-size: 13px; } .pic .m { font-family: var(--mono); } .pic .in { fill: var(--text); }
.pic .n, .pic.narrow .b, .pic.narrow .m { paint-order: stroke; stroke: var(--surface); stroke-width: 4px; stroke-linejoin: round; }
.pic .act { fill: var(--act); font-weight: 600; } .pic .bad { fill: var(--bad); font-weight: 600; }
.two { display: grid; grid-template-columns: minmax(0, 1.85fr) minmax(0, 1fr); gap: 0 12px; align-items: start; }
.tbl { width: 100%; border-collapse: separate; border-spacing: 0; }
.tbl th { height: 28px; padding: 0 8px; text-align: left; font-size: 12px; font-weight: 500; color: var(--text-3); border-bottom: 1px solid var(--line); white-space: nowrap; }
.tbl td, .tbl tbody th { padding: 4px 8px; border-bottom: 1px solid var(--line); vertical-align: top; }
.tbl tbody th { color: var(--text); font-size: 13px; font-weight: 400; white-space: normal; height: auto; } .tbl tbody th small { display: block; color: var(--text-3); font-size: 12px; line-height: 16px; } .tbl tbody th small span { display: none; }
.tbl tr:last-child td, .tbl tbody tr:last-child th { border-bottom: 0; }
.tbl th:first-child, .tbl td:first-child { padding-left: 12px; } .tbl th:last-child, .tbl td:last-child { padding-right: 12px; }
.tbl tbody tr:hover > * { background: var(--hover); }
.tbl th.num { text-align: right; } .tbl td.num, .tbl .verdict { white-space: nowrap; } .tbl .verdict span { display: inline-flex; align-items: center; gap: 5px; }
.kv { display: grid; grid-template-columns: minmax(104px, auto) minmax(0, 1fr); gap: 0 12px; padding: 8px 12px; } .kv > * { padding: 2px 0; } .kv dt { color: var(--text-3); } .kv dd { overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.well { display: flex; gap: 8px; margin: 0 12px 12px; padding: 6px 10px; background: var(--sunken); border: 1px solid var(--line); border-radius: 5px; } .well code { overflow-wrap: anywhere; }
details.card > summary { padding: 9px 12px; cursor: pointer; font-weight: 600; } details.card > summary:hover { background: var(--hover); } details.card > summary span { font-weight: 400; color: var(--text-3); font-size: 12px; margin-left: 4px; }
details.card[open] > summary { border-bottom: 1px solid var(--line); }
.scroll { overflow: auto; max-height: 420px; } .scroll .tbl td { padding-top: 2px; padding-bottom: 2px; white-space: nowrap; } .scroll thead th { position: sticky; top: 0; background: var(--surface); }
`;

const sizes = `
@media (min-width: 1140px) { .pic.wide { display: block; } }
@media (min-width: 640px) and (max-width: 1139.98px) { .pic.middle { display: block; } }
@media (max-width: 639.98px) { .pic.narrow { display: block; } }
@media (max-width: 1139.98px) {
  .nums, .nums > div:first-child .v { font-size: inherit; } .nums { grid-template-columns: repeat(3, 1fr); } .nums > div:first-child .v { font-size: 20px; }
  .nums > div:nth-child(3) { border-right: 0; } .nums > div:nth-child(-n+3) { border-bottom: 1px solid var(--line); }
  .two { grid-template-columns: minmax(0, 1fr); }
}
@media (max-width: 639.98px) {
  .top { padding: 0 12px; } .crumb { display: none; } .page { padding: 12px 12px 24px; } .figure { padding: 12px 12px 4px; }
  .nums { grid-template-columns: repeat(2, 1fr); } .nums > div { padding: 8px 12px 10px; border-bottom: 1px solid var(--line); }
  .nums > div:nth-child(3) { border-right: 1px solid var(--line); } .nums > div:nth-child(even) { border-right: 0; } .nums > div:nth-last-child(-n+2) { border-bottom: 0; }
  .nums .v { white-space: normal; }
  .rows thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .rows tr { display: grid; grid-template-columns: minmax(0, 1fr) auto; padding: 6px 12px; border-bottom: 1px solid var(--line); } .rows tr:last-child { border-bottom: 0; }
  .rows tbody td, .rows tbody th { padding: 1px 0 !important; border: 0; } .rows tbody tr:hover > * { background: none; }
  .rows th { grid-column: 1; grid-row: 1 / span 2; padding-right: 12px !important; } .rows td { grid-column: 2; text-align: right; } .rows td.bound { display: none; } .rows small span { display: inline !important; }
}
@media print {
  :root { color-scheme: light !important; --bg: white; }
  @page { margin: 12mm; }
  body { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .theme { display: none; } .top { border: 0; padding: 0; } .page { padding: 8px 0; } .card, .ph, .tbl tr { break-inside: avoid; } details.card:not([open]) { display: none; }
  .scroll { max-height: none; overflow: visible; } .pic { display: none !important; } .pic.middle { display: block !important; } .two { grid-template-columns: minmax(0, 1fr); }
}
`;

/** The whole style sheet; constant text. */
export const style = tokens + base + parts + sizes;
