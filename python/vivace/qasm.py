"""OpenQASM 2 checks: is a program valid, and how wide is it?

The grammar is that of the OpenQASM 2 paper (arXiv:1707.03429) with what Qiskit writes and reads besides; all
gates of Qiskit's ``qelib1.inc`` are known without including it. Included files are not read.
"""

from __future__ import annotations

from collections.abc import Sequence

from vivace import _core
from vivace._source import encodable
from vivace.errors import QasmError

__all__ = ["count_qubits", "is_valid_qasm", "validate_qasm", "validate_qasm_count_qubits"]


def validate_qasm(src: str, parameters: Sequence[str] = ()) -> None:
    r"""Check a whole program.

    Args:
        src: OpenQASM 2 text.
        parameters: Placeholder names that may stand in gate arguments outside gate bodies.

    Raises:
        QasmError: What is wrong first; a `SyntaxError` with line and column, and a `ValueError`.

    >>> validate_qasm("OPENQASM 2.0; qreg q[1]; rx(2*theta) q[0];", ["theta"])
    >>> validate_qasm("OPENQASM 2.0;\nqreg q[1];\nfoo q[0];")
    Traceback (most recent call last):
    ...
    vivace.errors.QasmError: Unknown gate 'foo' at 3:1
    """
    _core.validate_qasm(encodable(src), list(parameters))


def is_valid_qasm(src: str, parameters: Sequence[str] = ()) -> bool:
    """Whether `validate_qasm` accepts the program.

    >>> is_valid_qasm("OPENQASM 2.0; qreg q[1]; h q;"), is_valid_qasm("qreg q[1];")
    (True, False)
    """
    try:
        _core.validate_qasm(encodable(src), list(parameters))
    except QasmError:
        return False
    return True


def validate_qasm_count_qubits(src: str) -> int:
    """Check a whole program and return the number of qubits it declares.

    Raises:
        QasmError: As `validate_qasm`.

    >>> validate_qasm_count_qubits("OPENQASM 2.0; qreg a[2]; qreg b[3];")
    5
    """
    return _core.validate_qasm(encodable(src))[0]


def count_qubits(src: str) -> int:
    """The number of qubits a program declares, without checking the rest of it.

    Raises:
        QasmError: The declarations cannot be read.

    >>> count_qubits("OPENQASM 2.0; qreg q[3]; an_unknown_gate q[0];")
    3
    """
    return _core.count_qubits(encodable(src))
