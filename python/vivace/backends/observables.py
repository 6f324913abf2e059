"""Observables of a submission: which words each circuit is measured for. Shared by the runners."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from vivace import _core
from vivace._suggest import warn_user
from vivace.backends.runner import whole_numbers
from vivace.errors import ObservableError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["ALL_GROUPS", "Observables", "overlap_known"]

ALL_GROUPS = _core.ALL_GROUPS
"""Group number of a circuit that no range of ``circuit_ham_map`` covers: it gets all words."""


_overlap_is_known: Final = ContextVar("overlap_is_known", default=False)


@contextmanager
def overlap_known() -> Iterator[None]:
    """A scope in which ranges that overlap are no news: a server's, whose clients know what they sent."""
    token = _overlap_is_known.set(True)
    try:
        yield
    finally:
        _overlap_is_known.reset(token)


class Observables:
    """Groups of Pauli words, and the group of every circuit.

    Args:
        ham_ops: Words over I, X, Y, Z, leftmost letter = qubit 0; ``;`` between words, ``|`` between groups.
        circuit_ham_map: One half-open range of circuit numbers per group; the first match wins, and a warning
            names ranges that overlap. A circuit in no range is measured for all groups, in order.
        n_circuits: Number of circuits in the submission.

    Attributes:
        groups: Group number of each circuit, uint32, or `ALL_GROUPS`.
        ranges: The map as read; None if there is none.

    Raises:
        ObservableError: Empty words, other letters, words repeated in a group or in all those of a circuit,
            words of one group that differ in length, or a map that does not fit.

    >>> observables = Observables("ZZ;XX|ZI", [(0, 1), (1, 3)], n_circuits=3)
    >>> observables.groups.tolist(), observables.words(0), observables.words(1)
    ([0, 1, 1], ('ZZ', 'XX'), ('ZI',))
    """

    groups: NDArray[np.uint32]
    ranges: list[tuple[int, int]] | None

    def __init__(
        self, ham_ops: str, circuit_ham_map: Sequence[tuple[int, int]] | None, n_circuits: int
    ) -> None:
        if not isinstance(ham_ops, str):
            raise ObservableError(
                f"Expected ham_ops as text such as 'ZZI;IXX', got {type(ham_ops).__name__}."
            )
        if not ham_ops.isascii():
            ham_ops = ham_ops.encode(errors="replace").decode()  # "?", refused as any other letter
        self._words = tuple(map(tuple, _core.parse_observables(ham_ops)))
        self.ranges = _ranges(circuit_ham_map)
        self.groups = _core.groups_per_circuit(len(self._words), self.ranges, n_circuits)
        if not _overlap_is_known.get():
            _warn_of_overlap(self.ranges or ())
        if len(self._words) > 1 and ALL_GROUPS in self.groups:
            _core.check_flattened(ham_ops)
        self._warned: set[int] = set()
        self._padded: dict[tuple[int, int], list[str]] = {}

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        return len(self._words)

    def words(self, group: int) -> tuple[str, ...]:
        """The words of a group, as given; of all groups for `ALL_GROUPS`."""
        if group == ALL_GROUPS:
            return tuple(word for words in self._words for word in words)
        return self._words[group]

    def padded(self, group: int, width: int, label: str) -> list[str]:
        """The words of a group for a circuit of ``width`` qubits: short ones end in ``I``.

        Warns:
            UserWarning: Words are shorter than the circuit; once for each width.

        Raises:
            ObservableError: A word is longer than the circuit.
        """
        padded = self._padded.get((group, width))
        if padded is not None:
            return padded
        words = self.words(group)
        long = next((word for word in words if len(word) > width), None)
        if long is not None:
            raise ObservableError(
                f"Observable '{long}' has {len(long)} letters but circuit '{label}' has {width} qubits. "
                "Drop the letters beyond the last qubit.",
                long,
                label,
            )
        short = next((word for word in words if len(word) < width), None)
        if short is not None and width not in self._warned:
            self._warned.add(width)
            warn_user(
                f"Observable '{short}' has {len(short)} letters but circuit '{label}' has {width} qubits; "
                "padding with I on the right."
            )
        padded = self._padded[group, width] = [word.ljust(width, "I") for word in words]
        return padded


def _ranges(circuit_ham_map: object) -> list[tuple[int, int]] | None:
    if circuit_ham_map is None:
        return None
    if not isinstance(circuit_ham_map, Iterable):
        raise ObservableError(
            f"Expected circuit_ham_map as (start, end) ranges, got {circuit_ham_map!r:.60}."
        )
    ranges = []
    for index, given in enumerate(circuit_ham_map):
        numbers = whole_numbers(given, 2)
        if numbers is None:
            raise ObservableError(
                f"circuit_ham_map range {index} must be (start, end) in whole numbers, got {given!r:.60}."
            )
        ranges.append((numbers[0], numbers[1]))
    return ranges


def _warn_of_overlap(ranges: Iterable[tuple[int, int]]) -> None:
    """Warn of the first circuit that is in two ranges: it is measured for the group of one of them only."""
    held = -1, 0, (0, 0)  # place, end and text of the range that reaches farthest
    for start, end, place in sorted((start, end, place) for place, (start, end) in enumerate(ranges)):
        if start < min(end, held[1]):
            first, other = sorted([(held[0], held[2]), (place, (start, end))])
            warn_user(
                f"circuit_ham_map ranges {first[0]} {first[1]} and {other[0]} {other[1]} both hold circuit "
                f"{start}. Range {first[0]} wins: the words of group {other[0]} are not measured there. Join "
                "the groups, with ';' between words, for circuits that are to be measured for both."
            )
            return
        held = max(held, (place, end, (start, end)), key=lambda one: one[1])
