"""The style sheet of the pages: wide and narrow screens, light and dark, contrasts of WCAG AA or better."""

from __future__ import annotations

from typing import Final

__all__ = ["STYLE"]

STYLE: Final = """
:root{color-scheme:light dark;--page:#f5f6f8;--card:#fff;--ink:#1e2328;--muted:#59626b;--line:#dfe3e7;
--bar:#2a6f97;--track:#e9edf1;--link:#1d5b82;
--good:#1a673c;--good-bg:#e2f2e8;--bad:#a3203a;--bad-bg:#fbe7ea;--busy:#1d5680;--busy-bg:#e1eef7;
--wait:#744a00;--wait-bg:#fbf0da;--off:#4c545c;--off-bg:#eaecef}
@media(prefers-color-scheme:dark){:root{--page:#111417;--card:#1a1e22;--ink:#e8eaec;--muted:#a2abb4;
--line:#30363c;--bar:#5fa8cf;--track:#282e34;--link:#85c1e3;
--good:#93d8ad;--good-bg:#17362a;--bad:#ff9fac;--bad-bg:#451b23;--busy:#95caed;--busy-bg:#14344c;
--wait:#f0ca80;--wait-bg:#3d2f10;--off:#b9c0c7;--off-bg:#2c3238}}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;color:var(--ink);background:var(--page);
margin:0 auto;max-width:76rem;padding:1.5rem 1.25rem 3rem}
a{color:var(--link);text-underline-offset:.15em}
a:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:2px}
h1{font-size:1.45rem;line-height:1.25;margin:.2rem 0;overflow-wrap:anywhere}
h2{font-size:1.05rem;margin:2rem 0 .2rem}
p{margin:.3rem 0}.muted,small{color:var(--muted)}small{font-size:.85em}
code,.key{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.9em}
header{margin-bottom:1.25rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1rem 1.15rem}
.pill{display:inline-block;font-size:.78rem;font-weight:600;letter-spacing:.02em;padding:.1rem .6rem;
border-radius:1rem;white-space:nowrap;color:var(--off);background:var(--off-bg)}
.COMPLETED{color:var(--good);background:var(--good-bg)}.RUNNING{color:var(--busy);background:var(--busy-bg)}
.PENDING{color:var(--wait);background:var(--wait-bg)}
.FAILED,.TIMED_OUT,.INSUFFICIENT_CREDITS{color:var(--bad);background:var(--bad-bg)}
.reason{border-radius:8px;padding:.6rem .9rem;margin:1rem 0;overflow-wrap:anywhere}
progress{appearance:none;display:block;width:100%;height:.45rem;border:0;border-radius:1rem;overflow:hidden;
background:var(--track)}
progress::-webkit-progress-bar{background:var(--track)}progress::-webkit-progress-value{background:var(--bar)}
progress::-moz-progress-bar{background:var(--bar)}
.jobs{padding:0;overflow:hidden}
.jobs table{border-collapse:collapse;width:100%;table-layout:fixed}
.jobs th,.jobs td{text-align:left;vertical-align:top;padding:.7rem .6rem;border-bottom:1px solid var(--line);
overflow-wrap:anywhere}
.jobs :is(th,td):first-child{padding-left:1.15rem}.jobs :is(th,td):last-child{padding-right:1.15rem}
.jobs tbody tr:last-child td{border-bottom:0}
.jobs th{color:var(--muted);font-size:.8rem;font-weight:600}
.jobs td small{display:block}
.jobs .tag{display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical;overflow:hidden;
font-weight:600}
.jobs .number{text-align:right;font-variant-numeric:tabular-nums}
.w-job{width:30%}.w-status{width:11.5rem}.w-progress{width:16%}.w-time{width:6.5rem}.w-date{width:11.5rem}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr));gap:.8rem 1.5rem;margin:0}
dt{color:var(--muted);font-size:.8rem}dd{margin:0;overflow-wrap:anywhere}dl .whole{grid-column:1/-1}
dd code{display:inline-block;background:var(--track);border-radius:4px;padding:0 .4rem;
margin:.1rem .3rem .1rem 0}
pre{background:var(--track);border-radius:8px;padding:.8rem 1rem;overflow-x:auto;
font-size:.9em;margin:.8rem 0 0}
.circuits{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,29rem),1fr));gap:1rem;
margin:.8rem 0 1.2rem}
.report{margin-top:1rem;padding:0}.report .qvr-root{max-width:none}
figure{margin:0}
figcaption{display:flex;flex-wrap:wrap;gap:0 .5rem;justify-content:space-between;margin-bottom:.5rem}
figcaption b{flex:1 1 11rem;overflow-wrap:anywhere}figcaption small{white-space:nowrap;padding-top:.1rem}
.bars{list-style:none;margin:0;padding:0;display:grid;
grid-template-columns:auto minmax(3rem,1fr) auto;gap:.2rem .7rem}
.bars li,.axis{display:contents}
.bars .key{text-align:right;white-space:nowrap;align-self:center}
.bars .value{font-size:.85em;text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap;
line-height:1.6rem}
.track{position:relative;align-self:center;height:.85rem;background:var(--track);border-radius:3px;
background-image:linear-gradient(90deg,var(--card) 1px,transparent 1px);background-size:25% 100%}
.track i{position:absolute;top:0;bottom:0;min-width:1px;background:var(--bar);border-radius:3px}
.bars.long{grid-template-columns:minmax(3rem,1fr) auto}
.bars.long .key{grid-column:1/-1;text-align:left;white-space:normal;overflow-wrap:anywhere;line-height:1.3;
padding-top:.35rem}
.bars.long .blank{display:none}
.scale{display:flex;justify-content:space-between;font-size:.78em;color:var(--muted)}
nav{display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;margin:.6rem 0}
@media(max-width:52rem){
body{padding:1rem .8rem 2rem}.jobs thead{display:none}
.jobs :is(table,tbody,tr,td){display:block;width:auto}
.jobs tr{padding:.7rem 1rem;border-bottom:1px solid var(--line)}.jobs tbody tr:last-child{border-bottom:0}
.jobs td,.jobs :is(th,td):first-child,.jobs :is(th,td):last-child{border:0;padding:.12rem 0}
.jobs td[data-name]{display:grid;grid-template-columns:5.5rem 1fr;gap:.6rem;text-align:left}
.jobs td[data-name]::before{content:attr(data-name);color:var(--muted);font-size:.85em}
}
"""
"""The text of the sheet."""
