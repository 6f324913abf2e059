"""The pages as text. Everything that came from a client is escaped."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from typing import Any, Final

from vivace.backends.qoro.wire.jobs import JobStatus, JobType
from vivace.server.jobs import Job
from vivace.server.pages.charts import chart_html, counts_chart, values_chart
from vivace.server.pages.style import STYLE

__all__ = ["job_page", "jobs_page"]

_REFRESH: Final = '<meta http-equiv="refresh" content="3">'
_LONGEST: Final = 160


def _page(title: str, content: str, *, live: bool) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"{_REFRESH if live else ''}<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body>{content}</body></html>"
    )


def jobs_page(
    name: str, balance: str, base: str, jobs: Sequence[Job], offset: int = 0, *, older: int | None = None
) -> str:
    """The jobs of an account, newest first.

    Args:
        name: Name of the account.
        balance: Its credits.
        base: Base address of the API.
        jobs: Some of its jobs.
        offset: How many are newer than these.
        older: Offset of those that are older; None if there are none.
    """
    head = (
        '<tr><th class="w-job">Job</th><th>Type and target</th><th class="w-status">Status</th>'
        '<th class="w-progress">Circuits</th><th class="w-time number">Run time</th>'
        '<th class="w-date">Created (UTC)</th></tr>'
    )
    links = [('<a href="?">Newest jobs</a>', offset > 0)]
    links.append((f'<a href="?offset={older}">Older jobs</a>', older is not None))
    rows = "".join(map(_row, jobs))
    table = f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"
    main = f'<div class="card jobs">{table}</div>{_nav(links)}' if jobs else _empty(base)
    live = any(not job.status.is_terminal for job in jobs)
    content = (
        f'<header><h1>Vivace server</h1><p class="muted">Account {escape(name)} · {escape(balance)} credits '
        f"· API at <code>{escape(base)}</code></p></header><main>{main}</main>"
    )
    return _page("Vivace server", content, live=live)


def _empty(base: str) -> str:
    shown = escape(base)
    return (
        '<div class="card"><p><b>No jobs yet.</b></p><p class="muted">Jobs appear here as soon as they are '
        "opened. The token is the one that the server was given or printed.</p>"
        f"<pre>export QORO_API_URL={shown}\nexport QORO_API_KEY=…\n"
        "vivace run circuit.qasm --backend qoro --shots 1000</pre></div>"
    )


def _nav(links: Sequence[tuple[str, bool]]) -> str:
    shown = [link for link, there in links if there]
    return f"<nav>{''.join(shown)}</nav>" if shown else ""


def _row(job: Job) -> str:
    short = escape(job.job_id.partition("-")[0])
    return (
        f'<tr><td><a class="tag" href="/jobs/{escape(job.job_id)}" title="{escape(job.spec.tag)}">'
        f"{escape(job.spec.tag) or short}</a><small><code>{short}</code></small></td>"
        f'<td data-name="Type"><span>{job.spec.job_type}'
        f"<small>{escape(job.spec.target or '')}</small></span></td>"
        f'<td data-name="Status"><span>{_status(job)}</span></td>'
        f'<td data-name="Circuits"><span>{_progress(job)}</span></td>'
        f'<td class="number" data-name="Run time">{job.run_time:.2f} s</td>'
        f'<td data-name="Created">{_time(job.created_at)}</td></tr>'
    )


def _time(stamp: str) -> str:
    return escape(stamp[:19].replace("T", " "))


def _status(job: Job) -> str:
    pill = f'<span class="pill {job.status}">{job.status}</span>'
    if job.status is not JobStatus.PENDING or job.spec.job_type is JobType.CHARACTERIZE:
        return pill
    return f"{pill}<small>{'waits for its turn' if job.finalized else 'last upload missing'}</small>"


def _progress(job: Job) -> str:
    if not job.n_circuits:
        return "–"
    done = f"{job.n_done:,} of {job.n_circuits:,}"
    return f'<small>{done}</small><progress value="{job.n_done}" max="{job.n_circuits}">{done}</progress>'


def job_page(
    job: Job,
    offset: int,
    size: int,
    entries: Sequence[tuple[str, Any]],
    report: str | None,
    warnings: Sequence[str] = (),
) -> str:
    """A job: what it is, how far it is, and a chart for each of some of its circuits.

    Args:
        job: The job.
        offset: Place of the first of the circuits.
        size: Circuits on a page.
        entries: Labels and results; None for those without any yet.
        report: Report of a characterisation, which is HTML.
        warnings: What makes results approximate.
    """
    parts = [
        f'<header><nav><a href="/">← All jobs</a></nav><h1>{escape(job.spec.tag) or "Job"}</h1>'
        f'<p>{_status(job)} <code class="muted">{escape(job.job_id)}</code></p></header><main>'
    ]
    if job.detail:
        parts.append(f'<p class="reason {job.status}">{escape(job.detail)}</p>')
    parts += [f'<p class="reason">{escape(text)}</p>' for text in warnings]
    parts.append(f'<div class="card"><dl>{_facts(job)}</dl></div>')
    if report is not None:
        parts.append(f'<div class="card report">{report}</div>')
    if job.n_circuits:
        estimates = job.spec.job_type.modern is JobType.EXPECTATION
        waiting = "Did not run." if job.status.is_terminal else "No result yet."
        cards = [
            _circuit(place, label, results, waiting, estimates=estimates)
            for place, (label, results) in enumerate(entries, offset + 1)
        ]
        pages = _pages(job, offset, size, len(entries))
        title = "Expectation values" if estimates else "Counts"
        parts.append(
            f'<h2>{title}</h2><p class="muted">{_NOTES[estimates]}</p>'
            f'{pages}<div class="circuits">{"".join(cards)}</div>{pages if len(cards) > 2 else ""}'
        )
    parts.append("</main>")
    return _page(f"{job.spec.tag} – Vivace", "".join(parts), live=not job.status.is_terminal)


_NOTES: Final = {
    False: "The most frequent outcomes, with their shots. Classical bit 0 is the rightmost.",
    True: "The leftmost letter of a word stands for qubit 0.",
}


def _facts(job: Job) -> str:
    spec = job.spec
    facts = [("Type", escape(spec.job_type)), ("Run time", f"{job.run_time:.2f} s")]
    if spec.target:
        facts.insert(
            1, ("Target", f"{escape(spec.target)} ({'QPU system' if spec.is_qpu else 'simulators'})")
        )
    if job.n_circuits:
        facts.append(("Circuits", _progress(job)))
    facts.append(("Created (UTC)", _time(job.created_at)))
    if job.completed_at:
        facts.append(("Ended (UTC)", _time(job.completed_at)))
    found = "".join(f"<div><dt>{name}</dt><dd>{text}</dd></div>" for name, text in facts)
    if spec.packing:
        found += _wide("Packing", "Asked for. Circuits run one by one here, with the same results and price.")
    if spec.config:
        chips = "".join(f"<code>{escape(_option(*item))}</code>" for item in spec.config.items())
        idle = " Kept; an exact device has no use for them." if spec.config_kind == "device_config" else ""
        found += _wide("Options", f"{chips}{idle}")
    return found


def _wide(name: str, text: str) -> str:
    return f'<div class="whole"><dt>{name}</dt><dd>{text}</dd></div>'


def _option(name: str, value: Any) -> str:
    text = f"{name} = {value if isinstance(value, str) else json.dumps(value)}"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _circuit(place: int, label: str, results: Any, waiting: str, *, estimates: bool) -> str:
    if results is None:
        size, content = "", f'<p class="muted">{waiting}</p>'
    else:
        chart = values_chart(results) if estimates else counts_chart(results)
        size, content = f" · {chart.size}", chart_html(chart)
    return (
        f'<figure class="card"><figcaption><b>{escape(label)}</b><small>#{place:,}{size}</small></figcaption>'
        f"{content}</figure>"
    )


def _pages(job: Job, offset: int, size: int, shown: int) -> str:
    after, last = offset + shown, (job.n_circuits - 1) // size * size
    if shown == job.n_circuits:
        return ""
    if not shown:
        return '<p class="muted">No circuit of this job is kept there. <a href="?">First circuits</a></p>'
    links = [
        ('<a href="?">First</a>', offset > 0),
        (f'<a href="?offset={max(0, offset - size)}">Previous</a>', offset > 0),
        (f"<span>{offset + 1:,}–{after:,} of {job.n_circuits:,}</span>", True),
        (f'<a href="?offset={after}">Next</a>', after < job.n_circuits),
        (f'<a href="?offset={last}">Last</a>', after < job.n_circuits),
    ]
    return _nav(links)
