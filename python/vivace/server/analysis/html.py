"""The report of a characterisation as a fragment of HTML that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Final

__all__ = ["report_html"]

_STYLE: Final = (
    ".qvr-root{--ink:#1e2328;--muted:#59626b;--line:#dfe3e7;--soft:#f2f4f6;--bar:#2a6f97;"
    "--info:#1d5680;--warn:#744a00;--action:#a3203a;"
    "font:14px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif;color:var(--ink);background:#fff;"
    "max-width:60rem;padding:1rem 1.15rem;border-radius:8px;overflow-wrap:anywhere}"
    "@media(prefers-color-scheme:dark){.qvr-root{--ink:#e8eaec;--muted:#a2abb4;--line:#30363c;--soft:#262c31;"
    "--bar:#5fa8cf;--info:#95caed;--warn:#f0ca80;--action:#ff9fac;background:#1a1e22}}"
    ".qvr-root *{box-sizing:border-box}"
    ".qvr-root h2{font-size:1.25em;margin:0 0 .2em}.qvr-root h3{font-size:1.05em;margin:1.6em 0 .4em}"
    ".qvr-root p{margin:.3em 0}.qvr-muted{color:var(--muted)}"
    ".qvr-root code{font-family:ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:.93em}"
    ".qvr-tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(8.5rem,1fr));gap:.6rem;"
    "margin:1em 0}"
    ".qvr-tiles div{background:var(--soft);border-radius:8px;padding:.5rem .8rem}"
    ".qvr-tiles span{display:block;color:var(--muted);font-size:.86em}.qvr-tiles b{font-size:1.2em}"
    ".qvr-note{border-left:4px solid var(--info);background:var(--soft);padding:.4rem .8rem;margin:.5em 0;"
    "border-radius:0 6px 6px 0}.qvr-note b{color:var(--info)}"
    ".qvr-warn{border-color:var(--warn)}.qvr-warn b{color:var(--warn)}"
    ".qvr-action{border-color:var(--action)}.qvr-action b{color:var(--action)}"
    ".qvr-root table{border-collapse:collapse;width:100%;margin:0}"
    ".qvr-root td,.qvr-root th{padding:.25rem .8rem .25rem 0;text-align:left;vertical-align:top;"
    "border-bottom:1px solid var(--line);background:none;color:inherit;font-weight:400}"
    ".qvr-root th{color:var(--muted)}.qvr-facts th{width:15rem}"
    ".qvr-root .qvr-number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
    ".qvr-bar{display:block;min-width:4rem;height:.8em;margin-top:.35em;background:var(--soft);border-radius:3px}"
    ".qvr-bar i{display:block;height:100%;min-width:1px;background:var(--bar);border-radius:3px}"
    "@media(max-width:32rem){.qvr-facts th{width:45%}}"
)

# Names of earlier releases and others, for what stands there under another name too.
_TWICE: Final = (
    "spectral_gap",
    "condition_number",
    "degeneracy",
    "num_qubits",
    "target_states",
    "concentration_at_best",
)
_TILES: Final = (
    ("difficulty", "Difficulty"),
    ("n_variables", "Variables"),
    ("n_terms", "Terms"),
    ("energy_min", "Lowest energy"),
    ("cost_gap", "Energy gap"),
    ("ground_state_degeneracy", "Ground states"),
)


def report_html(job_id: str, reply: Mapping[str, Any]) -> str:
    """The fragment for a reply of ``validation_result/``.

    What is null in the reply is named in the end: it is not known, or was not asked for.

    >>> report_html("a-job", {"hardness": {"n_variables": 2}, "report": None})[:21]
    '<div class="qvr-root"'
    """
    hardness, report = reply.get("hardness") or {}, dict(reply.get("report") or {})
    states = report.pop("state_probabilities", None) or ()
    baseline = report.pop("classical_baseline", None) or {}
    shown = [name for name, _ in _TILES]
    parts = [
        "<h2>Characterization</h2>",
        f'<p class="qvr-muted">Job <code>{escape(job_id)}</code></p>',
        _tiles(hardness),
        *map(_note, reply.get("recommendations") or ()),
        _section("Problem", {name: value for name, value in hardness.items() if name not in shown}),
        _section("Classical search", baseline),
        _section("Report", report),
    ]
    if states:
        parts.append(f"<h3>Most probable states</h3>{_states(states)}")
    unknown = [
        name for facts in (hardness, baseline, report) for name, value in _once(facts) if value is None
    ]
    if unknown:
        parts.append(
            f'<p class="qvr-muted">Not known, or not asked for: {", ".join(map(_name, unknown))}.</p>'
        )
    return f'<div class="qvr-root"><style>{_STYLE}</style>{"".join(parts)}</div>'


def _once(facts: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    return ((name, value) for name, value in facts.items() if name not in _TWICE)


def _tiles(hardness: Mapping[str, Any]) -> str:
    tiles = "".join(
        f"<div><span>{title}</span><b>{_shown(hardness[name])}</b></div>"
        for name, title in _TILES
        if hardness.get(name) is not None
    )
    return f'<div class="qvr-tiles">{tiles}</div>' if tiles else ""


def _note(item: Mapping[str, Any]) -> str:
    level = str(item["level"])
    return f'<p class="qvr-note qvr-{escape(level)}"><b>{escape(level)}</b> {escape(item["text"])}</p>'


def _section(title: str, facts: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><th>{_name(name)}</th><td>{_shown(value)}</td></tr>"
        for name, value in _once(facts)
        if value is not None
    )
    return f'<h3>{title}</h3><table class="qvr-facts">{rows}</table>' if rows else ""


def _states(states: list[Mapping[str, Any]]) -> str:
    largest = max(item["probability"] for item in states) or 1.0
    rows = []
    for item in states:
        bar = f'<i style="width:{100 * item["probability"] / largest:.1f}%"></i>'
        rows.append(
            f"<tr><td><code>{escape(item['state'])}</code></td>"
            f'<td><span class="qvr-bar">{bar}</span></td>'
            f'<td class="qvr-number">{100 * item["probability"]:.2f} %</td>'
            f'<td class="qvr-number">{_shown(float(item["energy"]))}</td>'
            f"<td>{'reference' if item['is_reference'] else ''}</td></tr>"
        )
    head = (
        '<tr><th>state</th><th></th><th class="qvr-number">probability</th>'
        '<th class="qvr-number">energy</th><th></th></tr>'
    )
    return f'<p class="qvr-muted">The leftmost bit is variable 0.</p><table>{head}{"".join(rows)}</table>'


def _name(name: str) -> str:
    return escape(name.removeprefix("n_").replace("_", " "))


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}".replace("-", "−")
    if isinstance(value, Mapping):
        known = ((name, item) for name, item in value.items() if item is not None)
        return "<br>".join(f"{_name(name)} {_shown(item)}" for name, item in known)
    if isinstance(value, list | tuple):
        return ", ".join(map(_shown, value))
    return escape(str(value))
