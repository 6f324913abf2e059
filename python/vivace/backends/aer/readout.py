"""Measurements at the end of a circuit: from the probabilities of qubits to those of what is noted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Readout"]


class Readout:
    """Which qubits are read into which bits at the end, and how badly.

    Args:
        circuit: A Qiskit circuit whose measurements are all at its end.
        errors: (prepared, noted) matrices by qubit; None for all qubits that have none of their own.

    Attributes:
        bits: The classical bits that are written, ascending, one for each bit of an outcome.
        qubits: The qubits whose probabilities are needed, in the order of their bits in an index.
    """

    def __init__(self, circuit: Any, errors: Mapping[int | None, NDArray[np.float64]]) -> None:
        read = {}
        for instruction in circuit.data:
            if instruction.operation.name == "measure":
                qubit, bit = circuit.find_bit(instruction.qubits[0]), circuit.find_bit(instruction.clbits[0])
                read[bit.index] = qubit.index  # the last one stays
        self.bits = sorted(read)
        self._read = [read[bit] for bit in self.bits]
        self.qubits = list(dict.fromkeys(self._read))
        self._errors = [errors.get(qubit, errors.get(None)) for qubit in self._read]

    def noted(self, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities of what is noted, rows × outcomes; index bit k is for ``bits[k]``.

        Args:
            probabilities: Rows × outcomes of ``qubits``.
        """
        import numpy as np

        found = np.clip(probabilities, 0, None)  # rounding leaves numbers below zero
        if len(self.qubits) < len(self._read):
            found = self._spread(found)
        for place, error in enumerate(self._errors):
            if error is not None:
                # Axes: rows, bits above, this bit, bits below.
                parted = found.reshape(len(found), -1, 2, 1 << place)
                found = np.einsum("rabc,bd->radc", parted, error).reshape(len(found), -1)
        return np.ascontiguousarray(found)

    def _spread(self, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities over all bits, where one qubit is read into several."""
        import numpy as np

        outcomes = np.arange(probabilities.shape[1])
        keys = np.zeros_like(outcomes)
        for place, qubit in enumerate(self._read):
            keys |= (outcomes >> self.qubits.index(qubit) & 1) << place
        out = np.zeros((len(probabilities), 1 << len(self._read)))
        out[:, keys] = probabilities
        return out
