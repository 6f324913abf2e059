"""What a submission returns: `ExecutionResult`, and helpers on counts and probabilities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from vivace.errors import ConfigError, ResultError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "CountsArrays",
    "ExecutionResult",
    "ExpectationTable",
    "Expectations",
    "convert_counts_to_probs",
    "reverse_dict_endianness",
]


class Expectations(NamedTuple):
    """Expectation values of a batch: one row per circuit, one column per word."""

    labels: tuple[str, ...]
    words: tuple[str, ...]
    values: NDArray[np.float64]


class CountsArrays(NamedTuple):
    """Counts of one circuit.

    ``bits`` is uint8, one row per outcome: the key read as a binary number, big-endian, padded with zeros
    on the left to whole bytes. ``counts`` is int64.
    """

    bits: NDArray[np.uint8]
    counts: NDArray[np.int64]


class ExpectationTable:
    """Expectation values as a runner makes them: the words once, and a matrix of numbers.

    Hand it to `ExecutionResult` in place of the list of dicts; the list is built when somebody reads it.

    Args:
        labels: One label per circuit.
        words: One word per column, each once.
        values: Matrix of circuits times words. Kept as it is, not copied.
        metadata: Per circuit, further facts for its entry; None or an empty mapping adds nothing.

    >>> table = ExpectationTable(["c0", "c1"], ["ZI", "IZ"], [[1.0, 0.5], [0.0, -1.0]])
    >>> table.entries()[1]
    {'label': 'c1', 'results': {'ZI': 0.0, 'IZ': -1.0}}
    """

    __slots__ = ("labels", "metadata", "values", "words")

    labels: tuple[str, ...]
    words: tuple[str, ...]
    values: NDArray[np.float64]
    metadata: tuple[Mapping[str, Any] | None, ...] | None

    def __init__(
        self,
        labels: Iterable[str],
        words: Iterable[str],
        values: Sequence[Sequence[float]] | NDArray[np.float64],
        metadata: Iterable[Mapping[str, Any] | None] | None = None,
    ) -> None:
        import numpy as np

        self.labels = tuple(labels)
        self.words = tuple(words)
        matrix = np.asarray(values, dtype=np.float64)
        if not self.labels and matrix.size == 0:
            matrix = matrix.reshape(0, len(self.words))
        if matrix.shape != (len(self.labels), len(self.words)):
            raise ResultError(
                f"Expected a matrix of {len(self.labels)} circuits by {len(self.words)} words, "
                f"got shape {matrix.shape}."
            )
        if len(set(self.words)) != len(self.words):
            raise ResultError("Expected every word once, got repeated words. Merge their columns.")
        self.values = matrix
        self.metadata = None if metadata is None else tuple(metadata)
        if self.metadata is not None and len(self.metadata) != len(self.labels):
            raise ResultError(
                f"Expected metadata for {len(self.labels)} circuits, got {len(self.metadata)} entries."
            )

    def __len__(self) -> int:
        return len(self.labels)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ExpectationTable):
            return NotImplemented
        return (
            self.labels == other.labels
            and self.words == other.words
            and bool((self.values == other.values).all())
            and self._extras() == other._extras()
        )

    __hash__ = None  # type: ignore[assignment]

    def _extras(self) -> list[Mapping[str, Any]]:
        return [extra or {} for extra in self.metadata or [None] * len(self.labels)]

    def __repr__(self) -> str:
        return f"ExpectationTable(<{len(self.labels)} circuits x {len(self.words)} words>)"

    def entries(self) -> list[dict[str, Any]]:
        """The same values as a new list of dicts: label, results, and metadata where there is any."""
        words = self.words
        entries: list[dict[str, Any]] = [
            {"label": label, "results": dict(zip(words, row, strict=True))}
            for label, row in zip(self.labels, self.values.tolist(), strict=True)
        ]
        for entry, extra in zip(entries, self._extras(), strict=True):
            if extra:
                entry["metadata"] = dict(extra)
        return entries


# `eq`, `repr` and `init` are written out: values may sit in an array until `results` is read.
@dataclass(frozen=True, init=False, eq=False, repr=False)
class ExecutionResult:
    """Outcome of a submission: results, or the id of a job that will have them.

    Equal when results, job id, number of requests and run time are; frozen and hashable; works with pickle,
    copy, `dataclasses.replace` and `dataclasses.asdict`. Treat the list as read-only: array views do not
    follow changes.

    Attributes:
        results: ``[{"label": str, "results": dict}, ...]`` in the order of the circuits, or None while a
            job runs. The dict maps count keys (rightmost character = classical bit 0) to counts, or Pauli
            words (leftmost letter = qubit 0) to expectation values. Entries may carry ``"metadata"``.
            Runners keep values in arrays; the list is then built when it is first read.
        job_id: Id of the remote job.
        backend_jobs: Number of upload requests the job took.
        run_time: Seconds reported by the backend.

    >>> ExecutionResult([{"label": "0", "results": {"00": 1000}}]).results[0]["results"]
    {'00': 1000}
    >>> pending = ExecutionResult(job_id="a-job")
    >>> pending.is_async()
    True
    """

    results: list[dict[str, Any]] | None
    job_id: str | None
    backend_jobs: int
    run_time: float

    def __init__(
        self,
        results: list[dict[str, Any]] | ExpectationTable | None = None,
        job_id: str | None = None,
        backend_jobs: int = 1,
        run_time: float = 0.0,
    ) -> None:
        # `results` is left out while a table stands for it; __getattr__ then builds it.
        name = "_table" if isinstance(results, ExpectationTable) else "results"
        vars(self).update(
            {name: results, "job_id": job_id, "backend_jobs": backend_jobs, "run_time": run_time}
        )

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            table = vars(self).get("_table") if name == "results" else None
            if table is None:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            # setdefault: threads that get here together all return the same list.
            return vars(self).setdefault("results", table.entries())

    def __getstate__(self) -> dict[str, Any]:
        # A table is the compact form: do not ship the list built from it as well.
        state = dict(vars(self))
        if "_table" in state:
            state.pop("results", None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ExecutionResult):
            return NotImplemented
        if (self.job_id, self.backend_jobs, self.run_time) != (
            other.job_id,
            other.backend_jobs,
            other.run_time,
        ):
            return False
        mine, theirs = self._table_or_none(), other._table_or_none()
        if mine is not None and theirs is not None and mine.words == theirs.words:
            return mine == theirs
        return self.results == other.results

    def __hash__(self) -> int:
        return hash((self.job_id, self.backend_jobs, self.run_time))

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(results={self._summary()}, job_id={self.job_id!r}, "
            f"backend_jobs={self.backend_jobs}, run_time={self.run_time})"
        )

    def _table_or_none(self) -> ExpectationTable | None:
        table: ExpectationTable | None = vars(self).get("_table")
        return table

    def _summary(self) -> str:
        table = self._table_or_none()
        if table is not None:
            return f"<{len(table)} circuits x {len(table.words)} words>"
        if self.results is None:
            return "None"
        return f"<{len(self.results)} circuit{'' if len(self.results) == 1 else 's'}>"

    def is_async(self) -> bool:
        """Whether the results are still to be fetched: there is a job id and nothing else.

        >>> ExecutionResult([], job_id="a-job").is_async()
        False
        """
        return self.job_id is not None and not self._has_results()

    def _has_results(self) -> bool:
        return self._table_or_none() is not None or self.results is not None

    def with_results(
        self, results: list[dict[str, Any]] | ExpectationTable | None, run_time: float = 0.0
    ) -> Self:
        """A copy with results; job id and number of requests stay.

        >>> ExecutionResult(job_id="a-job").with_results([], run_time=1.5)
        ExecutionResult(results=<0 circuits>, job_id='a-job', backend_jobs=1, run_time=1.5)
        """
        return type(self)(results, self.job_id, self.backend_jobs, run_time)

    def expectations(self) -> Expectations:
        """Expectation values as one matrix: rows are circuits, columns are words.

        The matrix is a read-only view of what the runner computed, where there is one.

        Raises:
            ResultError: There are no results yet, they are counts, or the circuits have different words.

        >>> result = ExecutionResult([{"label": "a", "results": {"ZI": 1.0, "IZ": 0.5}}])
        >>> labels, words, values = result.expectations()
        >>> labels, words, values.tolist()
        (('a',), ('ZI', 'IZ'), [[1.0, 0.5]])
        """
        table = self._table_or_none()
        if table is None:
            table = _table_from_entries(self._entries())
        values = table.values.view()
        values.flags.writeable = False
        return Expectations(table.labels, table.words, values)

    def counts_arrays(self) -> list[CountsArrays]:
        """Counts as arrays, one pair ``(bits, counts)`` per circuit, in the order of the circuits.

        Raises:
            ResultError: There are no results yet, or they are not counts.

        >>> result = ExecutionResult([{"label": "a", "results": {"000": 7, "101": 3}}])
        >>> bits, counts = result.counts_arrays()[0]
        >>> bits.tolist(), counts.tolist()
        ([[0], [5]], [7, 3])
        """
        if self._table_or_none() is not None:
            raise ResultError("Expected counts, got expectation values. Use expectations().")
        return [_counts_from_entry(entry) for entry in self._entries()]

    def _entries(self) -> list[dict[str, Any]]:
        if self.results is None:
            job = "" if self.job_id is None else f" of job {self.job_id}"
            raise ResultError(f"There are no results{job} yet. Poll the job and fetch its results first.")
        return self.results


def _table_from_entries(entries: list[dict[str, Any]]) -> ExpectationTable:
    if not entries:
        return ExpectationTable((), (), [])
    first = entries[0]
    words = tuple(first["results"])
    if not all(word and set(word) <= set("IXYZixyz") for word in words):
        raise ResultError(
            f"Expected expectation values, got counts for {first['label']!r}. Use counts_arrays().",
            first["label"],
        )
    rows: list[list[float]] = []
    for entry in entries:
        label, found = entry["label"], entry["results"]
        if found.keys() != first["results"].keys():
            odd = sorted(found.keys() ^ first["results"].keys())
            raise ResultError(
                f"Expected the same words for every circuit, but {label!r} and {first['label']!r} differ in "
                f"{odd[:4]}. Read `results`, or submit circuits with different words apart.",
                label,
            )
        rows.append([float(found[word]) for word in words])
    return ExpectationTable((entry["label"] for entry in entries), words, rows)


def _counts_from_entry(entry: Mapping[str, Any]) -> CountsArrays:
    import numpy as np

    label, found = entry["label"], entry["results"]
    widths = {len(key) for key in found}
    if len(widths) > 1 or not all(set(key) <= {"0", "1"} for key in found):
        raise ResultError(
            f"Expected counts with keys of 0 and 1, all of one width, for {label!r}, "
            f"got keys such as {list(found)[:3]}.",
            label,
        )
    columns = -(-next(iter(widths), 0) // 8)
    packed = b"".join(int(key or "0", 2).to_bytes(columns, "big") for key in found)
    bits = np.frombuffer(packed, dtype=np.uint8).reshape(len(found), columns)
    return CountsArrays(bits, np.fromiter(found.values(), dtype=np.int64, count=len(found)))


def convert_counts_to_probs(
    counts: Mapping[str, Mapping[str, int]], shots: int
) -> dict[str, dict[str, float]]:
    """Divide the counts of every label by the number of shots.

    >>> convert_counts_to_probs({"c0": {"00": 250, "11": 750}}, 1000)
    {'c0': {'00': 0.25, '11': 0.75}}
    """
    if shots <= 0:
        raise ConfigError(f"Shots must be a positive integer. Got {shots}.", "shots")
    return {label: {key: n / shots for key, n in found.items()} for label, found in counts.items()}


def reverse_dict_endianness(probs: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Reverse the key of every outcome, so that the other end is bit 0.

    >>> reverse_dict_endianness({"c0": {"001": 0.5, "110": 0.5}})
    {'c0': {'100': 0.5, '011': 0.5}}
    """
    return {label: {key[::-1]: value for key, value in found.items()} for label, found in probs.items()}
