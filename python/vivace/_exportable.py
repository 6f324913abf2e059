"""Qiskit circuits made ready for Qiskit's own exporter to OpenQASM 2. Qiskit is imported on use.

The exporter writes some instructions in a way that nobody reads, or that means something else: arguments that
are no numbers (`PauliGate`, `DiagonalGate`), resets in the bodies of gates (`Initialize`), gates of the
user's under the names of known ones, registers named like a gate or a function. Such instructions are
replaced by what they are made of, such registers get another name. It also writes a bit once for each of its
registers, and bits without a register last; such bits are put into registers in the circuit's order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from numbers import Real
from typing import Any, Final

from vivace import _core

__all__ = ["STANDARD", "definition_of", "exportable"]

STANDARD: Final = "qiskit.circuit.library.standard_gates"
"""The package of the gates that Qiskit knows."""

# Names that the exporter writes without a definition, beside those of Qiskit's standard gates.
_BARE: Final = frozenset({"u0", "rc3x", "c3x", "c4x"})
_HEAD: Final = 'OPENQASM 2.0; include "qelib1.inc"; '


def exportable(circuit: Any) -> Any:
    """The circuit itself, or one of the same meaning up to a global phase, that the exporter gets right.

    Raises:
        QASM2ExportError: There is none.
    """
    known = _Known()
    fine = [known.writes(instruction) for instruction in circuit.data]
    if all(fine) and _are_in_order(circuit) and not _odd_registers(circuit, known):
        return circuit
    spread = _Rewriting(circuit, known).out
    # Gates that came to light only now may be called like a register.
    return _Rewriting(spread, known).out if _odd_registers(spread, known) else spread


def definition_of(operation: Any) -> Any:
    """What an operation is made of, as a circuit.

    Raises:
        QASM2ExportError: Nobody knows.
    """
    from qiskit.circuit import QuantumCircuit
    from qiskit.qasm2 import QASM2ExportError
    from qiskit.transpiler.passes import HighLevelSynthesis

    found = getattr(operation, "definition", None)
    if found is not None:
        return found
    whole = QuantumCircuit(operation.num_qubits, operation.num_clbits)
    whole.append(operation, whole.qubits, whole.clbits)
    found = HighLevelSynthesis()(whole)
    if any(instruction.operation == operation for instruction in found.data):
        raise QASM2ExportError(f"instruction '{operation.name}' has no definition")
    return found


class _Known:
    """What the exporter writes as it should."""

    def __init__(self) -> None:
        from qiskit.circuit import (
            Barrier,
            ControlFlowOp,
            Delay,
            Instruction,
            Measure,
            ParameterExpression,
            Reset,
        )
        from qiskit.circuit.library import PermutationGate, UnitaryGate, get_standard_gate_name_mapping

        self._everywhere = (Barrier, Delay)
        self._instruction = Instruction  # the exporter fails on operations that are none
        self._statements = (Measure, Reset, ControlFlowOp)
        self._defined = (UnitaryGate, PermutationGate)  # it does not write the parameters of these
        self._numbers = (Real, ParameterExpression)
        self._bare = _BARE | get_standard_gate_name_mapping().keys()
        self._found: dict[int, tuple[Any, bool]] = {}
        self.names = set[str]()

    def writes(self, instruction: Any, *, in_body: bool = False) -> bool:
        """Whether the instruction can be exported as it is; ``in_body``: in the body of a gate."""
        self.names.add(instruction.name)
        if instruction.is_standard_gate():
            return bool(instruction.qubits)  # a global phase is none
        operation = instruction.operation
        if isinstance(operation, self._everywhere):
            return True
        if isinstance(operation, self._statements):
            return not in_body and all(
                self.writes(inner) for block in getattr(operation, "blocks", ()) for inner in block.data
            )
        if id(operation) not in self._found:
            self._found[id(operation)] = operation, self._defines(operation)
        return self._found[id(operation)][1]

    def _defines(self, operation: Any) -> bool:
        if not isinstance(operation, self._instruction):
            return False
        if isinstance(operation, self._defined):
            return True
        standard = type(operation).__module__.startswith(STANDARD)
        if operation.num_clbits or (not standard and operation.name in self._bare):
            return False
        if not standard and _is_word(operation.name):
            return False
        if not all(isinstance(value, self._numbers) for value in operation.params):
            return False
        definition = operation.definition
        inner = () if definition is None else definition.data
        fine = [self.writes(instruction, in_body=True) for instruction in inner]
        return all(fine)


class _Rewriting:
    """A circuit being written again, in ``out``."""

    def __init__(self, circuit: Any, known: _Known) -> None:
        self._known = known
        self._registers: dict[Any, Any] = {}
        self.out = self._empty(circuit)
        for instruction in circuit.data:
            self._add(instruction, instruction.qubits, instruction.clbits, None)

    def _empty(self, circuit: Any) -> Any:
        """A circuit with the same bits, each in one register, in registers whose names can be written."""
        from qiskit.circuit import ClassicalRegister, QuantumCircuit, QuantumRegister

        out = QuantumCircuit(circuit.qubits, circuit.clbits)
        odd = _odd_registers(circuit, self._known)
        taken = {register.name for register in (*circuit.qregs, *circuit.cregs)} | self._known.names
        for kind, registers, bits in (
            (QuantumRegister, circuit.qregs, circuit.qubits),
            (ClassicalRegister, circuit.cregs, circuit.clbits),
        ):
            for register, run in _runs(registers, bits):
                own = register and register.name
                name = own or "rest"
                while name in odd or (name != own and name in taken):
                    name = f"reg_{name}"
                self._registers[register] = register if name == own else kind(name=name, bits=run)
                taken.add(name)
                out.add_register(self._registers[register])
        return out

    def _add(self, instruction: Any, qubits: Sequence[Any], clbits: Sequence[Any], condition: Any) -> None:
        """Append an instruction on other bits, under a (register, value) condition if there is one."""
        from qiskit.circuit import ControlFlowOp
        from qiskit.qasm2 import QASM2ExportError

        operation = instruction.operation
        if not qubits:
            return
        if isinstance(operation, ControlFlowOp):
            inner, condition = self._under_control(operation, condition)
            self._add(inner, *_bits(operation.blocks[0], inner, qubits, clbits), condition)
        elif not self._known.writes(instruction):
            if condition is not None and operation.num_clbits:
                raise QASM2ExportError(f"instruction '{operation.name}' measures under a condition")
            definition = definition_of(operation)
            for inner in definition.data:
                self._add(inner, *_bits(definition, inner, qubits, clbits), condition)
        elif condition is None:
            self.out.append(operation, qubits, clbits)
        else:
            with self.out.if_test(condition):
                self.out.append(operation, qubits, clbits)

    def _under_control(self, operation: Any, condition: Any) -> tuple[Any, tuple[Any, int]]:
        """The instruction under classical control, and the condition."""
        from qiskit.circuit import ClassicalRegister
        from qiskit.qasm2 import QASM2ExportError

        blocks, asked = operation.blocks, getattr(operation, "condition", None)
        register, value = asked if isinstance(asked, tuple) else (None, 0)
        single = len(blocks) == 1 and len(blocks[0].data) == 1 and condition is None
        mine = self._registers.get(register) if isinstance(register, ClassicalRegister) else None
        if mine is None and isinstance(register, ClassicalRegister):
            raise QASM2ExportError(f"the bits of register '{register.name}' are not its own, or not in order")
        if not single or operation.name != "if_else" or mine is None:
            raise QASM2ExportError(
                "its classical control is no single instruction under the condition that a register of the "
                "circuit equals a number"
            )
        return blocks[0].data[0], (mine, value)


def _bits(
    definition: Any, inner: Any, qubits: Sequence[Any], clbits: Sequence[Any]
) -> tuple[list[Any], list[Any]]:
    """The bits that an instruction of a definition acts on, where the definition is used."""
    return (
        [qubits[definition.find_bit(qubit).index] for qubit in inner.qubits],
        [clbits[definition.find_bit(clbit).index] for clbit in inner.clbits],
    )


def _are_in_order(circuit: Any) -> bool:
    """Whether the exporter writes every bit once, in the order of the circuit."""
    for registers, bits in ((circuit.qregs, circuit.qubits), (circuit.cregs, circuit.clbits)):
        written = [bit for register in registers for bit in register]
        if written != bits[: len(written)]:
            return False
    return True


def _runs(registers: Sequence[Any], bits: Sequence[Any]) -> Iterator[tuple[Any, Sequence[Any]]]:
    """The bits in order, cut into registers as far as these go, and None with what lies between."""
    start = at = 0
    while at < len(bits):
        found = next((r for r in registers if len(r) and list(r) == bits[at : at + len(r)]), None)
        if found is None:
            at += 1
            continue
        if start < at:
            yield None, bits[start:at]
        yield found, bits[at : at + len(found)]
        start = at = at + len(found)
    if start < at:
        yield None, bits[start:at]


def _is_word(name: str) -> bool:
    """Whether a name is one that OpenQASM 2 gives a meaning, so that nothing else can have it."""
    if not re.fullmatch(r"[a-z]\w*", name, re.ASCII):
        return False  # the exporter writes another name
    try:
        _core.validate_qasm(f"{_HEAD}qreg {name}[1];")
    except SyntaxError:
        return True
    return False


def _odd_registers(circuit: Any, known: _Known) -> set[str]:
    names = {register.name for register in (*circuit.qregs, *circuit.cregs)}
    return {name for name in names if name in known.names or _is_word(name)}
