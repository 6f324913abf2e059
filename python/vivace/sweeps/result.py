"""What a sweep returns, and how it is written to files."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple

from vivace._files import write_whole
from vivace.backends.bases import means_of
from vivace.errors import ConfigError, ObservableError, ResultError
from vivace.sweeps.observable import Observable, quantity, shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["BestRow", "SweepCounts", "SweepResult", "output_format"]

_CSV_ROWS: Final = 4096


class BestRow(NamedTuple):
    """The row with the lowest value."""

    row: int
    parameters: dict[str, float]
    value: float


@dataclass(frozen=True, slots=True, eq=False)
class SweepCounts:
    """Counts of all rows in three arrays. Row ``i`` owns the outcomes ``offsets[i]`` to ``offsets[i + 1]``.

    Attributes:
        bits: uint8, outcomes × ceil(n_bits / 8). Each outcome is its key read as a binary number, big-endian,
            zero-padded on the left: the lowest bit of the last byte is classical bit 0, which is the
            rightmost character of the key.
        counts: int64, one per outcome.
        offsets: int64, rows + 1.
        n_bits: Number of classical bits.

    >>> import numpy as np
    >>> counts = SweepCounts(np.array([[0], [2]], np.uint8), np.array([60, 40]), np.array([0, 2]), 2)
    >>> counts.row(0), counts.word_values(["ZI", "IZ"]).tolist()
    ({'00': 60, '10': 40}, [[1.0, 0.2]])
    """

    bits: NDArray[np.uint8]
    counts: NDArray[np.int64]
    offsets: NDArray[np.int64]
    n_bits: int

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def check(self, n_rows: int) -> None:
        """See that the arrays fit each other.

        Raises:
            ResultError: They do not, or are not of so many rows.
        """
        import numpy as np

        n_outcomes, starts = len(self.counts), self.offsets
        shapes = (self.bits.shape, self.counts.shape, starts.shape)
        expected = ((n_outcomes, -(-self.n_bits // 8)), (n_outcomes,), (n_rows + 1,))
        kinds = "".join(array.dtype.kind for array in (self.bits, self.counts, starts))
        fitting = shapes == expected and kinds == "uii" and self.bits.itemsize == 1
        if not fitting or starts[0] != 0 or starts[-1] != n_outcomes or (np.diff(starts) < 1).any():
            raise ResultError(f"The arrays of counts do not fit each other, or are not of {n_rows} rows.")

    def row(self, index: int) -> dict[str, int]:
        """Counts of one row by key; the rightmost character is classical bit 0."""
        index = range(len(self))[index]
        own = slice(int(self.offsets[index]), int(self.offsets[index + 1]))
        width = self.n_bits
        keys = (f"{int.from_bytes(b.tobytes(), 'big'):0{width}b}" if width else "" for b in self.bits[own])
        return dict(zip(keys, self.counts[own].tolist(), strict=True))

    def frequencies(self, bit: int | None = None) -> NDArray[np.float64]:
        """Per row, the share of shots with bit ``bit`` = 1; by default, of the commonest outcome."""
        import numpy as np

        starts = self.offsets[:-1]
        totals = np.add.reduceat(self.counts, starts)
        if bit is None:
            return np.asarray(np.maximum.reduceat(self.counts, starts) / totals, dtype=np.float64)
        ones = np.unpackbits(self.bits, axis=1)[:, ::-1][:, : self.n_bits][:, bit]
        return np.asarray(np.add.reduceat(self.counts * ones, starts) / totals, dtype=np.float64)

    def word_values(self, words: Sequence[str]) -> NDArray[np.float64]:
        """Estimates of words of I and Z; letter ``i`` from the left is read from classical bit ``i``.

        Returns:
            float64, rows × words.

        Raises:
            ObservableError: A word has an X or Y, or not one letter per classical bit.
        """
        import numpy as np

        _check_readable(words, self.n_bits)
        values = np.empty((len(self), len(words)), dtype=np.float64)
        for column, word in enumerate(words):
            involved = [place for place, letter in enumerate(word) if letter == "Z"]
            values[:, column] = means_of((self.offsets, self.bits, self.counts), involved)
        return values


@dataclass(frozen=True, eq=False, repr=False)
class SweepResult:
    """Rows of a sweep and what came out for each, in the order of the rows.

    Attributes:
        names: Names of the parameters.
        values: float64, rows × names; the parameters, in radians where gates take angles.
        seconds: Time the rows took.
        observable: What was measured, if anything.
        word_values: float64, rows × words, −1 … 1: value of each word of the observable.
        counts: Counts of each row, when sampling the template as it is.
        shots: Shots per row and basis, when sampling; None for exact expectation values.
        gradients: float64, rows × names, when asked for: derivatives of ``energies``.
        standard_errors: float64, one per row, when estimating: of ``energies``, from the spread of the
            shots, so that words measured together are taken as they vary together. NaN for one shot, and
            where the runner has a `CircuitRunner.shot_dependence`: under a noise model `MaestroSimulator`
            shares ``noise_realizations`` random patterns of errors among the shots, and fewer than shots
            make their spread too small.
        bases: When words were measured in bases, each with shots of its own: for every basis the letter each
            qubit was measured in, I where it was not.

    >>> import numpy as np
    >>> result = SweepResult(("a",), np.array([[0.0], [0.5]]), 0.1, Observable(("Z",), [2.0]),
    ...                      np.array([[1.0], [-0.25]]))
    >>> result.energies.tolist(), result.best()
    ([2.0, -0.5], BestRow(row=1, parameters={'a': 0.5}, value=-0.5))
    """

    names: tuple[str, ...]
    values: NDArray[np.float64]
    seconds: float
    observable: Observable | None = None
    word_values: NDArray[np.float64] | None = None
    counts: SweepCounts | None = None
    shots: int | None = None
    gradients: NDArray[np.float64] | None = None
    standard_errors: NDArray[np.float64] | None = None
    bases: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        found = "exact" if self.shots is None else f"{self.shots} shots each"
        return f"SweepResult(<{quantity(len(self), 'row')} of {', '.join(self.names[:8])}; {found}>)"

    @cached_property
    def energies(self) -> NDArray[np.float64] | None:
        """Value of the observable per row, float64, in the unit of its coefficients; None without one."""
        if self.word_values is None or self.observable is None:
            return None
        return self.word_values @ self.observable.coefficients

    @property
    def rows_per_second(self) -> float:
        """Rows done per second of run time."""
        return len(self) / self.seconds if self.seconds > 0 else float("inf")

    def best(self) -> BestRow:
        """The row with the lowest value of the observable; the first one, if several have it.

        Raises:
            ResultError: There is no observable.
        """
        if self.energies is None:
            raise ResultError("There is no lowest row: the sweep has counts but no observable.")
        index = int(self.energies.argmin())
        parameters = dict(zip(self.names, self.values[index].tolist(), strict=True))
        return BestRow(index, parameters, float(self.energies[index]))

    @staticmethod
    def joined(parts: Sequence[SweepResult]) -> SweepResult:
        """Parts of one sweep, one after the other, as one result.

        Raises:
            ResultError: There are no parts.
        """
        import numpy as np

        if not parts:
            raise ResultError("There are no rows to join.")
        first = parts[0]
        words = [part.word_values for part in parts if part.word_values is not None]
        counts = [part.counts for part in parts if part.counts is not None]
        gradients = [part.gradients for part in parts if part.gradients is not None]
        errors = [part.standard_errors for part in parts if part.standard_errors is not None]
        return SweepResult(
            first.names,
            np.concatenate([part.values for part in parts]),
            sum(part.seconds for part in parts),
            first.observable,
            np.concatenate(words) if words else None,
            _joined_counts(counts) if counts else None,
            first.shots,
            np.concatenate(gradients) if gradients else None,
            np.concatenate(errors) if errors else None,
            first.bases,
        )

    def save(self, path: str | Path) -> Path:
        """Write everything to a file, whole or not at all; an existing file is replaced.

        Args:
            path: ``.npz``, which `load` takes back: arrays ``names``, ``values``, ``seconds``; with an
                observable ``words``, ``coefficients``, ``word_values``, ``energies``, and ``gradients``,
                ``standard_errors``, ``bases`` if there are any; with counts ``outcomes``, ``outcome_counts``,
                ``row_offsets`` (the arrays of `SweepCounts`), ``n_bits``; when sampling ``shots``.
                ``.csv``: one line per row, the parameters, then ``<H>``, each word as ``<word>``, estimates'
                ``<standard error>`` of ``<H>``, and gradients as ``d<H>/d`` and the parameter; with counts
                and no observable one line per row and outcome.

        Raises:
            ConfigError: Neither ``.npz`` nor ``.csv``.
            OSError: The file cannot be written.
        """
        path = Path(path)
        if output_format(path) == ".npz":
            write_whole(path, "wb", self._write_npz)
        else:
            write_whole(path, "w", self._write_csv)
        return path

    @classmethod
    def load(cls, path: str | Path) -> SweepResult:
        """A result from the ``.npz`` file that `save` wrote, as it was.

        A ``.csv`` file holds no whole result; `read_parameters` takes the rows from one.

        Raises:
            ResultError: Any other file. Nothing in it is run: objects are never unpickled.
            OSError: The file cannot be read.

        >>> import numpy as np, tempfile
        >>> counts = SweepCounts(np.array([[0], [1]], np.uint8), np.array([60, 40]), np.array([0, 2]), 1)
        >>> result = SweepResult(("a",), np.array([[0.5]]), 0.1, counts=counts, shots=100)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     again = SweepResult.load(result.save(f"{folder}/coin.npz"))
        >>> again, again.counts.row(0)
        (SweepResult(<1 row of a; 100 shots each>), {'0': 60, '1': 40})
        """
        import numpy as np

        try:
            with np.load(path, allow_pickle=False) as stored:
                return _restored({name: stored[name] for name in stored.files})
        except Exception as error:  # NumPy lets through whatever a broken file does to its parts
            if isinstance(error, OSError) and error.filename is not None:
                raise
            what = f"{path}: not a .npz file that SweepResult.save has written"
            raise ResultError(f"{what}: {str(error)[:200] or type(error).__name__}") from None

    def _write_npz(self, file: IO[Any]) -> None:
        import numpy as np

        arrays: dict[str, Any] = {"names": self.names, "values": self.values, "seconds": self.seconds}
        if self.observable is not None and self.word_values is not None:
            arrays |= {"words": self.observable.words, "coefficients": self.observable.coefficients}
            arrays |= {"word_values": self.word_values, "energies": self.energies}
        if self.gradients is not None:
            arrays["gradients"] = self.gradients
        if self.standard_errors is not None:
            arrays["standard_errors"] = self.standard_errors
        if self.bases:
            arrays["bases"] = self.bases
        if self.shots is not None:
            arrays["shots"] = self.shots
        if self.counts is not None:
            counts = self.counts
            arrays |= {"outcomes": counts.bits, "outcome_counts": counts.counts}
            arrays |= {"row_offsets": counts.offsets, "n_bits": counts.n_bits}
        np.savez(file, allow_pickle=False, **arrays)

    def _write_csv(self, file: IO[Any]) -> None:
        writer = csv.writer(file, lineterminator="\n")
        if self.observable is not None and self.word_values is not None and self.energies is not None:
            import numpy as np

            more = [] if self.standard_errors is None else ["<standard error>"]
            more += [f"d<H>/d{name}" for name in self.names] if self.gradients is not None else []
            writer.writerow([*self.names, "<H>", *(f"<{word}>" for word in self.observable.words), *more])
            for start in range(0, len(self), _CSV_ROWS):
                part = slice(start, start + _CSV_ROWS)
                table = [self.values[part], self.energies[part, None], self.word_values[part]]
                if self.standard_errors is not None:
                    table.append(self.standard_errors[part, None])
                if self.gradients is not None:
                    table.append(self.gradients[part])
                writer.writerows(np.concatenate(table, axis=1).tolist())
        elif self.counts is not None:
            writer.writerow([*self.names, "<outcome>", "<count>"])
            for values, outcome, count in self._count_lines(self.counts):
                writer.writerow([*values, outcome, count])

    def _count_lines(self, counts: SweepCounts) -> Iterator[tuple[list[float], str, int]]:
        for index, values in enumerate(self.values):
            for outcome, count in counts.row(index).items():
                yield values.tolist(), outcome, count


def _restored(arrays: dict[str, Any]) -> SweepResult:
    """The result that these arrays are of.

    Raises:
        Exception: They are of none.
    """
    observable = Observable(arrays["words"].tolist(), arrays["coefficients"]) if "words" in arrays else None
    n_rows = len(arrays["values"])
    shapes = {
        "values": (n_rows, len(arrays["names"])),
        "gradients": (n_rows, len(arrays["names"])),
        "standard_errors": (n_rows,),
        "word_values": (n_rows, 0 if observable is None else len(observable.words)),
    }
    for name, shape in shapes.items():
        if name in arrays and (arrays[name].shape != shape or arrays[name].dtype != float):
            found = f"{arrays[name].dtype} of shape {arrays[name].shape}"
            raise ResultError(f"expected {name} as float64 of shape {shape}, found {found}.")
    counts = None
    if "outcomes" in arrays:
        offsets, n_bits = arrays["row_offsets"], int(arrays["n_bits"])
        counts = SweepCounts(arrays["outcomes"], arrays["outcome_counts"], offsets, n_bits)
        counts.check(n_rows)
    return SweepResult(
        tuple(arrays["names"].tolist()),
        arrays["values"],
        float(arrays["seconds"]),
        observable,
        arrays.get("word_values"),
        counts,
        int(arrays["shots"]) if "shots" in arrays else None,
        arrays.get("gradients"),
        arrays.get("standard_errors"),
        tuple(arrays["bases"].tolist()) if "bases" in arrays else (),
    )


def output_format(path: str | Path) -> str:
    """``.npz`` or ``.csv``, by the name of the file.

    Raises:
        ConfigError: It is neither.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in (".npz", ".csv"):
        raise ConfigError(
            f"{path}: results are written as .npz or .csv, not {suffix or 'without a suffix'!r}."
        )
    return suffix


def _joined_counts(parts: Sequence[SweepCounts]) -> SweepCounts:
    import numpy as np

    starts = np.cumsum([0, *(len(part.counts) for part in parts)])
    offsets = [part.offsets[:-1] + start for part, start in zip(parts, starts[:-1], strict=True)]
    return SweepCounts(
        np.concatenate([part.bits for part in parts]),
        np.concatenate([part.counts for part in parts]),
        np.concatenate([*offsets, starts[-1:]]),
        parts[0].n_bits,
    )


def _check_readable(words: Sequence[str], n_bits: int) -> None:
    for word in words:
        if word.strip("IZ"):
            raise ObservableError(
                f"Word {shown(word)} cannot be estimated from counts: they are of one basis, which gives "
                "words of I and Z only. Give the observable to sweep(), which measures in all its bases.",
                word,
            )
        if len(word) != n_bits:
            raise ObservableError(
                f"Word {shown(word)} has {quantity(len(word), 'letter')}, the circuit "
                f"has {quantity(n_bits, 'classical bit')}.",
                word,
            )
