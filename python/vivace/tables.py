"""Results of a batch in arrays, as runners make them; lists of dicts are built from these."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from vivace import _core
from vivace.errors import ResultError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

__all__ = ["CountsArrays", "CountsBlock", "CountsTable", "ExpectationTable", "Expectations", "Metadata"]

Metadata = Mapping[str, Any]
"""How a circuit was run. Circuits that ran the same way may share one mapping: treat it as read-only."""


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


class CountsBlock(NamedTuple):
    """Counts of some circuits of a batch, all of one width, in the order in which they were run.

    Attributes:
        circuits: Position of each circuit in the batch, uint32.
        width: Classical bits of each circuit.
        offsets: Where the outcomes of each circuit begin, and where those of the last one end, int64.
        bits: Packed outcomes as in `CountsArrays`, outcomes × ``ceil(width / 8)``, uint8.
        counts: How often each outcome was seen, int64.
    """

    circuits: NDArray[np.uint32]
    width: int
    offsets: NDArray[np.int64]
    bits: NDArray[np.uint8]
    counts: NDArray[np.int64]


class _Table:
    """Labels, and the metadata of some or all of them. Equality is of results, however they came about."""

    __slots__ = ("labels", "metadata")

    labels: tuple[str, ...]
    metadata: tuple[Metadata | None, ...] | None

    def __init__(self, labels: Iterable[str], metadata: Iterable[Metadata | None] | None) -> None:
        self.labels = tuple(labels)
        self.metadata = None if metadata is None else tuple(metadata)
        if self.metadata is not None and len(self.metadata) != len(self.labels):
            raise ResultError(
                f"Expected metadata for {len(self.labels)} circuits, got {len(self.metadata)} entries."
            )

    def __len__(self) -> int:
        return len(self.labels)

    def notes(self) -> list[Metadata]:
        """The metadata of every circuit, empty where nothing is said."""
        return [own or {} for own in self.metadata or [None] * len(self.labels)]


class ExpectationTable(_Table):
    """Expectation values as a runner makes them: the words once, and a matrix of numbers.

    Hand it to `ExecutionResult` in place of the list of dicts; the list is built when somebody reads it.

    Args:
        labels: One label per circuit.
        words: One word per column, each once.
        values: Matrix of circuits × words, float64. Kept as it is, not copied.
        metadata: Per circuit, how it was run; None or an empty mapping adds nothing to its entry.

    Raises:
        ResultError: The arguments do not fit together.

    >>> table = ExpectationTable(["c0", "c1"], ["ZI", "IZ"], [[1.0, 0.5], [0.0, -1.0]])
    >>> table.entries()[1]
    {'label': 'c1', 'results': {'ZI': 0.0, 'IZ': -1.0}}
    """

    __slots__ = ("values", "words")

    words: tuple[str, ...]
    values: NDArray[np.float64]

    def __init__(
        self,
        labels: Iterable[str],
        words: Iterable[str],
        values: ArrayLike,
        metadata: Iterable[Metadata | None] | None = None,
    ) -> None:
        import numpy as np

        super().__init__(labels, metadata)
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

    @classmethod
    def from_entries(cls, entries: Sequence[Mapping[str, Any]]) -> ExpectationTable:
        """The same as a table.

        Raises:
            ResultError: They are counts, or the circuits have different words.
        """
        if not entries:
            return cls((), (), [])
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
                    f"Expected the same words for every circuit, but {label!r} and {first['label']!r} differ "
                    f"in {odd[:4]}. Read `results`, or submit circuits with different words apart.",
                    label,
                )
            rows.append([float(found[word]) for word in words])
        return cls((entry["label"] for entry in entries), words, rows)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ExpectationTable):
            return NotImplemented
        return (
            self.labels == other.labels
            and self.words == other.words
            and bool((self.values == other.values).all())
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"ExpectationTable(<{len(self.labels)} circuits x {len(self.words)} words>)"

    def entries(self) -> list[dict[str, Any]]:
        """The same values as a new list of dicts: label, results, and metadata where there is any."""
        import numpy as np

        return _core.expectation_entries(
            self.labels, self.words, np.ascontiguousarray(self.values), self.metadata
        )


class CountsTable(_Table):
    """Counts as a runner makes them: all outcomes of all circuits, one after another.

    Hand it to `ExecutionResult` in place of the list of dicts; the list is built when somebody reads it.

    Args:
        labels: One label per circuit.
        widths: Classical bits of each circuit, uint32.
        offsets: Where the outcomes of each circuit begin, and where those of the last one end, int64.
        bits: Packed outcomes as in `CountsArrays`, ``ceil(width / 8)`` bytes each, uint8 without rows.
        counts: How often each outcome was seen, int64.
        metadata: Per circuit, how it was run; None or an empty mapping adds nothing to its entry.

    Raises:
        ResultError: The arguments do not fit together.

    >>> table = CountsTable(["c0", "c1"], [3, 1], [0, 2, 3], [0b000, 0b101, 1], [7, 3, 10])
    >>> table.entries()
    [{'label': 'c0', 'results': {'000': 7, '101': 3}}, {'label': 'c1', 'results': {'1': 10}}]
    """

    __slots__ = ("bits", "counts", "offsets", "widths")

    widths: NDArray[np.uint32]
    offsets: NDArray[np.int64]
    bits: NDArray[np.uint8]
    counts: NDArray[np.int64]

    def __init__(
        self,
        labels: Iterable[str],
        widths: ArrayLike,
        offsets: ArrayLike,
        bits: ArrayLike,
        counts: ArrayLike,
        metadata: Iterable[Metadata | None] | None = None,
    ) -> None:
        import numpy as np

        super().__init__(labels, metadata)
        self.widths = np.ascontiguousarray(widths, dtype=np.uint32)
        self.offsets = np.ascontiguousarray(offsets, dtype=np.int64)
        self.bits = np.ascontiguousarray(bits, dtype=np.uint8).ravel()
        self.counts = np.ascontiguousarray(counts, dtype=np.int64)
        n = len(self.labels)
        if self.widths.shape != (n,) or self.offsets.shape != (n + 1,) or self.counts.ndim != 1:
            raise ResultError(
                f"Expected {n} widths and {n + 1} offsets for {n} circuits, "
                f"got shapes {self.widths.shape} and {self.offsets.shape}."
            )
        steps = np.diff(self.offsets)
        if self.offsets[0] != 0 or self.offsets[-1] != len(self.counts) or (steps < 0).any():
            raise ResultError(
                f"Expected offsets that ascend from 0 to the number of counts, {len(self.counts)}."
            )
        expected = int((steps * _row_bytes(self.widths)).sum())
        if expected != len(self.bits):
            raise ResultError(f"Expected {expected} bytes of packed outcomes, got {len(self.bits)}.")

    @classmethod
    def from_blocks(
        cls,
        labels: Iterable[str],
        blocks: Sequence[CountsBlock],
        metadata: Iterable[Metadata | None] | None = None,
    ) -> CountsTable:
        """The circuits of all blocks in the order of the batch.

        Raises:
            ResultError: A circuit has no counts, or counts in two places.
        """
        named = tuple(labels)
        try:
            arrays = _core.gather_counts(len(named), blocks)
        except ValueError as error:
            raise ResultError(str(error)) from error
        return cls(named, *arrays, metadata)

    @classmethod
    def from_entries(cls, entries: Sequence[Mapping[str, Any]]) -> CountsTable:
        """The same as a table; outcomes stay in their order.

        Raises:
            ResultError: They are not counts, or a circuit has keys of several widths.
        """
        import numpy as np

        widths, offsets, packed, counts = list[int](), [0], list[bytes](), list[int]()
        for entry in entries:
            label, found = entry["label"], entry["results"]
            own = {len(key) for key in found}
            if len(own) > 1 or not all(set(key) <= {"0", "1"} for key in found):
                raise ResultError(
                    f"Expected counts with keys of 0 and 1, all of one width, for {label!r}, "
                    f"got keys such as {list(found)[:3]}.",
                    label,
                )
            widths.append(next(iter(own), 0))
            columns = -(-widths[-1] // 8)
            packed += [int(key or "0", 2).to_bytes(columns, "big") for key in found]
            counts += found.values()
            offsets.append(len(counts))
        bits = np.frombuffer(b"".join(packed), dtype=np.uint8)
        return cls((entry["label"] for entry in entries), widths, offsets, bits, counts)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CountsTable):
            return NotImplemented
        import numpy as np

        return self.labels == other.labels and all(
            np.array_equal(getattr(self, name), getattr(other, name)) for name in self.__slots__
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"CountsTable(<{len(self.labels)} circuits, {len(self.counts)} outcomes>)"

    def entries(self) -> list[dict[str, Any]]:
        """The same counts as a new list of dicts: label, results, and metadata where there is any."""
        return _core.counts_entries(
            self.labels, self.widths, self.offsets, self.bits, self.counts, self.metadata
        )

    def arrays(self) -> list[CountsArrays]:
        """The counts of each circuit: read-only views of the arrays of all."""
        import numpy as np

        sizes = _row_bytes(self.widths)
        starts = np.cumsum([0, *(np.diff(self.offsets) * sizes)])
        bits, counts = self.bits.view(), self.counts.view()
        bits.flags.writeable = counts.flags.writeable = False
        places = zip(pairwise(self.offsets.tolist()), pairwise(starts.tolist()), sizes.tolist(), strict=True)
        return [
            CountsArrays(bits[first:last].reshape(stop - start, size), counts[start:stop])
            for (start, stop), (first, last), size in places
        ]


def _row_bytes(widths: NDArray[np.uint32]) -> NDArray[np.int64]:
    return (widths.astype("int64") + 7) // 8
