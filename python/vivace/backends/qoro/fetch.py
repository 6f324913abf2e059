"""Results of a job: pages fetched ahead, decoded as they come."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import requests

from vivace._suggest import warn_user
from vivace.backends.qoro.http_errors import (
    AnswerTooLongError,
    QoroConnectionError,
    QoroHTTPError,
    UnreadableAnswerError,
)
from vivace.backends.qoro.jobs import RESUME, fetch_status, job_error, known_status
from vivace.backends.qoro.retrying import is_transient
from vivace.backends.qoro.transport import Transport
from vivace.backends.qoro.wire import endpoints
from vivace.backends.qoro.wire.jobs import JobStatus
from vivace.backends.qoro.wire.results import ResultsPage
from vivace.backends.qoro.words import NO_PADDING, Padding
from vivace.cancellation import Either, check
from vivace.codecs import decode_histogram, decode_histogram_arrays
from vivace.errors import ExecutionCancelledError, PayloadError, ProtocolError
from vivace.tables import CountsTable, ExpectationTable, Metadata

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["fetch_entries", "tabled"]

_AHEAD: Final = 4
_FULL_PAGES: Final = 4

Entries = list[dict[str, Any]]


def fetch_entries(
    transport: Transport,
    job_id: str,
    *,
    expected: int | None = None,
    padding: Padding = NO_PADDING,
    known: Sequence[dict[str, Any]] = (),
    packed: bool = False,
    warned: set[str] | None = None,
    cancellation_event: Event | None = None,
) -> Iterator[dict[str, Any]]:
    """Entries of a job in order, decoded: ``{"label": ..., "results": ...}``.

    Some pages are fetched and decoded ahead, on threads. These are held, and the labels of all that came
    before, to see that none comes twice.

    Args:
        transport: The service.
        job_id: The job.
        expected: Number of circuits, where known: that many entries must come.
        padding: What words were padded; results come under the words as given.
        known: First entries, fetched before; the rest follows.
        packed: Whether counts come in a form that only `tabled` understands.
        warned: What the service warned of before, which is not passed on again.
        cancellation_event: Set it to stop.

    Raises:
        QoroHTTPError: There are no results yet, or the service refused.
        QoroJobError: The job ended badly.
        ExecutionCancelledError: The event was set; tells how to go on.
        AnswerTooLongError: A single entry is longer than the client takes.
        ProtocolError: Entries are missing, or come twice, or a page is empty though more should follow.
        PayloadError: An entry cannot be decoded; tells its label.
    """
    yield from known
    seen = {entry["label"] for entry in known}
    threads = ThreadPoolExecutor(_AHEAD, thread_name_prefix="vivace-results")
    over = Either(cancellation_event)
    pages = _Pages(transport, job_id, padding, threads, over, packed=packed)
    pages.warned = set() if warned is None else warned
    try:
        for entries in pages.start(len(known)):
            for entry in entries:
                if entry["label"] in seen:
                    raise ProtocolError(f"Job {job_id}: results of {entry['label']!r} came twice.")
                seen.add(entry["label"])
                yield entry
    finally:
        over.set()  # no thread goes on to ask for pages: the program could not end before
        threads.shutdown(wait=False, cancel_futures=True)  # pages that nobody will read
    total = expected if expected is not None else pages.count
    if total is not None and len(seen) != total:
        raise ProtocolError(f"Job {job_id}: expected results of {total} circuits, got {len(seen)}.")


class _Limit:
    """How many entries to ask for: fewer once a page was too long, more again after so many full ones.

    Each time that more was too much, twice as many pages come before the next try.
    """

    def __init__(self) -> None:
        self.now = endpoints.PAGE_LIMIT
        self._full, self._wanted, self._grown = 0, _FULL_PAGES, False

    def lower(self, tried: int) -> int:
        """The limit, after a page with another one was too long."""
        self.now = min(max(1, tried // 2), self.now)
        self._wanted *= 2 if self._grown else 1
        self._full, self._grown = 0, False
        return self.now

    def after_full(self) -> int:
        """The limit, after a page with as many entries as were asked for."""
        self._full += 1
        if self._full >= self._wanted and self.now < endpoints.PAGE_LIMIT:
            self.now = min(2 * self.now, endpoints.PAGE_LIMIT)
            self._full, self._grown = 0, True
        return self.now


class _Pages:
    """Pages in order, fetched ahead on the guess that all are as long as the last one, or as asked for."""

    def __init__(
        self,
        transport: Transport,
        job_id: str,
        padding: Padding,
        threads: ThreadPoolExecutor,
        event: Event,
        *,
        packed: bool,
    ) -> None:
        self._packed = packed
        self._transport = transport
        self._job_id = job_id
        self._padding = padding
        self._threads = threads
        self._event = event
        self._limit = _Limit()
        self._ahead: deque[tuple[int, int, Future[tuple[ResultsPage, Entries, int]]]] = deque()
        self.warned: set[str] = set()
        self.count: int | None = None

    def start(self, offset: int) -> Iterator[Entries]:
        """Entries of one page after the other."""
        while True:
            check(self._event, _cancelled(self._job_id))
            page, entries, limit = self._page(offset)
            self.count = page.count if page.count is not None else self.count
            self._warn(page.warnings)
            if not entries and page.next is not None:
                raise ProtocolError(
                    f"Job {self._job_id}: the page of results at {offset} is empty, but more should follow."
                )
            offset += len(entries)
            if page.next is not None:
                full = len(entries) == limit
                self._look_ahead(offset, self._limit.after_full() if full else len(entries))
            yield entries
            if page.next is None:
                return

    def _warn(self, warnings: Sequence[str]) -> None:
        """Pass on what the service warns of, once."""
        for text in warnings:
            if text not in self.warned:
                self.warned.add(text)
                warn_user(text)

    def _page(self, offset: int) -> tuple[ResultsPage, Entries, int]:
        while self._ahead and self._ahead[0][0] != offset:
            self._ahead.popleft()[2].cancel()  # the guess was wrong: the last page was shorter
        if not self._ahead:
            return self._fetched(offset, self._limit.now)
        return self._ahead.popleft()[2].result()

    def _look_ahead(self, offset: int, length: int) -> None:
        at = offset
        for start, expected, _ in self._ahead:
            at = start + expected
        while len(self._ahead) < _AHEAD and (at < self.count if self.count is not None else at == offset):
            self._ahead.append((at, length, self._threads.submit(self._fetched, at, self._limit.now)))
            at += length

    def _fetched(self, offset: int, limit: int) -> tuple[ResultsPage, Entries, int]:
        """The page at an offset, its entries decoded, and the limit it came with."""
        page, limit = self._results_page(offset, limit)
        entries: Entries = [
            {"label": label, "results": self._decoded(offset + place, label, found)}
            for place, (label, found) in enumerate(page.entries)
        ]
        for entry, own in zip(entries, page.metadata, strict=False):
            if own:
                entry["metadata"] = own
        return page, entries, limit

    def _decoded(self, circuit: int, label: str, found: Any) -> Any:
        decoded = _decoded(label, found, packed=self._packed)
        return self._padding.restored(circuit, decoded) if isinstance(decoded, dict) else decoded

    def _results_page(self, offset: int, limit: int) -> tuple[ResultsPage, int]:
        """The page at an offset: a shorter one, if it is longer than the client takes."""
        while True:
            try:
                return _results_page(self._transport, self._job_id, offset, limit, self._event), limit
            except ExecutionCancelledError:
                raise ExecutionCancelledError(_cancelled(self._job_id)) from None
            except AnswerTooLongError:
                if limit == 1:
                    raise _too_long(self._transport, self._job_id, offset) from None
            limit = self._limit.lower(limit)


def _too_long(transport: Transport, job_id: str, offset: int) -> AnswerTooLongError:
    return AnswerTooLongError(
        f"Job {job_id}: asked for alone, the results of circuit number {offset} (from 0) come in an answer "
        f"longer than the {transport.max_response} bytes taken. Make a service with a larger "
        f"max_response_bytes, and fetch them with service.resume({job_id!r})."
    )


def _results_page(
    transport: Transport, job_id: str, offset: int, limit: int, event: Event | None
) -> ResultsPage:
    try:
        return transport.get(
            endpoints.RESULTS,
            _read_page,
            job_id=job_id,
            params={"limit": limit, "offset": offset},
            patient=True,
            cancellation_event=event,
        )
    except (QoroHTTPError, QoroConnectionError, UnreadableAnswerError) as error:
        if is_transient(error):
            error.add_note(f"Job {job_id} keeps its results: service.resume({job_id!r}) fetches them.")
        explained = _explained(transport, job_id, error, event) if isinstance(error, QoroHTTPError) else error
        if explained is error:
            raise
        raise explained from error


def _cancelled(job_id: str) -> str:
    return f"Fetching results of job {job_id} was cancelled. It keeps them: {RESUME.format(job_id)} fetches."


def _read_page(body: Any) -> ResultsPage:
    if not isinstance(body, dict):
        raise ProtocolError(f"Expected a page of results as an object, got {type(body).__name__}.")
    return ResultsPage.from_wire(body)


def _explained(transport: Transport, job_id: str, error: QoroHTTPError, event: Event | None) -> Exception:
    """The error of the job if it ended badly; else that of the request, in plain words."""
    try:
        status = known_status(fetch_status(transport, job_id, event))
    except (requests.RequestException, ProtocolError):
        return error
    if isinstance(status, JobStatus) and status.is_terminal and status is not JobStatus.COMPLETED:
        return job_error(transport, job_id, status, error)
    if error.status_code == 400 and error.response is not None:
        message = "400 Bad Request: Job results not available, likely job is still running"
        return QoroHTTPError(message, error.response)
    return error


class _Packed(NamedTuple):
    """Counts of a circuit in arrays: an eighth of the memory of a dict, and much sooner made."""

    width: int
    bits: NDArray[np.uint8]
    counts: NDArray[np.int64]


def _decoded(label: str, found: Any, *, packed: bool) -> Any:
    if not found:
        return found
    if "encoding" in found or "payload" in found:
        if not found.get("payload"):
            return found
        try:
            if packed and found.get("n_bits") is not None:
                return _Packed(found["n_bits"], *decode_histogram_arrays(found))
            return decode_histogram(found)
        except PayloadError as error:
            raise PayloadError(f"Results of circuit '{label}': {error}", label) from None
    values = {}
    for word, value in found.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise PayloadError(
                f"Results of circuit '{label}': expected a number for {word!r:.60}, got {value!r:.60}.", label
            )
        values[word] = float(value)
    return values


def tabled(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]] | ExpectationTable | CountsTable:
    """Entries that were fetched ``packed`` as a table, if all are of one kind; else as plain dicts."""
    if entries and all(isinstance(entry["results"], _Packed) for entry in entries):
        return _counts_table(entries)
    found = [
        _counts_table([entry]).entries()[0] if isinstance(entry["results"], _Packed) else entry
        for entry in entries
    ]
    first = found[0]["results"] if found else None
    if not first or not all(type(value) is float for value in first.values()):
        return found
    words = tuple(first)
    if any(tuple(entry["results"] or ()) != words for entry in found):
        return found
    rows = [list(entry["results"].values()) for entry in found]
    return ExpectationTable([entry["label"] for entry in found], words, rows, _metadata(found))


def _counts_table(entries: Sequence[dict[str, Any]]) -> CountsTable:
    import numpy as np

    packed: list[_Packed] = [entry["results"] for entry in entries]
    return CountsTable(
        [entry["label"] for entry in entries],
        [counts.width for counts in packed],
        np.cumsum([0, *(len(counts.counts) for counts in packed)]),
        np.concatenate([counts.bits.ravel() for counts in packed]),
        np.concatenate([counts.counts for counts in packed]),
        _metadata(entries),
    )


def _metadata(entries: Sequence[dict[str, Any]]) -> list[Metadata | None] | None:
    found = [entry.get("metadata") for entry in entries]
    return found if any(found) else None
