# ruff: noqa: E501 - tables read better with one row on a line
"""Qiskit's reading of OpenQASM 2, in a form that can be compared: nested tuples of plain values."""

from __future__ import annotations

import warnings
from typing import Any

from qiskit import qasm2
from qiskit.circuit import QuantumCircuit

LEGACY = [custom for custom in qasm2.LEGACY_CUSTOM_INSTRUCTIONS if custom.name != "delay"]
RENAMED = {"U": "u", "CX": "cx"} | {c.name: c.constructor(*[1] * c.num_params).name for c in LEGACY}
"""Qiskit's own names of the gates: rc3x is rcccx there, c3x is mcx."""
STANDARD = {*RENAMED.values(), "barrier", "measure", "reset"}


def load(source: str) -> QuantumCircuit:
    """The circuit Qiskit reads: not strict, with the gates of the legacy `qelib1.inc`."""
    return qasm2.loads(source, custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)


def verdict(source: str) -> tuple[QuantumCircuit | None, str]:
    """The circuit, or None and why Qiskit refuses it. Its parser may also panic or raise TypeError."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return load(source), ""
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001 - pyo3's PanicException is a BaseException
            return None, f"{type(error).__name__}: {error}"


def view(circuit: QuantumCircuit) -> dict[str, Any]:
    """Registers and operations; gates the program defines come with their definition."""
    return {
        "qregs": [(register.name, register.size) for register in circuit.qregs],
        "cregs": [(register.name, register.size) for register in circuit.cregs],
        "operations": operations(circuit),
    }


def operations(circuit: QuantumCircuit) -> list[tuple[Any, ...]]:
    """(name, angles, qubits, classical bits, condition, definition) of every operation."""
    found = []
    for instruction in circuit.data:
        operation, condition = instruction.operation, None
        qubits = [circuit.find_bit(qubit).index for qubit in instruction.qubits]
        clbits = [circuit.find_bit(bit).index for bit in instruction.clbits]
        if operation.name == "if_else":
            register, value = operation.condition
            condition = (register.name, value)
            inner = operation.blocks[0]
            (held,) = inner.data
            qubits = [qubits[inner.find_bit(qubit).index] for qubit in held.qubits]
            clbits = [clbits[inner.find_bit(bit).index] for bit in held.clbits]
            operation = held.operation
        angles = tuple(float(value) for value in operation.params)
        body = definition(operation)
        # A gate the program defines under a name of Vivace's table is written as own_<name>.
        found.append(
            (operation.name.removeprefix("own_"), angles, tuple(qubits), tuple(clbits), condition, body)
        )
    return found


def definition(operation: Any) -> tuple[Any, ...] | None:
    """The body of a gate the program defines; None for standard gates and opaque ones."""
    if operation.name in STANDARD or operation.definition is None:
        return None
    return tuple(operations(operation.definition))


def names(circuit: QuantumCircuit) -> dict[str, int]:
    """How often each operation occurs, also under a condition."""
    found: dict[str, int] = {}
    for name, *_ in operations(circuit):
        found[name] = found.get(name, 0) + 1
    return found


def nameless(circuit: QuantumCircuit) -> list[tuple[Any, ...]]:
    """What the circuit does, with the bodies of gates it defines spread out, and without the names of registers
    and opaque gates: circuits of one structure may take these from one another."""
    found = []
    for *operation, condition, body in operations(circuit):
        value = None if condition is None else condition[1]
        found += [(*step, value) for step in spread(*operation, body)]
    return found


def spread(name: str, angles: Any, qubits: Any, clbits: Any, body: Any) -> list[tuple[Any, ...]]:
    """The operation itself, or those of its body on its qubits."""
    if body is None:
        return [(name if name in STANDARD else "own", angles, qubits, clbits)]
    found = []
    for inner, values, positions, _, _, inner_body in body:
        found += spread(inner, values, tuple(qubits[position] for position in positions), (), inner_body)
    return found
