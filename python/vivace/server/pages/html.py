"""The pages as text. Everything that came from a client is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any, Final

from vivace.backends.qoro.wire.jobs import JobType
from vivace.server.jobs import Job
from vivace.server.pages.charts import chart_of, counts_bars, values_bars

__all__ = ["job_page", "jobs_page"]

_STYLE: Final = """
:root{color-scheme:light dark;--ink:#22262b;--muted:#6b737c;--line:#e3e6e9;--bar:#2a6f97;--bad:#d1495b;
--good:#2e7d4f}
@media(prefers-color-scheme:dark){:root{--ink:#e6e8ea;--muted:#9aa3ab;--line:#3a4046;--bar:#61a5c2;
--good:#6fbf8b}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);max-width:72rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem;margin:0}h2{font-size:1rem;margin:1.5rem 0 .3rem}a{color:var(--bar)}
p{color:var(--muted);margin:.3rem 0}
table{border-collapse:collapse;width:100%;margin-top:1rem}
th,td{text-align:left;padding:.35rem .8rem .35rem 0;border-bottom:1px solid var(--line)}
th{color:var(--muted);font-weight:500}td.number,th.number{text-align:right}
code,.key{font-family:ui-monospace,monospace}
progress{width:8rem;accent-color:var(--bar)}
.COMPLETED{color:var(--good)}.FAILED,.TIMED_OUT,.INSUFFICIENT_CREDITS{color:var(--bad)}.CANCELLED{color:var(--muted)}
svg{max-width:100%;height:auto}svg text{font-size:12px;fill:var(--ink)}svg .key{text-anchor:end}
svg rect{fill:var(--bar)}svg line{stroke:var(--line)}
"""
_REFRESH: Final = '<meta http-equiv="refresh" content="3">'


def _page(title: str, content: str, *, live: bool) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"{_REFRESH if live else ''}<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body>{content}</body></html>"
    )


def jobs_page(name: str, balance: str, jobs: Sequence[Job]) -> str:
    """The jobs of an account, newest first."""
    head = (
        "<tr><th>job</th><th>tag</th><th>type</th><th>target</th><th>status</th><th>progress</th>"
        '<th class="number">circuits</th><th class="number">run time</th><th>created</th></tr>'
    )
    rows = "".join(map(_row, jobs)) or '<tr><td colspan="9">No jobs yet.</td></tr>'
    content = (
        f"<h1>Vivace server</h1><p>Account {escape(name)} · {escape(balance)} credits</p>"
        f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"
    )
    return _page("Vivace server", content, live=any(not job.status.is_terminal for job in jobs))


def _row(job: Job) -> str:
    short = escape(job.job_id.partition("-")[0])
    return (
        f'<tr><td><a href="/jobs/{escape(job.job_id)}"><code>{short}</code></a></td>'
        f"<td>{escape(job.spec.tag)}</td><td>{job.spec.job_type}</td>"
        f"<td>{escape(job.spec.target or '–')}</td>"
        f'<td class="{job.status}">{job.status}</td><td>{_progress(job)}</td>'
        f'<td class="number">{job.n_circuits:,}</td><td class="number">{job.run_time:.2f} s</td>'
        f"<td>{escape(job.created_at[:19].replace('T', ' '))}</td></tr>"
    )


def _progress(job: Job) -> str:
    if not job.n_circuits:
        return "–"
    done = f"{job.n_done:,} of {job.n_circuits:,}"
    return f'<progress value="{job.n_done}" max="{job.n_circuits}" title="{done}">{done}</progress>'


def job_page(job: Job, offset: int, entries: Sequence[tuple[str, Any]], report: str | None) -> str:
    """A job: what it is, how far it is, and a chart for each of some of its circuits.

    Args:
        job: The job.
        offset: Place of the first of the circuits.
        entries: Labels and results; None for those without any yet.
        report: Report of a characterisation, which is HTML.
    """
    target = f" on {escape(job.spec.target)}" if job.spec.target else ""
    parts = [
        f'<p><a href="/">All jobs</a></p><h1>{escape(job.spec.tag)} <code>{escape(job.job_id)}</code></h1>',
        f'<p>{job.spec.job_type}{target} · <span class="{job.status}">{job.status}</span> · '
        f"{job.run_time:.2f} s · {_progress(job)}</p>",
    ]
    if job.detail:
        parts.append(f'<p class="FAILED">{escape(job.detail)}</p>')
    if report is not None:
        parts.append(report)
    estimates = job.spec.job_type.modern is JobType.EXPECTATION
    parts += [_circuit(label, results, estimates=estimates) for label, results in entries]
    parts.append(_links(job, offset, len(entries)))
    return _page(f"{job.spec.tag} – Vivace", "".join(parts), live=not job.status.is_terminal)


def _circuit(label: str, results: Any, *, estimates: bool) -> str:
    title = f"<h2>{escape(label)}</h2>"
    if results is None:
        return f"{title}<p>No result yet.</p>"
    bars, more = values_bars(results) if estimates else counts_bars(results)
    return f"{title}{chart_of(bars, label)}{f'<p>{more}</p>' if more else ''}"


def _links(job: Job, offset: int, shown: int) -> str:
    links = []
    if offset:
        links.append('<a href="?">First circuits</a>')
    if shown and offset + shown < job.n_circuits:
        links.append(f'<a href="?offset={offset + shown}">Next circuits</a>')
    return f"<p>{' · '.join(links)}</p>" if links else ""
