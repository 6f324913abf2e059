"""Qiskit circuits as OpenQASM 2 text, also those with parameters. Qiskit is imported on use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from vivace._exportable import STANDARD, definition_of, exportable
from vivace.errors import ParameterError, QasmError

__all__ = ["exported", "is_circuit", "names_of"]

_PLAIN: Final = frozenset(
    [
        "rx",
        "ry",
        "rz",
        "p",
        "u",
        "u1",
        "u2",
        "u3",
        "cp",
        "crx",
        "cry",
        "crz",
        "cu",
        "cu1",
        "cu3",
        "rxx",
        "rzz",
    ]
)
_FIRST_STANDIN: Final = 9_000_000.25
# What Qiskit has in expressions and OpenQASM 2 has not: two functions, and imaginary numbers.
_UNKNOWN: Final = re.compile(r"\b(abs|sign)(?=\()|(?<![\w.])[\d.]+i\b")


def is_circuit(item: Any) -> bool:
    """Whether an object is a Qiskit circuit: by its shape, so that nobody pays for importing Qiskit."""
    return hasattr(item, "num_qubits") and hasattr(item, "qregs") and hasattr(item, "data")


def names_of(parameters: Iterable[Any]) -> tuple[str, ...]:
    """The names of parameters that are names, or have one.

    >>> from qiskit.circuit import ParameterVector
    >>> names_of(["a", *ParameterVector("b", 2)])
    ('a', 'b[0]', 'b[1]')
    """
    return tuple(p if isinstance(p, str) else str(p.name) for p in parameters)


def exported(circuit: Any, names: Sequence[str] = (), label: str | None = None) -> str:
    """A Qiskit circuit as OpenQASM 2; in gate arguments, names stand for its parameters.

    Args:
        circuit: The circuit. A global phase is left out; what OpenQASM 2 has no words for is written as
            what it is made of.
        names: Names of parameters that may stay open.
        label: Label of the circuit, for errors.

    Raises:
        ParameterError: A parameter of the circuit is not among the names, or is named as the number pi.
        QasmError: OpenQASM 2 has no words for the circuit, or there are parameters and no names.
    """
    from qiskit import qasm2
    from qiskit.exceptions import QiskitError

    what = "The circuit" if label is None else f"Circuit '{label}'"
    missing = [parameter.name for parameter in circuit.parameters if parameter.name not in names]
    if missing and not names:
        raise QasmError(
            f"{what} cannot be exported to OpenQASM 2: {', '.join(missing)} have no values. Bind them, or "
            "submit a CircuitPayload.",
            label,
        )
    if missing:
        given = ", ".join(names)
        raise ParameterError(
            f"{what} needs values for {', '.join(missing)}; there are values for: {given}.", label, missing[0]
        )
    if any(parameter.name == "pi" for parameter in circuit.parameters):
        raise ParameterError(f"{what} has a parameter named 'pi', which is a number. Rename it.", label, "pi")
    try:
        circuit = exportable(circuit)
        open_circuit, expressions = _with_standins(circuit) if circuit.parameters else (circuit, {})
        text: str = qasm2.dumps(open_circuit)
    except QiskitError as error:
        why = error.message.rstrip(".")
        raise QasmError(f"{what} cannot be exported to OpenQASM 2: {why}.", label) from error
    for standin, expression in expressions.items():
        why = f"it has the number {standin}" if text.count(standin) != 1 else _unknown_in(expression)
        if why is not None:
            raise QasmError(f"{what} cannot be exported to OpenQASM 2: {why}.", label)
        text = text.replace(standin, f"({_text(expression)})")
    return text


def _with_standins(circuit: Any) -> tuple[Any, dict[str, Any]]:
    """The circuit with numbers in place of expressions, and the expression that each stands for.

    Qiskit exports numbers only. Gates of the user's that take parameters are replaced by what they are made
    of, for OpenQASM 2 has no parameters inside of definitions.
    """
    from qiskit.circuit import ParameterExpression

    found = circuit.copy_empty_like()
    found.global_phase = 0
    expressions: dict[str, Any] = {}

    def is_open(value: Any) -> bool:
        return isinstance(value, ParameterExpression) and bool(value.parameters)

    def standin(value: Any) -> Any:
        if not is_open(value):
            return value
        number = _FIRST_STANDIN + len(expressions)
        expressions[str(number)] = value
        return number

    def add(operation: Any, qubits: Sequence[Any], clbits: Sequence[Any]) -> None:
        if not any(map(is_open, operation.params)):
            found.append(operation, qubits, clbits)
        elif _is_plain(operation):
            new = operation.to_mutable()
            new.params = [standin(value) for value in operation.params]
            found.append(new, qubits, clbits)
        else:
            inner = definition_of(operation)
            for instruction in inner.data:
                add(
                    instruction.operation,
                    [qubits[inner.find_bit(qubit).index] for qubit in instruction.qubits],
                    [clbits[inner.find_bit(clbit).index] for clbit in instruction.clbits],
                )

    for instruction in circuit.data:
        add(instruction.operation, instruction.qubits, instruction.clbits)
    return found, expressions


def _unknown_in(expression: Any) -> str | None:
    found = _UNKNOWN.search(str(expression))
    return None if found is None else f"that has no {found[0]!r}, as in the angle {expression}"


def _text(expression: Any) -> str:
    # Parameters are real: the conjugate of one is itself.
    text = re.sub(r"\bconj\(", "(", str(expression))
    text = re.sub(r"\blog\(", "ln(", text).replace("**", "^")
    # A parameter that falls out of the expression is still one of the circuit's.
    names = sorted(parameter.name for parameter in expression.parameters)
    gone = [name for name in names if not re.search(rf"(?<!\w){re.escape(name)}(?![\w\[(])", text)]
    return " + ".join([text, *(f"0*{name}" for name in gone)])


def _is_plain(operation: Any) -> bool:
    """Whether Qiskit writes a gate without a definition, which would have the numbers in it."""
    controls = getattr(operation, "num_ctrl_qubits", 0)
    closed = not controls or operation.ctrl_state == (1 << controls) - 1
    return closed and operation.name in _PLAIN and type(operation).__module__.startswith(STANDARD)
