// How the two elements look, in light and in dark.
//
// Owns: their style sheet. It follows the page's color-scheme, and a page may
// set --tc-accent and style the parts (`::part(card)`). It is a constructed
// style sheet, which a page's Content-Security-Policy does not forbid.

const sheet = new CSSStyleSheet();

sheet.replaceSync(`
:host {
    --ink: light-dark(#1b2230, #e8ecf3);
    --soft: light-dark(#566072, #a3aec0);
    --ground: light-dark(#ffffff, #1a202a);
    --sunk: light-dark(#f3f5f8, #222a36);
    --line: light-dark(#dfe3ea, #313b4a);
    --edge: light-dark(#808a9b, #75829a);
    --accent: var(--tc-accent, light-dark(#2f55d4, #8ea8ff));
    --on-accent: light-dark(#ffffff, #10141b);
    --warn: light-dark(#9c2a1c, #ffa89d);
    --s1: light-dark(#2f55d4, #7d9bff);
    --s2: light-dark(#c9660a, #f0a04b);
    --s3: light-dark(#0f8f72, #46c7a3);
    --s4: light-dark(#8b3fbd, #c795f0);
    display: block; container-type: inline-size; color: var(--ink);
    font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
:host([hidden]) { display: none; }
* { box-sizing: border-box; }
h3, p, dl, dd, figure, ul, form, ol { margin: 0; padding: 0; }
[hidden] { display: none !important; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden;
          clip-path: inset(50%); white-space: nowrap; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
code { font: .88em ui-monospace, "SF Mono", Menlo, Consolas, monospace;
       overflow-wrap: anywhere; }
.soft, small { color: var(--soft); font-size: 13px; }

.card { background: var(--ground); border: 1px solid var(--line);
        border-radius: 12px; padding: 18px 20px; }
.head { display: flex; gap: 12px; justify-content: space-between;
        align-items: flex-start; }
h3 { font-size: 17px; line-height: 1.3; font-weight: 650; }

button { font: inherit; font-size: 14px; color: var(--ink); cursor: pointer;
         background: var(--ground); border: 1px solid var(--line);
         border-radius: 999px; padding: 4px 12px; min-height: 30px; }
button:hover { border-color: var(--edge); }
button:disabled { opacity: .6; cursor: default; }
button[aria-pressed=true], .primary { background: var(--accent);
    border-color: var(--accent); color: var(--on-accent); }
.chips { display: flex; flex-wrap: wrap; gap: 6px; list-style: none; }
.chips i { display: inline-block; width: 10px; height: 10px; margin-right: 7px;
           border-radius: 3px; }
[aria-pressed=true] i { outline: 1.5px solid var(--on-accent); }
.s1 { background: var(--s1); } .s2 { background: var(--s2); }
.s3 { background: var(--s3); } .s4 { background: var(--s4); }

.figures { display: flex; flex-wrap: wrap; gap: 4px 30px; margin: 14px 0; }
.figures div { display: flex; flex-direction: column-reverse; }
.figures dt { color: var(--soft); font-size: 13px; }
.figures dd { font-size: 22px; line-height: 1.3; font-weight: 650;
              font-variant-numeric: tabular-nums; }

.body { display: grid; gap: 12px 28px; margin-top: 12px; align-items: center;
        grid-template-columns: minmax(0, 1fr); }
@container (min-width: 640px) {
    .body { grid-template-columns: minmax(0, 1.25fr) minmax(0, 1fr); }
}
.chart { height: 236px; cursor: pointer; overflow: hidden; }
.tip { font-size: 13px; font-variant-numeric: tabular-nums; }
.tip div { display: flex; gap: 18px; justify-content: space-between; }
.tip div:first-child { font-weight: 650; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px;
        font-variant-numeric: tabular-nums; }
th, td { padding: 3px 0 3px 8px; text-align: right; font-weight: 400;
         border-bottom: 1px solid var(--line); }
th:first-child { text-align: left; padding-left: 0; }
thead th { color: var(--soft); font-size: 13px; }
tbody tr:last-child > * { border-bottom: 0; }
tr.chosen > * { background: var(--sunk); font-weight: 650; }
th button { padding: 1px 10px; min-height: 26px; }
.picked { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: center;
          min-height: 32px; margin-top: 8px; font-size: 14px; }
@container (max-width: 379px) {
    .card { padding: 16px 14px; }
    .figures { gap: 4px 20px; }
    .figures dd { font-size: 18px; }
    table, thead th { font-size: 12px; }
    th, td { padding-left: 4px; }
    th button { font-size: 13px; padding: 0 8px; }
}

.message { border-left: 3px solid var(--warn); background: var(--sunk);
           border-radius: 4px; padding: 10px 14px; margin-top: 12px; }
.message button { margin-top: 8px; }
.foot { border-top: 1px solid var(--line); margin-top: 12px;
        padding-top: 10px; }
summary { cursor: pointer; }
details dl { display: grid; gap: 2px 16px; margin-top: 8px; font-size: 13px;
             grid-template-columns: minmax(0, 1fr); }
details dd { margin-bottom: 4px; color: var(--soft); }
@container (min-width: 560px) {
    details dl { grid-template-columns: max-content minmax(0, 1fr); }
    details dd { margin: 0; }
}

.log { display: grid; grid-template-columns: minmax(0, 1fr); gap: 14px;
       margin: 14px 0; max-height: 460px; overflow-y: auto;
       overflow-wrap: anywhere; }
.log:empty { margin: 4px 0; }
.asked { justify-self: end; max-width: 85%; padding: 6px 14px;
         border-radius: 14px 14px 3px 14px; background: var(--sunk); }
.said { white-space: pre-line; font-variant-numeric: tabular-nums; }
.said[aria-busy=true]::after { content: ""; display: inline-block; width: 7px;
    height: 15px; margin-left: 3px; vertical-align: -2px; border-radius: 2px;
    background: var(--accent); animation: beat 1s infinite; }
@keyframes beat { 50% { opacity: .2; } }
.ask { display: flex; gap: 8px; margin-top: 12px; }
.ask input { flex: 1; min-width: 0; font: inherit; color: inherit;
             padding: 6px 12px; border: 1px solid var(--edge);
             border-radius: 10px; background: var(--ground); }
.ask ::placeholder { color: var(--soft); opacity: 1; }
.ask button { border-radius: 10px; padding: 4px 16px; }

@media (prefers-reduced-motion: reduce) {
    *, ::after { animation: none !important; }
}
@media (forced-colors: active) {
    button[aria-pressed=true] { outline: 2px solid Highlight; }
    .chips i { forced-color-adjust: none; }
}
`);

export { sheet };
