"""`CircuitRunner`: what every backend is, and the protocols for what some can do besides."""

from __future__ import annotations

import operator
import statistics
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from threading import Event
from types import TracebackType
from typing import Any, Protocol, Self, runtime_checkable

from vivace import _core
from vivace.errors import ConfigError, ConfigTypeError, ShotRangeError
from vivace.results import ExecutionResult

__all__ = [
    "AsyncJobBackend",
    "CircuitRunner",
    "SupportsCircuitTemplates",
    "positive_shots",
    "shot_ranges",
    "the_circuits",
    "whole_numbers",
]


class CircuitRunner(ABC):
    """Runs circuits. Runners differ in where and how; what goes in and what comes out is the same.

    Runners are context managers: `close` gives back threads, processes and connections.

    Args:
        shots: Shots per circuit when sampling.
        track_depth: Whether to record the depth of every circuit submitted.

    Attributes:
        track_depth: As given; may be changed between submissions.

    Raises:
        ConfigError: ``shots`` is not a positive integer, or above 2**40.

    >>> class Echo(CircuitRunner):
    ...     supports_expval = False
    ...     is_async = False
    ...
    ...     def submit_circuits(self, circuits, *, cancellation_event=None, **kwargs):
    ...         return ExecutionResult([{"label": label, "results": {"0": self.shots}} for label in circuits])
    >>> with Echo(shots=100) as runner:
    ...     runner.submit_circuits({"c0": "OPENQASM 2.0; qreg q[1];"}).results
    [{'label': 'c0', 'results': {'0': 100}}]
    """

    track_depth: bool

    def __init__(self, shots: int, track_depth: bool = False) -> None:
        self._shots = positive_shots(shots)
        self._depth_history: list[list[int]] = []
        self.track_depth = track_depth

    @property
    def shots(self) -> int:
        """Shots per circuit when sampling."""
        return self._shots

    @property
    @abstractmethod
    def supports_expval(self) -> bool:
        """Whether the runner takes ``ham_ops`` and returns expectation values."""

    @property
    @abstractmethod
    def is_async(self) -> bool:
        """Whether a submission returns a job to poll instead of results."""

    @property
    def resolves_parameters(self) -> bool:
        """Whether the runner takes templates with parameter rows and fills them in itself."""
        return False

    def shot_dependence(self, n_qubits: int) -> str | None:  # noqa: ARG002 - for runners that ask
        """Why shots of a circuit of so many qubits depend on each other, and what to do about it.

        None where they do not, as on every runner that does not say otherwise: only then does the spread of
        the shots tell the standard error of what is estimated from them.
        """
        return None

    def set_seed(self, seed: int) -> None:  # noqa: B027 - a runner without randomness has nothing to seed
        """Make sampling repeatable. Does nothing unless the runner says otherwise."""

    @abstractmethod
    def submit_circuits(
        self, circuits: Any, *, cancellation_event: Event | None = None, **kwargs: Any
    ) -> ExecutionResult:
        """Run circuits, or start a job that will.

        Args:
            circuits: Label to OpenQASM 2 text; runners take more, see their own documentation.
            cancellation_event: Set it to stop. Synchronous runners refuse one that is already set.
            **kwargs: Options of the runner. Unknown ones are ignored with a warning.

        Returns:
            Results in the order of the circuits, or a job id.
        """

    def close(self) -> None:  # noqa: B027 - a runner that holds nothing has nothing to give back
        """Give back what the runner holds. May be called twice; does nothing if it holds nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def depth_history(self) -> list[list[int]]:
        """Depths recorded so far: one list per submission, in the order of its circuits. A copy."""
        return [list(depths) for depths in self._depth_history]

    def average_depth(self) -> float:
        """Mean of all recorded depths; 0.0 when there are none."""
        depths = self._all_depths()
        return statistics.fmean(depths) if depths else 0.0

    def std_depth(self) -> float:
        """Population standard deviation of all recorded depths; 0.0 for fewer than two."""
        depths = self._all_depths()
        return statistics.pstdev(depths) if len(depths) > 1 else 0.0

    def clear_depth_history(self) -> None:
        """Forget the recorded depths."""
        self._depth_history.clear()

    def _record_depths(self, depths: Iterable[int]) -> None:
        """For subclasses: keep the depths of one submission, if `track_depth` is on. Call before running."""
        if self.track_depth:
            self._depth_history.append([int(depth) for depth in depths])

    def _all_depths(self) -> list[int]:
        return [depth for depths in self._depth_history for depth in depths]


def the_circuits(circuits: Any, payloads: Any) -> Any:
    """The one of two keywords, ``circuits`` and its later name ``payloads``, that was given.

    >>> the_circuits(None, ["a circuit"])
    ['a circuit']
    """
    given = [value for value in (circuits, payloads) if value is not None]
    if len(given) != 1:
        raise ConfigTypeError("Give the circuits once: submit_circuits(circuits), or payloads=.", "circuits")
    return given[0]


def positive_shots(shots: Any) -> int:
    """``shots`` as an integer that a circuit can be run with.

    >>> positive_shots(100)
    100

    Raises:
        ConfigError: Not a positive integer, or above 2**40.
    """
    try:
        number = 0 if isinstance(shots, bool) else operator.index(shots)
    except TypeError:
        number = 0
    if number <= 0:
        raise ConfigError(f"Shots must be a positive integer. Got {shots!r}.", "shots")
    if number > _core.MAX_SHOTS:
        raise ConfigError(f"Shots must be at most {_core.MAX_SHOTS}.", "shots")
    return number


def shot_ranges(shot_groups: Any) -> list[tuple[int, int, int]]:
    """Ranges of ``shot_groups`` as triples of integers; whether they tile the circuits is not checked.

    >>> shot_ranges([[0, 3, 100]])
    [(0, 3, 100)]

    Raises:
        ShotRangeError: An entry is not (start, end, shots), or its numbers are out of all bounds.
    """
    if not isinstance(shot_groups, Iterable):
        raise ShotRangeError(f"Expected shot_groups as (start, end, shots) ranges, got {shot_groups!r:.60}.")
    ranges = []
    for index, group in enumerate(shot_groups):
        numbers = whole_numbers(group, 3)
        if numbers is None:
            raise ShotRangeError(
                f"Shot range {index} must be (start, end, shots) in whole numbers, got {group!r:.60}.", index
            )
        start, end, shots = numbers
        if shots > _core.MAX_SHOTS:
            raise ShotRangeError(
                f"Shot range {index} [{start}, {end}) asks for more than {_core.MAX_SHOTS} shots.", index
            )
        ranges.append((start, end, shots))
    return ranges


def whole_numbers(values: Any, count: int) -> list[int] | None:
    """``values`` as integers of 64 bits; None if they are not that many, or not such integers.

    >>> whole_numbers((0, 3), 2), whole_numbers((0, 2**70), 2), whole_numbers("ab", 2)
    ([0, 3], None, None)
    """
    try:
        numbers = [operator.index(value) for value in values]
    except TypeError:
        return None
    return numbers if len(numbers) == count and all(-(1 << 63) <= n < 1 << 63 for n in numbers) else None


@runtime_checkable
class SupportsCircuitTemplates(Protocol):
    """A runner that takes circuit templates with parameter rows as they are.

    >>> isinstance(object(), SupportsCircuitTemplates)
    False
    """

    def submit_circuit_templates(
        self, templates: Sequence[Any], *, cancellation_event: Event | None = None, **kwargs: Any
    ) -> ExecutionResult:
        """Run every row of every template."""
        ...


@runtime_checkable
class AsyncJobBackend(Protocol):
    """A runner whose submissions are jobs: submit, poll, fetch, cancel.

    >>> isinstance(object(), AsyncJobBackend)
    False
    """

    @property
    def shots(self) -> int:
        """Shots per circuit when sampling."""
        ...

    def submit_circuits(
        self, circuits: Any, *, cancellation_event: Event | None = None, **kwargs: Any
    ) -> ExecutionResult:
        """Start a job."""
        ...

    def poll_job_status(
        self,
        execution_result: ExecutionResult,
        loop_until_complete: bool = False,
        on_complete: Callable[[Any], None] | None = None,
        verbose: bool = True,
        progress_callback: Callable[[int, str], None] | None = None,
        cancellation_event: Event | None = None,
    ) -> Any:
        """Ask for the status of a job, once or until it ends."""
        ...

    def get_job_results(self, execution_result: ExecutionResult) -> ExecutionResult:
        """Fetch the results of a finished job."""
        ...

    def cancel_job(self, execution_result: ExecutionResult) -> Any:
        """Ask the backend to stop a job. One that has just finished may answer with an error to ignore."""
        ...
