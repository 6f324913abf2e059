"""Qiskit circuits built from our programs, with a parameter for every angle, bound for many rows at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from math import pi
from typing import TYPE_CHECKING, Any, Final, TypeVar

from vivace.backends.bases import Operation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Program", "build", "fold", "hold"]

T = TypeVar("T")

# Gates by their names in OpenQASM 2 where Qiskit's class is not simply Name + "Gate".
_CLASSES: Final = {
    "id": "IGate",
    "sdg": "SdgGate",
    "tdg": "TdgGate",
    "sx": "SXGate",
    "sxdg": "SXdgGate",
    "u0": "IGate",
    "p": "PhaseGate",
    "iswap": "iSwapGate",
    "cp": "CPhaseGate",
    "rc3x": "RC3XGate",
    "c3sqrtx": "C3SXGate",
    "swap": "SwapGate",
    "cswap": "CSwapGate",
}


@cache
def _gate(name: str) -> Any:
    from qiskit.circuit import Measure, Reset, library

    if name in ("measure", "reset"):
        return Measure if name == "measure" else Reset
    rotation = name[0] in "rR" and name[1:] in ("x", "y", "z", "xx", "yy", "zz")
    plain = f"R{name[1:].upper()}Gate" if rotation else f"{name.upper()}Gate"
    for controlled in ("crx", "cry", "crz"):
        if name == controlled:
            plain = f"CR{name[2:].upper()}Gate"
    return getattr(library, _CLASSES.get(name, plain))


def build(operations: Iterable[Operation], n_qubits: int, n_clbits: int) -> tuple[Any, list[Any]]:
    """A Qiskit circuit, and its parameters: one for each slot of an angle.

    >>> circuit, parameters = build([("h", (0,), 0, 0, None), ("rzz", (0, 1), 0, 1, None)], 2, 0)
    >>> circuit.count_ops()["rzz"], len(parameters)
    (1, 1)
    """
    from qiskit.circuit import Barrier, ClassicalRegister, Parameter, QuantumCircuit

    circuit = QuantumCircuit(n_qubits, n_clbits)
    parameters: list[Any] = []
    registers: dict[tuple[int, int], Any] = {}
    for name, operands, _slot, count, condition in operations:
        new = [Parameter(f"a{index}") for index in range(len(parameters), len(parameters) + count)]
        parameters += new
        if name == "barrier":
            circuit.append(Barrier(len(operands)), operands)
            continue
        gate = _gate(name)() if name == "u0" else _gate(name)(*new)
        bits = (operands[:1], operands[1:]) if name == "measure" else (operands, ())
        if condition is None:
            circuit.append(gate, *bits)
            continue
        start, size, value = condition
        register = registers.get((start, size))
        if register is None:
            register = ClassicalRegister(name=f"c{start}_{size}", bits=circuit.clbits[start : start + size])
            circuit.add_register(register)
            registers[start, size] = register
        with circuit.if_test((register, value)):
            circuit.append(gate, *bits)
    return circuit, parameters


@dataclass(frozen=True)
class _Column:
    """A number that follows from the slots: constant + Σ factor × slot, or else an expression of them."""

    constant: float
    slots: tuple[int, ...]
    factors: tuple[float, ...]
    expression: Any = None

    def values(self, angles: NDArray[np.float64], parameters: Sequence[Any]) -> list[float]:
        import numpy as np

        if self.expression is not None:
            own = [parameters[slot] for slot in self.slots]
            rows = angles[:, list(self.slots)].tolist()
            bound = [self.expression.bind(dict(zip(own, row, strict=True))) for row in rows]
            return [float(value) for value in bound]
        out = np.full(len(angles), self.constant)
        for slot, factor in zip(self.slots, self.factors, strict=True):
            out += factor * angles[:, slot]
        return out.tolist()


class Program:
    """A circuit for many rows: its every angle a number, or a parameter of its own, which Aer binds fastest.

    Args:
        circuit: The Qiskit circuit.
        parameters: Its parameters before they were given new names, one per slot.
        columns: For each parameter it has now, how it follows from the slots. None if there is a gate whose
            parameters Aer does not see; the circuit then keeps its own.
    """

    def __init__(self, circuit: Any, parameters: Sequence[Any], columns: dict[Any, _Column] | None) -> None:
        self.circuit = circuit
        self._parameters = parameters
        self._columns = columns

    @property
    def is_fixed(self) -> bool:
        """Whether all rows are the same circuit."""
        return not self.circuit.parameters

    @property
    def is_loose(self) -> bool:
        """Whether Aer can bind it."""
        return self._columns is not None

    def binds(self, angles: NDArray[np.float64]) -> dict[Any, list[float]]:
        """Numbers of every parameter, one per row; ``angles`` is rows × slots."""
        columns = self._columns or {}
        return {new: column.values(angles, self._parameters) for new, column in columns.items()}

    def narrow(self) -> None:
        """Leave out gates that nothing saved depends on, and qubits that are idle then.

        Aer would do so by itself, but it renumbers the qubits of the second and later saves twice, and so
        saves values of other qubits than it was asked for.
        """
        from qiskit.circuit import QuantumCircuit

        used, kept = set[int](), []
        for instruction in reversed(self.circuit.data):
            qubits = [self.circuit.find_bit(qubit).index for qubit in instruction.qubits]
            if instruction.operation.name.startswith("save_") or not used.isdisjoint(qubits):
                used.update(qubits)
                kept.append((instruction.operation, qubits))
        places = {qubit: place for place, qubit in enumerate(sorted(used))}
        out = QuantumCircuit(len(places))
        for operation, qubits in reversed(kept):
            operands = [places[qubit] for qubit in qubits]
            if operation.name == "cu":
                out.cu(*operation.params, *operands)  # see `_is_hidden`
            else:
                out.append(operation, operands)
        self.circuit = out
        if self._columns is not None:
            self._columns = {new: self._columns[new] for new in out.parameters}

    def bound(self, angles: NDArray[np.float64]) -> list[Any]:
        """A circuit of its own for every row."""
        if self._columns is None:
            rows: list[dict[Any, float]] = [
                dict(zip(self._parameters, row, strict=True)) for row in angles.tolist()
            ]
            return [self.circuit.assign_parameters(row, strict=False) for row in rows]
        binds = self.binds(angles)
        return [
            self.circuit.assign_parameters({new: values[row] for new, values in binds.items()})
            for row in range(len(angles))
        ]


def hold(circuit: Any) -> None:
    """Let Aer know that qubits measured under a condition matter.

    Else it may leave out the end of the condition, if nothing happens to them later, and fail.
    """
    measured = set()
    for instruction in circuit.data:
        for block in getattr(instruction.operation, "blocks", ()):
            for inner in block.data:
                if inner.operation.name == "measure":
                    measured.add(instruction.qubits[block.find_bit(inner.qubits[0]).index])
    if measured:
        circuit.save_probabilities(sorted(measured, key=circuit.qubits.index), label="held")


def fold(circuit: Any, parameters: Sequence[Any], drop: frozenset[str], *, free: bool) -> Program:
    """A circuit with parameters of its own for all expressions.

    Transpiling makes expressions such as ``a + pi``, which Aer would evaluate one by one in Python.

    Args:
        circuit: The circuit.
        parameters: Its parameters, one per slot.
        drop: Names of operations to leave out.
        free: Whether gates may be written in other ways, for there is no noise.
    """
    slots = {parameter: slot for slot, parameter in enumerate(parameters)}
    columns: dict[Any, _Column] = {}
    kept = [instruction for instruction in circuit.data if instruction.operation.name not in drop]
    out = circuit.copy_empty_like()
    out.global_phase = 0  # nobody can see it, and Aer would bind it, too
    if not free and any(_is_hidden(instruction.operation) for instruction in kept):
        for instruction in kept:
            out.append(instruction)
        return Program(out, parameters, None)
    for instruction in kept:
        operation, qubits = instruction.operation, instruction.qubits
        if _is_hidden(operation):
            out.cu(*_loosened(_cu_angles(operation), columns, slots), *qubits)
        elif operation.is_parameterized():
            operation = operation.to_mutable()
            operation.params = _loosened(operation.params, columns, slots)
            out.append(operation, qubits)
        else:
            out.append(operation, qubits, instruction.clbits)
    return Program(out, parameters, columns)


def _is_hidden(operation: Any) -> bool:
    """Whether Aer may not see the parameters of an operation, and run it with anything for an angle.

    It asks controlled gates whether they have any, and most of them answer for the gate they control. Only
    ``cu`` is safe, and only as `QuantumCircuit.cu` makes it.
    """
    from qiskit.circuit import ControlledGate

    return isinstance(operation, ControlledGate) and any(map(_is_open, operation.params))


def _is_open(value: Any) -> bool:
    from qiskit.circuit import ParameterExpression

    return isinstance(value, ParameterExpression) and bool(value.parameters)


def _cu_angles(operation: Any) -> Sequence[Any]:
    """The angles of ``cu`` for the same controlled gate."""
    first, *others = operation.params
    by_name: dict[str, tuple[Any, ...]] = {
        "crx": (first, -pi / 2, pi / 2, 0.0),
        "cry": (first, 0.0, 0.0, 0.0),
        "crz": (0.0, 0.0, first, -first / 2),
        "cp": (0.0, 0.0, first, 0.0),
        "cu1": (0.0, 0.0, first, 0.0),
        "cu3": (first, *others, 0.0),
        "cu": (first, *others),
    }
    return by_name[operation.name]


def _loosened(values: Sequence[Any], columns: dict[Any, _Column], slots: dict[Any, int]) -> list[Any]:
    """The values with new parameters for expressions, whose columns are added."""
    from qiskit.circuit import Parameter

    found = []
    for value in values:
        if _is_open(value):
            found.append(Parameter(f"v{len(columns)}"))
            columns[found[-1]] = _column(value, slots)
        else:
            found.append(value)
    return found


def _column(expression: Any, slots: dict[Any, int]) -> _Column:
    own = sorted(expression.parameters, key=slots.__getitem__)
    places = tuple(slots[parameter] for parameter in own)
    slopes = [expression.gradient(parameter) for parameter in own]
    if any(getattr(slope, "parameters", None) for slope in slopes):
        return _Column(0.0, places, (), expression)
    constant = float(expression.bind(dict.fromkeys(own, 0.0)))
    return _Column(constant, places, tuple(float(slope) for slope in slopes))
