# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The style sheet of the page: light and dark, for a wide screen, a phone and paper.

Every colour of text is readable on every ground that it stands on (WCAG AA); a test computes that from this text.
"""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --ground: #ffffff; --panel: #f3f5f8; --text: #1b2530; --quiet: #4d5a68;
  --line: #c9d1da; --good: #116530; --bad: #a61b1b; --open: #7a4b00;
  --series-0: #116530; --series-1: #1b4fa0; --series-2: #a61b1b; --series-3: #7a4b00; --series-4: #6b2f8f; }
@media (prefers-color-scheme: dark) { :root { --ground: #12171d; --panel: #1c242d; --text: #e8edf2; --quiet: #aab6c3;
  --line: #3c4956; --good: #6fd391; --bad: #ff9c93; --open: #f0be62;
  --series-0: #6fd391; --series-1: #8ab8ff; --series-2: #ff9c93; --series-3: #f0be62; --series-4: #d3a6f0; } }
* { box-sizing: border-box; }
body { background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif; margin: 0 auto;
  max-width: 75rem; padding: 1rem; overflow-wrap: anywhere; }
header { border-left: .5rem solid var(--open); background: var(--panel); padding: .8rem 1.2rem; }
header.good { border-color: var(--good); }
header.bad { border-color: var(--bad); }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .3rem; }
header.good h1 span { color: var(--good); }
header.bad h1 span { color: var(--bad); }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
p { margin: .2rem 0; }
.where, figcaption, caption, dt { color: var(--quiet); }
.failure { color: var(--bad); font-weight: 600; }
.tiles { display: grid; gap: .8rem; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); margin: 1rem 0 0; }
.tiles div { background: var(--panel); padding: .6rem 1rem; }
dt { font-size: .9rem; }
dd { font-size: 1.6rem; font-variant-numeric: tabular-nums; font-weight: 600; margin: 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; }
caption { font-size: .9rem; padding-bottom: .3rem; text-align: left; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .6rem; text-align: left; vertical-align: top; }
th { background: var(--panel); }
time, th, .answer { white-space: nowrap; }
th.number, td.number { text-align: right; }
.answer { font-weight: 600; }
.answer.good { color: var(--good); }
.answer.bad { color: var(--bad); }
.answer.open { color: var(--open); }
.charts { display: grid; gap: 0 1.5rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); }
figure { margin: 1rem 0 .3rem; }
.timeline { border-left: 2px solid var(--line); list-style: none; margin: 0; padding: 0 0 0 1rem; }
.timeline li { padding: .15rem 0; }
.timeline time { color: var(--quiet); display: inline-block; font-variant-numeric: tabular-nums; min-width: 7.5rem; }
.timeline .planned { color: var(--quiet); }
figcaption { font-weight: 600; }
details { margin-bottom: 1rem; }
summary { cursor: pointer; color: var(--quiet); padding: .3rem 0; }
pre { background: var(--panel); font-size: .85rem; overflow-x: auto; padding: .8rem; white-space: pre-wrap; }
.chart { display: block; height: auto; max-width: 100%; width: 100%; }
.chart text { fill: var(--text); font-family: system-ui, sans-serif; font-size: 13px; stroke: none; }
.chart .axis.y text { text-anchor: end; }
.chart .axis.x text { text-anchor: middle; }
.chart rect.background { fill: none; }
.chart .guide, .chart .line { fill: none; stroke: var(--line); }
.chart .series .line, .chart .series .dot { stroke-width: 2; }
.chart .color-0 { fill: var(--series-0); stroke: var(--series-0); }
.chart .color-1 { fill: var(--series-1); stroke: var(--series-1); }
.chart .color-2 { fill: var(--series-2); stroke: var(--series-2); }
.chart .color-3 { fill: var(--series-3); stroke: var(--series-3); }
.chart .color-4 { fill: var(--series-4); stroke: var(--series-4); }
.chart .series .line { fill: none; stroke: inherit; }
.chart .serie-1 .line { stroke-dasharray: 7 3; }
.chart .serie-2 .line { stroke-dasharray: 2 3; }
.chart .serie-3 .line { stroke-dasharray: 9 3 2 3; }
@media (max-width: 40rem) {
  body { padding: .6rem; }
  .chart text { font-size: 20px; }
  thead { position: absolute; clip-path: inset(50%); height: 1px; overflow: hidden; width: 1px; }
  table, tbody, tr, td { display: block; width: 100%; }
  caption { display: block; }
  tr { border: 1px solid var(--line); margin-bottom: .6rem; padding: .3rem 0; }
  td, td.number { border: 0; display: flex; gap: .6rem; justify-content: space-between; padding: .1rem .6rem;
    text-align: right; }
  td::before { color: var(--quiet); content: attr(data-head); flex: none; text-align: left; }
}
@media print {
  :root { --ground: #ffffff; --panel: #ffffff; --text: #000000; --quiet: #333333; --line: #999999; }
  details:not([open]) { display: none; }
  section, figure, tr { break-inside: avoid; }
}
"""
