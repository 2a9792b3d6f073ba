/** The page's style. Colours are never the only sign: marks differ by letter, prefix, outline and pattern too. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --paper: #ffffff; --raised: #eef1f5; --ink: #17202b; --soft: #56616e; --line: #dce1e8;
  --accent: #3457d5; --focus: #3457d5;
  --read: #e4eafc; --read-ink: #24409f; --write: #3457d5; --write-ink: #ffffff;
  --add: #d7f2df; --add-ink: #0b5f2a; --del: #fbe0e0; --del-ink: #9b1c1c; --del-line: #e9b4b4;
  --warn: #fdefd3; --warn-ink: #7a4a00; --warn-line: #d98a00; --fine: #e6ebf0;
  --shadow: 0 1px 2px rgb(20 30 50 / .06), 0 8px 24px rgb(20 30 50 / .08);
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #10141a; --paper: #171c24; --raised: #1f2630; --ink: #e6eaf0; --soft: #9aa6b4; --line: #2b3441;
    --accent: #8ea8ff; --focus: #a9bcff;
    --read: #24304f; --read-ink: #bccbff; --write: #8ea8ff; --write-ink: #0e1530;
    --add: #123a22; --add-ink: #8ee2ab; --del: #421b1e; --del-ink: #ffb1b1; --del-line: #6c2d31;
    --warn: #3d2c0b; --warn-ink: #ffd48a; --warn-line: #e0a23c; --fine: #28313d;
    --shadow: 0 1px 2px rgb(0 0 0 / .4), 0 8px 24px rgb(0 0 0 / .35);
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: .9375rem/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main, header { max-width: 110rem; margin: 0 auto; padding: 0 1.5rem; }
header { padding-top: 1.75rem; }
h1 { margin: 0; font-size: 1.5rem; line-height: 1.25; letter-spacing: -.01em; }
h2 { margin: 2rem 0 .5rem; font-size: 1.0625rem; }
p { margin: .25rem 0; }
.soft { color: var(--soft); }
code, .mono { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .875em; overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }

.tools { display: flex; flex-wrap: wrap; gap: .5rem 1.25rem; align-items: center; margin: 1rem 0 .75rem; }
.tools label { display: inline-flex; gap: .4rem; align-items: center; }
.tools input[type=search] { width: min(22rem, 70vw); padding: .45rem .7rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--paper); color: inherit; font: inherit; }
.tools input[type=checkbox] { accent-color: var(--accent); width: 1rem; height: 1rem; margin: 0; }
.tools output { margin-left: auto; color: var(--soft); font-variant-numeric: tabular-nums; }
.legend { display: flex; flex-wrap: wrap; gap: .35rem 1.25rem; margin: 0 0 .75rem; padding: 0; list-style: none; color: var(--soft); font-size: .8125rem; }
.legend li { display: inline-flex; gap: .4rem; align-items: center; }

.frame { --name: 14rem; overflow: auto; max-height: var(--room, calc(100vh - 2rem)); border: 1px solid var(--line); border-radius: .75rem; background: var(--paper); box-shadow: var(--shadow); scroll-padding: 9.5rem 1rem 1rem calc(var(--name) + 1rem); }
table { border-collapse: separate; border-spacing: 0; width: max-content; min-width: 100%; }
th, td { padding: .4rem .5rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: middle; font-weight: 400; }
tbody tr:last-child > * { border-bottom: 0; }
thead th { position: sticky; top: 0; z-index: 2; height: 9rem; vertical-align: bottom; background: var(--raised); color: var(--soft); font-size: .8125rem; font-weight: 600; }
thead th.type { padding: .5rem .25rem; }
thead th.type span { display: inline-block; writing-mode: vertical-rl; transform: rotate(180deg); line-height: 1.1; white-space: nowrap; }
thead th:first-child { left: 0; z-index: 4; }
tbody th { position: sticky; left: 0; z-index: 1; width: var(--name); min-width: var(--name); max-width: var(--name); background: var(--paper); border-right: 1px solid var(--line); overflow-wrap: anywhere; }
thead th:first-child { border-right: 1px solid var(--line); }
tbody th b { display: block; font-weight: 600; line-height: 1.3; }
tbody th small { display: block; color: var(--soft); font-size: .78rem; line-height: 1.35; }
tbody tr.far th { box-shadow: inset 4px 0 var(--warn-line); }
tbody tr:hover > * { background: var(--raised); }
tbody tr.delete b { text-decoration: line-through; }
td.change { min-width: 8rem; max-width: 14rem; font-size: .8125rem; }
td.risks { width: 15.5rem; min-width: 15.5rem; max-width: 15.5rem; font-size: .8125rem; }
td.type { padding: .2rem .15rem; min-width: 1.7rem; white-space: nowrap; }
td.type div { min-height: 1.4rem; }
.used [data-unused] { display: none; }
td:focus-visible, th:focus-visible { outline-offset: -2px; }

.mark { display: inline-flex; align-items: center; justify-content: center; min-width: 1.2rem; height: 1.25rem; margin: 1px; padding: 0 .15rem; border: 1px solid transparent; border-radius: .3rem; font: 700 .72rem/1 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.mark.r { background: var(--read); color: var(--read-ink); border-color: var(--read-ink); }
.mark.w { background: var(--write); color: var(--write-ink); border-color: var(--write); }
.mark.one { border-radius: 1rem; border-style: dashed; border-color: currentColor; }
.mark.w.one { background: var(--read); color: var(--read-ink); border-width: 2px; }
.mark.mark.add { background: var(--add); color: var(--add-ink); border-color: var(--add-ink); }
.mark.mark.w.add { box-shadow: inset 0 -3px var(--add-ink); }
.mark.mark.gone { color: var(--del-ink); border: 1px dashed var(--del-ink); text-decoration: line-through; background: repeating-linear-gradient(135deg, var(--del) 0 3px, transparent 3px 6px); }
.mark.mark.server { border: 2px solid var(--warn-line); border-radius: .2rem; }
.mark.q { background: transparent; color: var(--soft); border: 1px dotted var(--soft); }

.tag { display: inline-block; margin: 1px 0; padding: .05rem .45rem; border-radius: .375rem; background: var(--fine); font-weight: 600; white-space: nowrap; }
.tag.create, .tag.adopt { background: var(--add); color: var(--add-ink); }
.tag.delete { background: var(--del); color: var(--del-ink); }
.tag.replace { background: var(--warn); color: var(--warn-ink); }
.tag.update { background: var(--read); color: var(--read-ink); }
.tag.same { background: none; color: var(--soft); padding-left: 0; font-weight: 400; }
td.risks .tag { white-space: normal; }
.tag.open { background: var(--warn); color: var(--warn-ink); border: 1px solid var(--warn-line); }
.tag.open.critical, .tag.unknown { background: var(--del); color: var(--del-ink); border: 1px solid var(--del-ink); }
.tag.leave { background: var(--warn); color: var(--warn-ink); border: 1px dashed var(--warn-line); }
.why { display: block; color: var(--soft); overflow-wrap: anywhere; }
.tip { position: fixed; z-index: 10; max-width: min(34rem, calc(100vw - 2rem)); padding: .6rem .8rem; border: 1px solid var(--line); border-radius: .6rem; background: var(--paper); box-shadow: var(--shadow); font-size: .8125rem; pointer-events: none; }
.tip b { display: block; margin-bottom: .15rem; }
.tip div { overflow-wrap: anywhere; white-space: pre-wrap; }
.tip .add { color: var(--add-ink); } .tip .gone { color: var(--del-ink); }
.none { padding: 2rem; text-align: center; color: var(--soft); }
.full details { border-bottom: 1px solid var(--line); padding: .3rem 0; }
.full summary { cursor: pointer; overflow-wrap: anywhere; }
.full ul, .meaning { margin: .3rem 0 .6rem; padding-left: 1.25rem; }
.full ul { list-style: none; columns: 22rem; padding-left: .5rem; }
footer { padding: 1.5rem 0 2rem; color: var(--soft); font-size: .8125rem; }
[hidden] { display: none !important; }

@media (max-width: 45rem) {
  main, header { padding-left: .75rem; padding-right: .75rem; }
  header { padding-top: 1rem; }
  .frame { --name: 9rem; }
  td.change { min-width: 6.5rem; }
  td.risks { width: 9rem; min-width: 9rem; }
  .tools output { margin-left: 0; }
}
@media (prefers-contrast: more) { :root { --line: currentColor; --soft: var(--ink); } }
@media (forced-colors: active) { .mark { border-color: CanvasText; } .mark.gone { border-style: dashed; } }
@media print {
  @page { size: A4 landscape; margin: 9mm; }
  :root { font-size: 8.5pt; --ground: #fff; --paper: #fff; --raised: #f2f4f7; --ink: #000; --soft: #444; --line: #bbb; --accent: #3457d5;
    --read: #e4eafc; --read-ink: #24409f; --write: #3457d5; --write-ink: #fff; --add: #d7f2df; --add-ink: #0b5f2a;
    --del: #fbe0e0; --del-ink: #9b1c1c; --warn: #fdefd3; --warn-ink: #7a4a00; --warn-line: #b36b00; --fine: #eee; --shadow: none; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main, header { max-width: none; padding: 0; }
  .tools, .tip { display: none; }
  .frame { --name: 10rem; overflow: visible; max-height: none !important; border-radius: 0; box-shadow: none; }
  table { width: 100%; }
  thead th, tbody th { position: static; }
  tr { break-inside: avoid; }
  .mark.mark.mark.one { border-width: 1px; box-shadow: none; }
  td.change { min-width: 0; }
  td.risks { width: 15.5rem; min-width: 0; }
  .full ul { columns: 3; }
  .full details { break-inside: avoid; }
}
`;
