"""Pauli words by the bases they are measured in, and their means. Shared by runners and sweeps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Basis", "Operation", "final_measurements", "group_words", "means_of", "rotations", "signs_of"]

Operation: TypeAlias = "tuple[str, tuple[int, ...], int, int, tuple[int, int, int] | None]"
"""Name, operands, first slot, number of slots and condition, as of `_core.WrittenCircuit.operations`."""


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


def final_measurements(operations: Sequence[Operation]) -> set[int]:
    """Places of measurements after which nothing happens to the qubit, nor asks for the bit.

    Args:
        operations: As `_core.WrittenCircuit.operations` gives them.

    >>> final_measurements([("measure", (0, 0), 0, 0, None), ("h", (0,), 0, 0, None),
    ...                     ("measure", (0, 0), 0, 0, None)])
    {2}
    """
    used: set[int] = set()
    asked: set[int] = set()
    final = set()
    for place in reversed(range(len(operations))):
        name, operands, _, _, condition = operations[place]
        if name == "measure" and operands[0] not in used and operands[1] not in asked:
            final.add(place)
            continue
        if name == "measure":
            used.add(operands[0])
        elif name != "barrier":
            used.update(operands)
        if condition is not None:
            start, size, _ = condition
            asked.update(range(start, start + size))
    return final


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
    signs = signs_of(outcomes.reshape(len(counts), -1), bits)
    starts = offsets[:-1]
    means: NDArray[np.float64] = np.add.reduceat(counts * signs, starts) / np.add.reduceat(counts, starts)
    return means


def signs_of(outcomes: NDArray[np.uint8], bits: Sequence[int]) -> NDArray[np.int64]:
    """Product of ±1 over some bits, counted from the right, of each packed outcome.

    >>> import numpy as np
    >>> signs_of(np.array([[0b00], [0b01], [0b11]], dtype=np.uint8), [0, 1]).tolist()
    [1, -1, 1]
    """
    import numpy as np

    odd = np.zeros(len(outcomes), dtype=np.uint8)
    for bit in bits:
        odd ^= outcomes[:, -1 - bit // 8] >> (bit % 8) & 1
    return 1 - 2 * odd.astype(np.int64)
