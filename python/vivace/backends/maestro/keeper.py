"""Rows of one circuit on kept simulators: one in this process, or one in a worker process for every core."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from vivace import _core
from vivace.backends.maestro.kept import Kept, KeptCircuit
from vivace.backends.maestro.library import load_maestro
from vivace.backends.maestro.planner import START, Path, Work, cores, cost
from vivace.backends.maestro.run import Run
from vivace.backends.maestro.threads import Job, Threads
from vivace.backends.maestro.workers import Task, Workers
from vivace.backends.submission import blaming

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Keep", "Keeper", "Keeping"]

_SMALL: Final = 1 << 14  # so many complex numbers are 256 KB
_PART: Final = 0.03  # seconds between two looks at the cancellation event
_PARTS: Final = 4  # at least so many for each worker, that none waits long for the others


class Keep(Task):
    """A circuit for kept simulators. A small simulator in this process waits here for the next submission.

    Args:
        circuit: The circuit; only its gates count, not its angles.
        product: Whether a matrix product state is held, not a statevector.
        bond: The largest bond dimension of a matrix product state; None keeps all.
    """

    def __init__(
        self, circuit: _core.NativeCircuit, *, product: bool = False, bond: int | None = None
    ) -> None:
        method = "MatrixProductState" if product else "Statevector"
        settings = () if bond is None else (("matrix_product_state_max_bond_dimension", str(bond)),)
        operations = tuple(circuit.merged())
        super().__init__(KeptCircuit(method, circuit.n_qubits, settings, operations, circuit.n_slots))
        n_qubits = circuit.n_qubits
        self._is_small = (2 * n_qubits << 2 * circuit.bond_exponent if product else 1 << n_qubits) <= _SMALL
        self._idle: list[Kept] = []

    @contextmanager
    def borrowed(self, label: str) -> Iterator[Kept]:
        """A simulator for the caller alone; ``label`` is that of the circuit to name if it cannot be made."""
        try:
            kept = self._idle.pop()
        except IndexError:
            with blaming(label):
                kept = Kept(load_maestro(), self.circuit)
        try:
            yield kept
        except BaseException:
            kept.close()
            raise
        if self._is_small and not self._idle:
            self._idle.append(kept)
        else:
            kept.close()


class Keeping(NamedTuple):
    """How a circuit is kept.

    Attributes:
        path: ``kept`` or ``workers``.
        keep: What to run.
        seconds: What one row is thought to take.
    """

    path: Path
    keep: Keep
    seconds: float


class Keeper:
    """Decides whether worker processes pay, and runs rows on kept simulators.

    Args:
        threads: They wait for the workers, one thread each.
    """

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._workers = Workers()
        self._missed = 0.0  # seconds that workers would have saved so far
        weakref.finalize(self, self._workers.close)

    def disown(self) -> None:
        """In a forked child: leave the workers to the parent."""
        self._workers.disown()

    def close(self) -> None:
        """End the workers."""
        self._workers.close()

    def cheapest(self, run: Run, work: Work, paths: Sequence[Path]) -> Path:
        """The cheapest of some paths, or the one asked for; workers only once they pay for their start."""
        if run.path is not None and run.path in paths:
            return run.path
        costs = {path: cost(path, work, cores()) for path in paths}
        workers = costs.pop("workers", None)
        best = min(costs, key=costs.__getitem__)
        if workers is None or workers >= costs[best] or cores() == 1 or not Workers.possible():
            return best
        self._missed += costs[best] - workers
        if self._workers.started:
            return "workers"
        if self._missed < START:
            return best
        self._missed = 0.0  # if they do not start now, they may later
        return "workers" if self._workers.start() else best

    def values(
        self, run: Run, how: Keeping, words: list[str], angles: NDArray[np.float64], labels: Sequence[str]
    ) -> NDArray[np.float64]:
        """Expectation values, rows × words.

        Args:
            run: The submission.
            how: The circuit, and where to run it.
            words: One letter per qubit of it.
            angles: Rows × slots of it.
            labels: Those of the circuits the rows belong to.
        """
        import numpy as np

        def arguments(part: slice) -> tuple[Any, ...]:
            return words, len(angles[part]), angles[part].tobytes()

        found = self._each(run, how, "values", arguments, labels, len(angles))
        return np.frombuffer(b"".join(found)).reshape(len(angles), len(words))

    def counts(
        self,
        run: Run,
        how: Keeping,
        qubits: list[int],
        mask: int,
        angles: NDArray[np.float64],
        shots: NDArray[np.uint64],
        seeds: NDArray[np.uint64],
        labels: Sequence[str],
    ) -> tuple[NDArray[np.uint64], NDArray[np.uint64], list[int]]:
        """Outcomes and counts of all rows, and where those of each row end; otherwise as `values`.

        The first of ``qubits`` is the least significant bit of an outcome; bits not in ``mask`` are 0.
        """
        import numpy as np

        def arguments(part: slice) -> tuple[Any, ...]:
            return (
                qubits,
                mask,
                len(angles[part]),
                angles[part].tobytes(),
                shots[part].tolist(),
                seeds[part].tolist(),
            )

        found = self._each(run, how, "counts", arguments, labels, len(angles))
        outcomes = np.frombuffer(b"".join(part[0] for part in found), np.uint64)
        counts = np.frombuffer(b"".join(part[1] for part in found), np.uint64)
        each = [np.diff(part[2], prepend=0) for part in found]
        return outcomes, counts, np.cumsum(np.concatenate(each)).tolist()

    def _each(
        self,
        run: Run,
        how: Keeping,
        method: str,
        arguments: Callable[[slice], tuple[Any, ...]],
        labels: Sequence[str],
        n_rows: int,
    ) -> list[Any]:
        """What a method of `Kept` returns for every part of the rows."""
        parts = _parts(n_rows, how.seconds)
        if how.path == "workers":

            def job(part: slice) -> Job[Any]:
                label = labels[part.start]
                return label, lambda: self._workers.run(label, how.keep, method, *arguments(part))

            return self._threads.run_all(run, [job(part) for part in parts])
        found = []
        with how.keep.borrowed(labels[0]) as kept:
            for part in parts:
                run.check()
                with blaming(labels[part.start]):
                    found.append(getattr(kept, method)(*arguments(part)))
        return found


def _parts(n_rows: int, seconds: float) -> list[slice]:
    """Rows in parts of about equal time, none long."""
    by_time = int(_PART / max(seconds, 1e-9))
    size = max(1, min(by_time, -(-n_rows // (_PARTS * cores()))))
    return [slice(start, min(start + size, n_rows)) for start in range(0, n_rows, size)]
