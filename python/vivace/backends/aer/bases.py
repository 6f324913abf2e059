"""Pauli words by the bases they are measured in, and their means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Basis", "group_words", "means_of", "rotations"]


class Basis:
    """A letter for every qubit, and the words that measuring these letters tells the values of.

    Attributes:
        letters: One letter per qubit; I where nothing is measured.
        words: Numbers of the words.
        qubits: The qubits that are measured, ascending.
    """

    def __init__(self, word: str, number: int) -> None:
        self.letters = word
        self.words = [number]

    @property
    def qubits(self) -> list[int]:
        """The qubits that are measured, ascending."""
        return [qubit for qubit, letter in enumerate(self.letters) if letter != "I"]

    def take(self, word: str, number: int) -> bool:
        """Add a word if it commutes with the basis qubit by qubit; whether it does."""
        pairs = list(zip(self.letters, word, strict=True))
        if any(a != b and "I" not in (a, b) for a, b in pairs):
            return False
        self.letters = "".join(b if a == "I" else a for a, b in pairs)
        self.words.append(number)
        return True


def group_words(words: Sequence[str]) -> list[Basis]:
    """Bases for all words, each word in the first basis that takes it.

    >>> [(basis.letters, basis.words) for basis in group_words(["ZZ", "XI", "ZI", "IX"])]
    [('ZZ', [0, 2]), ('XX', [1, 3])]
    """
    bases: list[Basis] = []
    for number, word in enumerate(words):
        if not any(basis.take(word, number) for basis in bases):
            bases.append(Basis(word, number))
    return bases


def rotations(basis: Basis) -> list[tuple[str, int]]:
    """Gates, with their qubits, that turn the letters of a basis into Z.

    >>> rotations(group_words(["XYZ"])[0])
    [('h', 0), ('sdg', 1), ('h', 1)]
    """
    gates = []
    for qubit in basis.qubits:
        if basis.letters[qubit] == "Y":
            gates.append(("sdg", qubit))
        if basis.letters[qubit] != "Z":
            gates.append(("h", qubit))
    return gates


def means_of(
    packed: tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.int64]], bits: Sequence[int]
) -> NDArray[np.float64]:
    """Mean of the product of ±1 over some bits, for each circuit of packed counts.

    Args:
        packed: Offsets, packed outcomes and counts, as in `vivace.tables.CountsBlock`.
        bits: The bits, counted from the right of an outcome.

    >>> import numpy as np
    >>> packed = np.array([0, 2, 3]), np.array([[0b00], [0b01], [0b11]], dtype=np.uint8), np.array([3, 1, 4])
    >>> means_of(packed, [0]).tolist(), means_of(packed, [0, 1]).tolist()
    ([0.5, -1.0], [0.5, 1.0])
    """
    import numpy as np

    offsets, outcomes, counts = packed
    rows = outcomes.reshape(len(counts), -1)
    odd = np.zeros(len(counts), dtype=np.uint8)
    for bit in bits:
        odd ^= rows[:, -1 - bit // 8] >> (bit % 8) & 1
    starts = offsets[:-1]
    means: NDArray[np.float64] = np.add.reduceat(np.where(odd, -counts, counts), starts) / np.add.reduceat(
        counts, starts
    )
    return means
