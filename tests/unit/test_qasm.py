# ruff: noqa: E501 - tables read better with one row on a line
"""`vivace.qasm`: what the functions return, and what a `QasmError` carries. The grammar is tested in the core and
against Qiskit in `tests/property`."""

import pickle
import subprocess
import sys

import pytest

from vivace.circuits import CircuitBatch
from vivace.errors import QasmError
from vivace.qasm import count_qubits, is_valid_qasm, validate_qasm, validate_qasm_count_qubits

HEAD = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n'


def error_of(source, parameters=()):
    with pytest.raises(QasmError) as caught:
        validate_qasm(source, parameters)
    assert not is_valid_qasm(source, parameters)
    return caught.value


def test_valid_programs():
    assert validate_qasm(HEAD + "qreg q[2]; h q;") is None
    assert is_valid_qasm(HEAD + "qreg q[2]; h q;")
    assert validate_qasm_count_qubits(HEAD + "qreg q[2]; creg c[9]; qreg r[3];") == 5
    assert validate_qasm_count_qubits("OPENQASM 2.0;") == 0


def test_placeholders_stand_in_gate_arguments_only():
    """Names given as parameters are accepted verbatim there, and nowhere else."""
    text = HEAD + "qreg q[1]; rx(2*theta+phi[1]) q[0];"
    assert is_valid_qasm(text, ["theta", "phi[1]"])
    assert not is_valid_qasm(text)
    assert not is_valid_qasm(text, ["theta"])
    assert not is_valid_qasm(HEAD + "gate g a { rx(theta) a; }", ["theta"])


def test_qubits_are_counted_without_checking_the_rest():
    assert count_qubits(HEAD + "qreg q[3]; unknown_gate q[7]; qubit[2] w; qreg r[1];") == 6


# source, message, line, column, text, column just past the token
PLACES = [
    (HEAD + "qreg q[2];\nfoo q[0];\n", "Unknown gate 'foo'", 4, 1, "foo q[0];", 4),
    (HEAD + "qreg q[2];\n\tx q[2]; // no\n", "Qubit index 2 out of range for 'q[2]'", 4, 6, "\tx q[2]; // no", 7),
    (HEAD + "qreg q[2];\r\nx w[0];\r\n", "Unknown qreg 'w'", 4, 3, "x w[0];", 4),
    (HEAD + "/* a\n comment */ qreg q[2]; x q[0]\n", "Expected SEMI", 5, 1, "", 1),
    (HEAD + 'qreg q[1];\n// ü\n  rx(1/0) q[0];', "Division by zero in expression", 5, 7, "  rx(1/0) q[0];", 8),
    (HEAD + "qreg q[1];\n/* üü */ y z;", "Unknown qreg 'z'", 4, 12, "/* üü */ y z;", 13),
    (HEAD + "qreg q[1];\ncx q[0],q[0];", "Duplicate qubit arguments for gate 'cx'", 4, 9, "cx q[0],q[0];", 10),
    ("", "Expected OPENQASM", 1, 1, "", 1),
    ("OPENQASM 3.0;", "Unsupported OPENQASM version '3.0'", 1, 10, "OPENQASM 3.0;", 13),
    (HEAD + "qreg q[1];\nx q[0", "Expected RBRACKET", 4, 6, "x q[0", 6),
    (HEAD + "qreg q[1]; if", "Expected LPAREN", 3, 14, "qreg q[1]; if", 14),
]  # fmt: skip


@pytest.mark.parametrize(("source", "message", "line", "column", "text", "end"), PLACES)
def test_places(source, message, line, column, text, end):
    """Fields are those of Python's own syntax errors, for every kind of line end, tab and comment."""
    error = error_of(source)
    assert error.msg.startswith(f"{message} at {line}:{column}")
    assert (error.lineno, error.offset, error.text) == (line, column, text)
    assert (error.end_lineno, error.end_offset) == (line, end)
    assert (error.label, error.filename) == (None, None)
    assert isinstance(error, SyntaxError)
    assert isinstance(error, ValueError)


def test_the_text_shows_the_line_and_a_caret():
    shown = str(error_of(HEAD + "qreg q[2];\n  foo q[0];\n")).splitlines()
    assert shown[0] == "Unknown gate 'foo' at 4:3"
    assert shown[1] == "  Line 4:   foo q[0];"
    assert shown[2].rstrip("^") == " " * shown[1].index("foo")


def test_tabs_stay_tabs_below_the_line():
    """So that the caret stands under the token however wide a tab is."""
    lines = str(error_of(HEAD + "qreg q[1];\n\tx\tw;")).splitlines()
    assert lines[1] == "  Line 4: \tx\tw;"
    assert lines[2].startswith(" " * 10 + "\t \t^")


