"""What a submission returns: `ExecutionResult`, and helpers on counts and probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from vivace.errors import ConfigError, ResultError
from vivace.tables import CountsArrays, CountsTable, Expectations, ExpectationTable, Metadata

__all__ = [
    "CompletedResult",
    "CountsArrays",
    "CountsTable",
    "ExecutionResult",
    "ExpectationTable",
    "Expectations",
    "convert_counts_to_probs",
    "reverse_dict_endianness",
]

_Results: TypeAlias = list[dict[str, Any]] | ExpectationTable | CountsTable | None


# `eq`, `repr` and `init` are written out: values may sit in an array until `results` is read.
@dataclass(frozen=True, init=False, eq=False, repr=False)
class ExecutionResult:
    """Outcome of a submission: results, or the id of a job that will have them.

    Equal when labels, results, job id and number of requests are, whichever way the circuits ran and however
    long it took; frozen and hashable; works with pickle, copy, `dataclasses.replace` and
    `dataclasses.asdict`. Treat the list as read-only: array views do not follow changes.

    Attributes:
        results: ``[{"label": str, "results": dict}, ...]`` in the order of the circuits, or None while a
            job runs. The dict maps count keys (rightmost character = classical bit 0) to counts, or Pauli
            words (leftmost letter = qubit 0) to expectation values. Entries may carry ``"metadata"``, which
            circuits that ran the same way share. Runners keep results in arrays; the list is then built when
            it is first read.
        job_id: Id of the remote job.
        backend_jobs: Number of upload requests the job took.
        run_time: Seconds the backend took, as it reports them; 0 if it does not.

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
        results: _Results = None,
        job_id: str | None = None,
        backend_jobs: int = 1,
        run_time: float = 0.0,
    ) -> None:
        # `results` is left out while a table stands for it; __getattr__ then builds it.
        name = "_table" if isinstance(results, ExpectationTable | CountsTable) else "results"
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
        if (self.job_id, self.backend_jobs) != (other.job_id, other.backend_jobs):
            return False
        mine, theirs = self._table_or_none(), other._table_or_none()
        if mine is not None and mine == theirs:
            return True
        # Unequal tables may still be equal results: of words or outcomes in another order.
        return self._outcomes() == other._outcomes()

    def _outcomes(self) -> list[tuple[Any, Any]] | None:
        results = self.results
        return None if results is None else [(entry["label"], entry["results"]) for entry in results]

    def __hash__(self) -> int:
        return hash((self.job_id, self.backend_jobs))

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(results={self._summary()}, job_id={self.job_id!r}, "
            f"backend_jobs={self.backend_jobs}, run_time={self.run_time})"
        )

    def _table_or_none(self) -> ExpectationTable | CountsTable | None:
        table: ExpectationTable | CountsTable | None = vars(self).get("_table")
        return table

    def _summary(self) -> str:
        table = self._table_or_none()
        if isinstance(table, ExpectationTable):
            return f"<{len(table)} circuits x {len(table.words)} words>"
        found = self.results if table is None else table
        return "None" if found is None else f"<{len(found)} circuit{'' if len(found) == 1 else 's'}>"

    def is_async(self) -> bool:
        """Whether the results are still to be fetched: there is a job id and nothing else.

        >>> ExecutionResult([], job_id="a-job").is_async()
        False
        """
        return self.job_id is not None and not self._has_results()

    def _has_results(self) -> bool:
        return self._table_or_none() is not None or self.results is not None

    def with_results(self, results: _Results, run_time: float = 0.0) -> Self:
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
        if not isinstance(table, ExpectationTable):
            table = ExpectationTable.from_entries(self._entries())
        values = table.values.view()
        values.flags.writeable = False
        return Expectations(table.labels, table.words, values)

    def counts_arrays(self) -> list[CountsArrays]:
        """Counts as arrays, one pair ``(bits, counts)`` per circuit, in the order of the circuits.

        The arrays are read-only views of what the runner counted, where there are any.

        Raises:
            ResultError: There are no results yet, or they are not counts.

        >>> result = ExecutionResult([{"label": "a", "results": {"000": 7, "101": 3}}])
        >>> bits, counts = result.counts_arrays()[0]
        >>> bits.tolist(), counts.tolist()
        ([[0], [5]], [7, 3])
        """
        return self.counts_table().arrays()

    def counts_table(self) -> CountsTable:
        """Counts of all circuits in flat arrays, without an object for each circuit.

        Raises:
            ResultError: There are no results yet, or they are not counts.

        >>> result = ExecutionResult([{"label": "a", "results": {"000": 7, "101": 3}}])
        >>> result.counts_table().counts.tolist()
        [7, 3]
        """
        table = self._table_or_none()
        if isinstance(table, ExpectationTable):
            raise ResultError("Expected counts, got expectation values. Use expectations().")
        return CountsTable.from_entries(self._entries()) if table is None else table

    def metadata(self) -> list[Metadata]:
        """How each circuit was run, as its entry says under ``"metadata"``; empty where nothing is said.

        The list of dicts is not built for it. Circuits that ran the same way share one mapping.

        Raises:
            ResultError: There are no results yet.

        >>> entry = {"label": "a", "results": {"0": 7}, "metadata": {"path": "compiled"}}
        >>> ExecutionResult([entry]).metadata()
        [{'path': 'compiled'}]
        """
        table = self._table_or_none()
        if table is None:
            return [entry.get("metadata") or {} for entry in self._entries()]
        return table.notes()

    def _entries(self) -> list[dict[str, Any]]:
        if self.results is None:
            job = "" if self.job_id is None else f" of job {self.job_id}"
            raise ResultError(f"There are no results{job} yet. Poll the job and fetch its results first.")
        return self.results


if TYPE_CHECKING:

    class CompletedResult(ExecutionResult):
        """What runners return that wait for their results: type checkers then know that they are there."""

        results: list[dict[str, Any]]

else:
    CompletedResult = ExecutionResult


def convert_counts_to_probs(
    counts: Mapping[str, Mapping[str, int]], shots: int
) -> dict[str, dict[str, float]]:
    """Divide the counts of every label by the number of shots.

    >>> convert_counts_to_probs({"c0": {"00": 250, "11": 750}}, 1000)
    {'c0': {'00': 0.25, '11': 0.75}}
    """
    if shots <= 0:
        raise ConfigError(f"Shots must be a positive integer. Got {shots!r}.", "shots")
    return {label: {key: n / shots for key, n in found.items()} for label, found in counts.items()}


def reverse_dict_endianness(probs: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Reverse the key of every outcome, so that the other end is bit 0.

    >>> reverse_dict_endianness({"c0": {"001": 0.5, "110": 0.5}})
    {'c0': {'100': 0.5, '011': 0.5}}
    """
    return {label: {key[::-1]: value for key, value in found.items()} for label, found in probs.items()}
