"""Qiskit's reading of OpenQASM 2, in a form that can be compared: nested tuples of plain values."""

from __future__ import annotations

import warnings
from typing import Any

from qiskit import qasm2
from qiskit.circuit import QuantumCircuit

RENAMED = {"U": "u", "CX": "cx"}
"""Names Qiskit gives the two primitives."""


STANDARD = {custom.name for custom in qasm2.LEGACY_CUSTOM_INSTRUCTIONS} | {"barrier", "measure", "reset"}


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
        found.append((operation.name, angles, tuple(qubits), tuple(clbits), condition, body))
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
