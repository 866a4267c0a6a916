/** The look of the status page: ink on paper, as the vendor's portal has it. Fonts are the system's: nothing is fetched. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#faf9f6, #151412);
  --surface: light-dark(#ffffff, #1d1c19);
  --line: light-dark(#e6e3dc, #32302b);
  --text: light-dark(#1d1b18, #ecebe6);
  --quiet: light-dark(#625e56, #a8a399);
  --accent: light-dark(#2d47a4, #a3b5ee);
  --good: light-dark(#1e6b42, #79c89a);
  --good-wash: light-dark(#e6f3eb, #172b20);
  --warn: light-dark(#845200, #e3b464);
  --warn-wash: light-dark(#fbf0d9, #322612);
  --bad: light-dark(#a92a1d, #f09a8d);
  --bad-wash: light-dark(#fbeae7, #3a1d19);
  --mono: ui-monospace, 'SF Mono', 'Cascadia Mono', 'Segoe UI Mono', 'DejaVu Sans Mono', Menlo, monospace;
}
* { box-sizing: border-box; }
body {
  margin: 0;
  background: var(--paper);
  color: var(--text);
  font: 0.9375rem/1.55 Inter, ui-sans-serif, system-ui, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif;
}
main, header.top { max-width: 68rem; margin: 0 auto; padding: 0 1.5rem; }
header.top { display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; align-items: baseline; padding-top: 2rem; }
header.top p { margin: 0; color: var(--quiet); }
header.top .name { font-weight: 600; color: var(--text); }
header.top .when { margin-left: auto; font-size: 0.8125rem; }
h1, h2, h3 { line-height: 1.25; text-wrap: balance; }
h1 { font-size: 1.625rem; font-weight: 600; letter-spacing: -0.01em; margin: 0; }
h2 { font-size: 1.0625rem; font-weight: 600; margin: 2.5rem 0 0.75rem; }
h2 .count { color: var(--quiet); font-weight: 400; }
a { color: var(--accent); text-underline-offset: 0.15em; }
a:focus-visible, [tabindex]:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 0.2rem; }
a.mono { text-underline-offset: 0.35em; }
code, .mono { font-family: var(--mono); font-size: 0.8125rem; overflow-wrap: anywhere; }
.verdict { margin: 1.25rem 0 0; padding: 1.25rem 1.5rem; border: 1px solid var(--line); border-left: 4px solid var(--tone); border-radius: 0.5rem; background: var(--surface); }
.verdict h1 { color: var(--tone); }
.verdict p { margin: 0.4rem 0 0; max-width: 46rem; }
.ok { --tone: var(--good); --wash: var(--good-wash); }
.soon { --tone: var(--warn); --wash: var(--warn-wash); }
.now { --tone: var(--bad); --wash: var(--bad-wash); }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr)); gap: 1px; margin: 1rem 0 0; border: 1px solid var(--line); border-radius: 0.5rem; overflow: hidden; background: var(--line); }
.facts div { background: var(--surface); padding: 0.8rem 1rem; }
.facts dt { color: var(--quiet); font-size: 0.8125rem; }
.facts dd { margin: 0.1rem 0 0; font-weight: 500; overflow-wrap: anywhere; }
.facts dd small { display: block; font-weight: 400; font-size: 0.8125rem; color: var(--quiet); }
ul.todo { list-style: none; margin: 0; padding: 0; display: grid; gap: 0.6rem; }
ul.todo li { display: grid; grid-template-columns: 4.25rem 1fr; gap: 0 1rem; padding: 0.8rem 1rem; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--surface); }
ul.todo p { margin: 0; }
ul.todo .do { color: var(--quiet); margin-top: 0.15rem; }
.chip { display: inline-block; justify-self: start; align-self: start; padding: 0.05rem 0.5rem; border-radius: 1rem; background: var(--wash); color: var(--tone); font-size: 0.8125rem; font-weight: 500; white-space: nowrap; }
.table { overflow-x: auto; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--surface); }
table { width: 100%; border-collapse: collapse; }
th, td { padding: 0.6rem 1rem; text-align: left; vertical-align: top; }
th { font-size: 0.8125rem; font-weight: 500; color: var(--quiet); border-bottom: 1px solid var(--line); white-space: nowrap; }
tr + tr td { border-top: 1px solid var(--line); }
td small { display: block; color: var(--quiet); font-size: 0.8125rem; }
.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
.empty { margin: 0; padding: 1rem 1.25rem; border: 1px dashed var(--line); border-radius: 0.5rem; color: var(--quiet); }
details { margin-top: 0.75rem; }
summary { cursor: pointer; color: var(--quiet); }
footer { margin: 3rem 0 2.5rem; color: var(--quiet); font-size: 0.8125rem; }
footer p { margin: 0.2rem 0; }
article { max-width: 44rem; margin: 1.25rem 0; padding: 1.5rem; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--surface); }
@media (max-width: 46rem) {
  main, header.top { padding-left: 1rem; padding-right: 1rem; }
  header.top .when { margin-left: 0; }
  ul.todo li { grid-template-columns: 1fr; gap: 0.4rem; }
  .table { overflow: visible; border: 0; background: none; }
  table, tbody, tr, td { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr { border: 1px solid var(--line); border-radius: 0.5rem; background: var(--surface); margin-bottom: 0.6rem; padding: 0.5rem 0; }
  tr + tr td { border-top: 0; }
  td { padding: 0.2rem 1rem; }
  td[data-label]::before { content: attr(data-label) ': '; color: var(--quiet); font-size: 0.8125rem; }
}
@media print { body { background: none; } }
`.trim();
