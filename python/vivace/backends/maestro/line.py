"""The qubits of a circuit in the order in which a matrix product state of it is cheap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from vivace import _core

__all__ = ["Line"]


class Line(NamedTuple):
    """A circuit with its qubits in another order.

    Attributes:
        circuit: The circuit.
        order: For each of its qubits, the qubit it was.
    """

    circuit: _core.NativeCircuit
    order: list[int]

    @classmethod
    def of(cls, circuit: _core.NativeCircuit, order: list[int] | None = None) -> Self:
        """The circuit in line; in an order that was found for its shape, if there is one."""
        order = circuit.line() if order is None else order
        return cls(circuit.in_order(order), order)

    def word(self, word: str) -> str:
        """A word, one letter per qubit, in this order."""
        return "".join([word[qubit] for qubit in self.order])

    def places(self, qubits: Sequence[int]) -> list[int]:
        """Where qubits are in this order."""
        places = {qubit: place for place, qubit in enumerate(self.order)}
        return [places[qubit] for qubit in qubits]