def test_a_label_goes_with_the_error():
    """In a batch the first bad circuit is told, with its label in the text and as file name."""
    with pytest.raises(QasmError) as caught:
        CircuitBatch.of({"good": HEAD, "c7": HEAD + "x q;", "c8": "?"})
    error = caught.value
    assert (error.label, error.filename, error.lineno, error.offset) == ("c7", "<c7>", 3, 3)
    assert "c7" in str(error)
    assert "Line 3: x q;" in str(error)
    twin = pickle.loads(pickle.dumps(error))
    assert (str(twin), twin.label, twin.lineno, twin.text) == (str(error), "c7", 3, "x q;")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "Expected OPENQASM at 1:1, got EOF"),
        ("\n\n \t", "Expected OPENQASM at 3:3, got EOF"),
        ("// nothing", "Expected OPENQASM at 1:11, got EOF"),
        ("\0\0\0", "Illegal character at 1:1"),
        ("PK\x03\x04\x14\x00", "Expected OPENQASM at 1:1, got ID"),
        ("\x7fELF\x02", "Illegal character at 1:1"),
        ("\ufeffOPENQASM 2.0;", "Illegal character at 1:1"),
        (HEAD + "\udcff", "Illegal character at 3:1: '\\udcff'"),
        (HEAD + "qreg q[1]; rx(nan) q[0];", "Unknown symbol 'nan' in expression at 3:15"),
        (HEAD + "qreg q[1]; rx(inf) q[0];", "Unknown symbol 'inf' in expression at 3:15"),
        (HEAD + "qreg q[1]; rx(1e400) q[0];", "Expression is not finite at 3:15"),
        (HEAD + "qreg q[1]; rx(1e300*1e300) q[0];", "Expression is not finite at 3:20"),
        (HEAD + "qreg q[1]; rx(ln(0)) q[0];", "Expression is not finite at 3:15"),
        (HEAD + "qreg q[1]; rx(sqrt(-1)) q[0];", "Expression is not finite at 3:15"),
        (HEAD + "qreg q[1]; rx(0/0) q[0];", "Division by zero in expression at 3:16"),
        (HEAD + "qreg q[0];", "Register 'q' has size zero at 3:8"),
        (
            HEAD + "qreg q[99999999999999999999];",
            "makes 99999999999999999999 qubits in all; the limit is 1048576",
        ),
        ("{" * 100, "Expected OPENQASM at 1:1, got LBRACE"),
        ("/*", "Unterminated comment at 1:1"),
        ('OPENQASM 2.0; include "q', "Illegal character at 1:23: '\"q'"),
    ],
)
def test_bad_input_gives_one_clear_error(source, message):
    """Empty, binary, not a number, not finite, not closed."""
    assert message in error_of(source).msg


@pytest.mark.parametrize("source", [b"OPENQASM 2.0;", None, 3, ["OPENQASM 2.0;"]])
def test_what_is_no_text_is_a_type_error(source):
    for function in (validate_qasm, is_valid_qasm, count_qubits, validate_qasm_count_qubits):
        with pytest.raises(TypeError, match="str"):
            function(source)


@pytest.mark.parametrize(
    ("opening", "closing"), [("(", ")"), ("sin(", ")"), ("2^", ""), ("-(", ")"), ("1+(", ")"), ("(-", ")")]
)
def test_a_hundred_thousand_levels_are_refused_shortly(opening, closing):
    """No stack overflow, whatever nests; the text of the error stays short."""
    deep = opening * 100_000 + "1" + closing * 100_000
    error = error_of(HEAD + f"qreg q[1]; rx({deep}) q[0];")
    assert "Expression nested deeper than 128 levels at 3:" in error.msg
    assert len(str(error)) < 500
    with pytest.raises(QasmError, match="nested deeper"):
        CircuitBatch.of([HEAD + f"qreg q[1]; gate g(t) a {{ rx({deep}) a; }}"])


def test_long_chains_are_no_nesting():
    """A sum of ten thousand terms and a row of ten thousand signs are fine."""
    assert is_valid_qasm(HEAD + f"qreg q[1]; rx({'+'.join(['1'] * 10_000)}) q[0]; rx({'-' * 10_000}1) q[0];")


HUGE = """
import resource, sys, time
from vivace.qasm import QasmError, is_valid_qasm, validate_qasm
from vivace.circuits import CircuitBatch
line = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; ' + "h q[0];" * (100_000_000 // 7) + "foo q[0];"
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    {call}
except QasmError as error:
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(error.lineno, error.offset, len(str(error)), len(error.text), round(grown))
    print(str(error).splitlines()[0])
"""


@pytest.mark.parametrize(
    ("call", "limit"), [("validate_qasm(line)", 150), ("CircuitBatch.of({'huge': line})", 1200)]
)
def test_a_line_of_a_hundred_megabytes(call, limit):
    """Refused at its end, with the place, a short text, and memory in proportion to the input (MB)."""
    run = subprocess.run(
        [sys.executable, "-c", HUGE.format(call=call)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    numbers, message = run.stdout.splitlines()
    line, column, text_length, line_length, grown = map(int, numbers.split())
    assert (line, column) == (1, 48 + 7 * (100_000_000 // 7))
    assert f"Unknown gate 'foo' at 1:{column}" in message
    assert text_length < 500
    assert line_length <= 10_000
    assert grown < limit


def test_a_binary_line_of_megabytes_is_refused_at_once():
    error = error_of("\x00\x01\x02" * 1_000_000)
    assert error.msg.startswith("Illegal character at 1:1")
    assert len(str(error)) < 500
