"""The report of a characterisation as a fragment of HTML that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any, Final

__all__ = ["report_html"]

_STYLE: Final = (
    ".qvr-root{font:14px/1.5 system-ui,sans-serif;color:#22262b;max-width:60rem}"
    ".qvr-root table{border-collapse:collapse;margin:.5rem 0 1.5rem}"
    ".qvr-root td,.qvr-root th{padding:.15rem .8rem .15rem 0;text-align:left;"
    "border-bottom:1px solid #e3e6e9}"
    ".qvr-root th{font-weight:600;color:#6b737c}"
)


def report_html(job_id: str, reply: Mapping[str, Any]) -> str:
    """The fragment for a reply of ``validation_result/``.

    >>> report_html("a-job", {"hardness": {"n_variables": 2}, "report": None})[:21]
    '<div class="qvr-root"'
    """
    parts = [f"<h2>Characterization of job {escape(job_id)}</h2>"]
    parts += [
        f"<p><strong>{escape(item['level'])}</strong> {escape(item['text'])}</p>"
        for item in reply.get("recommendations") or ()
    ]
    for title, facts in (("Hardness", reply.get("hardness")), ("Report", reply.get("report"))):
        if facts:
            parts.append(f"<h3>{title}</h3>{_table(facts)}")
    states = (reply.get("report") or {}).get("state_probabilities") or ()
    if states:
        parts.append(f"<h3>Most probable states</h3>{_states(states)}")
    return f'<div class="qvr-root"><style>{_STYLE}</style>{"".join(parts)}</div>'


def _table(facts: Mapping[str, Any]) -> str:
    rows = []
    for name, value in facts.items():
        if value is None or (isinstance(value, list) and value and isinstance(value[0], dict)):
            continue
        shown = (
            ", ".join(f"{k} {_shown(v)}" for k, v in value.items())
            if isinstance(value, dict)
            else _shown(value)
        )
        rows.append(f"<tr><th>{escape(name.replace('_', ' '))}</th><td>{escape(shown)}</td></tr>")
    return f"<table>{''.join(rows)}</table>"


def _states(states: list[Mapping[str, Any]]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(item['state'])}</code></td><td>{item['probability']:.4f}</td>"
        f"<td>{item['energy']:g}</td><td>{'reference' if item['is_reference'] else ''}</td></tr>"
        for item in states
    )
    return f"<table><tr><th>state</th><th>probability</th><th>energy</th><th></th></tr>{rows}</table>"


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    return str(value)
