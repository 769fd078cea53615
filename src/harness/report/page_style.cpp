#include "harness/report/page.hpp"

namespace cellmon::harness::report {

std::string_view page_style() {
    return R"(
:root {
  --back: #ffffff; --panel: #f6f7f9; --text: #1b1f24; --quiet: #5b6470; --line: #d4d9e0;
  --good: #1a7f37; --bad: #c62828; --doubt: #9a6700; --none: #5b6470; --band: #c62828; --recovery: #d98e04;
  --s0: #0b62c4; --s1: #c2570c; --s2: #13795b; --s3: #8a3ffc; --s4: #b0126b; --s5: #6b5b00;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --back: #14171b; --panel: #1d2127; --text: #e8ebef; --quiet: #a5aeb9; --line: #3a424d;
    --good: #4cc76a; --bad: #ff7b72; --doubt: #e3b341; --none: #a5aeb9; --band: #ff7b72; --recovery: #e3b341;
    --s0: #6cb2ff; --s1: #ff9d5c; --s2: #4fd1a5; --s3: #c4a1ff; --s4: #ff85c2; --s5: #d9c74b;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--back); color: var(--text);
  font: 15px/1.6 system-ui, "Hiragino Sans", "Yu Gothic UI", "Noto Sans CJK JP", "Noto Sans JP", sans-serif;
}
body > input { position: absolute; opacity: 0; pointer-events: none; }
#ja:checked ~ main .en, #en:checked ~ main .ja { display: none; }
nav { display: flex; justify-content: flex-end; max-width: 76rem; margin: 0 auto; padding: .75rem 1.25rem 0; }
nav label { padding: .15rem .8rem; border: 1px solid var(--line); color: var(--quiet); cursor: pointer; }
nav label:first-child { border-radius: 6px 0 0 6px; }
nav label:last-child { border-radius: 0 6px 6px 0; border-left: 0; }
#ja:checked ~ nav label[for="ja"], #en:checked ~ nav label[for="en"] { background: var(--text); color: var(--back); }
#ja:focus-visible ~ nav label[for="ja"], #en:focus-visible ~ nav label[for="en"] { outline: 3px solid var(--s0); outline-offset: 2px; }
main { max-width: 76rem; margin: 0 auto; padding: .5rem 1.25rem 3rem; }
h1 { font-size: 1.15rem; margin: 0; font-weight: 600; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .75rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 .4rem; color: var(--quiet); font-weight: 600; }
a { color: inherit; }
.quiet { color: var(--quiet); }
.verdict { border: 1px solid var(--line); border-left: 10px solid var(--none); border-radius: 8px; background: var(--panel); padding: 1rem 1.4rem; }
.verdict .word { font-size: 2.4rem; line-height: 1.25; font-weight: 700; margin: .1rem 0 .3rem; color: var(--none); }
.verdict p { margin: .3rem 0; }
.verdict.passed { border-left-color: var(--good); } .verdict.passed .word { color: var(--good); }
.verdict.failed { border-left-color: var(--bad); } .verdict.failed .word { color: var(--bad); }
.verdict.invalid { border-left-color: var(--doubt); } .verdict.invalid .word { color: var(--doubt); }
.verdict ul { margin: .4rem 0; padding-left: 1.3rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1.2rem; margin: 1rem 0 0; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
.badge { display: inline-block; white-space: nowrap; border: 1px solid currentColor; border-radius: 5px; padding: 0 .55rem; font-size: .9rem; font-weight: 600; color: var(--none); }
.badge.passed, .better { color: var(--good); } .badge.failed, .worse { color: var(--bad); } .badge.invalid { color: var(--doubt); }
h2 .badge { vertical-align: .15em; margin-left: .5rem; }
.table { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .35rem .8rem .35rem .6rem; border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
th { color: var(--quiet); font-weight: 600; font-size: .9rem; white-space: nowrap; }
th.number, td.number { text-align: right; white-space: nowrap; }
th .target { display: inline-block; max-width: 14rem; font-weight: 400; white-space: normal; overflow-wrap: anywhere; }
.reasons { margin: .4rem 0 .8rem; padding-left: 1.3rem; overflow-wrap: anywhere; }
td.id { white-space: nowrap; color: var(--quiet); }
td.reason { min-width: 16rem; }
tr.broken td { background: color-mix(in srgb, var(--bad) 9%, transparent); }
tr.broken td:first-child { box-shadow: inset 3px 0 var(--bad); }
.narrow table { width: auto; min-width: min(100%, 34rem); }
.plots { display: grid; margin-top: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 33rem), 1fr)); gap: 1rem 1.5rem; }
@media (min-width: 60rem) { .plots.beside { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
figure { margin: 0; min-width: 0; break-inside: avoid; overflow-x: auto; }
figcaption { font-weight: 600; font-size: .95rem; }
svg { display: block; width: 100%; min-width: 30rem; height: auto; }
svg text { font-size: 12px; fill: var(--quiet); font-family: inherit; font-variant-numeric: tabular-nums; }
svg .grid { stroke: var(--line); stroke-width: 1; }
svg .axis { stroke: var(--quiet); stroke-width: 1; }
svg .line { fill: none; stroke-width: 1.6; stroke-linejoin: round; stroke-linecap: round; }
svg .fault { fill: var(--band); opacity: .16; }
svg .recovery { fill: var(--recovery); opacity: .13; }
svg .edge { stroke: var(--band); stroke-width: 1; stroke-dasharray: 3 3; }
svg .recovered { stroke: var(--recovery); stroke-width: 1.4; }
svg .mark { fill: var(--band); font-weight: 600; }
.s0 { stroke: var(--s0); } .s1 { stroke: var(--s1); } .s2 { stroke: var(--s2); } .s3 { stroke: var(--s3); } .s4 { stroke: var(--s4); } .s5 { stroke: var(--s5); }
footer { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: .6rem; color: var(--quiet); font-size: .9rem; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .4rem; } }
@page { size: A4; margin: 14mm 13mm; }
@media print {
  nav { display: none; }
  main { max-width: none; padding: 0; }
  body { font-size: 10.5pt; }
  .verdict, .badge, tr.broken td, svg .fault, svg .recovery { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .verdict, tr { break-inside: avoid; }
  h2, h3, figcaption { break-after: avoid; }
  thead { display: table-header-group; }
  .table, figure { overflow: visible; }
  th, td { font-size: 9.5pt; padding-right: .5rem; }
  th { white-space: normal; }
  td.reason { min-width: 0; }
  svg { min-width: 0; }
  .plots { grid-template-columns: 1fr; }
  .plots.beside { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 3mm; }
  .plots svg { max-height: 62mm; }
  .s1 { stroke-dasharray: 7 3; } .s2 { stroke-dasharray: 2 3; } .s3 { stroke-dasharray: 9 3 2 3; } .s4 { stroke-dasharray: 12 4; } .s5 { stroke-dasharray: 1 4; }
  a { text-decoration: none; }
}
)";
}

}  // namespace cellmon::harness::report
