# ruff: noqa: E501 - tables read better with one row on a line
"""The OpenQASM 2 parser against Qiskit's: one verdict and one circuit, but for the exceptions listed here."""

import re
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings

from support import loaded, programs
from vivace.circuits import CircuitBatch
from vivace.qasm import QasmError, is_valid_qasm, validate_qasm, validate_qasm_count_qubits

HEAD = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[3]; creg c[3]; '
PROFILE = settings(derandomize=True, deadline=None, database=None, max_examples=400)


class Deviation(NamedTuple):
    """Programs on which the two disagree on purpose."""

    reason: str
    message: str  # pattern of the message of the side that refuses
    source: str  # pattern of what is special in the program
    example: str


# Qiskit reads these, Vivace refuses them.
STRICTER = [
    Deviation("the version statement is required (api-contract §14)", r"Expected OPENQASM at", r"", "qreg q[1];"),
    Deviation("no empty statements (§14)", r"Unexpected token SEMI at", r"[;}]\s*;", HEAD + "x q[0];;"),
    Deviation("no comma at the end of a list (§14)", r"Expected .*, got (SEMI|LBRACE|RPAREN)|Expected gate-qubit id|Unexpected token RPAREN in expression", r",\s*[;){]", HEAD + "x q[0],;"),
    Deviation("no comma at the end of a list (§14), before a body", r"Expected ID at .*, got (LBRACE|ID|RPAREN)", r",\s*[;){]", HEAD + "gate g a,{}"),
    Deviation("no empty parentheses (§14)", r"Unexpected token RPAREN in expression|Expected ID at .*, got RPAREN", r"\(\s*\)", HEAD + "x() q[0];"),
    Deviation("a barrier needs an argument (§14)", r"Expected (ID|gate-qubit id)", r"barrier\s*;", HEAD + "barrier;"),
    Deviation("registers have at least one bit (decisions)", r"has size zero", r"\[\s*0+\s*\]", HEAD + "creg w[0];"),
    Deviation("a condition that can never hold (§14)", r"if\(\) value .* exceeds creg width", r"if", HEAD + "if(c==8) x q[0];"),
    Deviation("conditions compare with at most 64 bits", r"if\(\) value .* is too large", r"if", HEAD + "creg w[70]; if(w==18446744073709551616) x q[0];"),
    Deviation("angles are finite (decisions)", r"Expression is not finite", r"", HEAD + "rx(1e400) q[0];"),
    Deviation("angles are counted also where Qiskit forgets to", r"expects \d params, got 0", r"", HEAD + "gate g(a) b {} g q[0];"),
    Deviation("an opaque gate's qubits differ", r"Redefinition of", r"opaque", HEAD + "opaque g a,a;"),
    Deviation("at most 2^20 bits of a kind", r"the limit is 1048576", r"", HEAD + "qreg big[2000000];"),
    Deviation("expressions nest at most 128 deep", r"nested deeper than 128", r"", HEAD + f"rx({'(' * 200}1{')' * 200}) q[0];"),
]  # fmt: skip

# Gates of Qiskit's qelib1.inc that are not in the paper's.
LATER = r"(swap|cswap|crx|cry|rxx|rzz|sx|sxdg|p|u|cu|csx|cp|rccx|rc3x|c3x|c3sqrtx|c4x)"

# Vivace reads these, Qiskit refuses them.
WIDER = [
    Deviation("all gates are known without the include (§14)", r"cannot use non-builtin custom instruction", r"", "OPENQASM 2.0; qreg q[1]; h q[0];"),
    Deviation("iswap is known (§14)", r"'iswap' is not defined", r"iswap", HEAD + "iswap q[0],q[1];"),
    Deviation("ryy is known (§14)", r"'ryy' is not defined", r"ryy", HEAD + "ryy(1) q[0],q[1];"),
    Deviation("qubit and bit declare registers (§14)", r"'(qu)?bit' is not defined", r"bit", HEAD + "qubit w; bit[2] v; h w;"),
    Deviation("acos, asin, atan are functions (§14)", r"'a(cos|sin|tan)' is not", r"a(cos|sin|tan)", HEAD + "rx(acos(0.5)) q[0];"),
    Deviation("a register of size 1 goes with any (§14)", r"cannot resolve broadcast in gate", r"\[\s*1\s*\]", HEAD + "qreg r[1]; cx r,q; cx q,r;"),
    Deviation("block comments (§14)", r"", r"/\*", HEAD + "/* a\n comment */ x q[0];"),
    Deviation("numbers may start with zeros (§14)", r"leading zeroes", r"\b0\d", HEAD + "x q[01];"),
    Deviation("names may start with a capital or _", r"identifiers cannot start with capital|encountered '_'", r"\b[A-Z_]", HEAD + "qreg Q[2]; qreg _r[1]; x Q;"),
    Deviation("included files are not read (§14)", r"unable to find .* in the include search path", r"include", HEAD + 'include "other.inc";'),
    Deviation("qelib1.inc may be included twice", r"'u3' is already defined", r"include", HEAD + 'include "qelib1.inc";'),
    Deviation("u0 takes any number", r"must be an integer", r"u0", HEAD + "u0(0.5) q[0];"),
    Deviation("registers may be called as later gates are", rf"'{LATER}' is already defined", rf"(reg|bit)\b[^;]*\b{LATER}\b", HEAD + "qreg sx[1];"),
    Deviation("a program may define gates of the table its own way", r"is mismatched with its definition", r"", "OPENQASM 2.0; gate h a,b { CX a,b; } qreg q[2]; h q[0],q[1];"),
    Deviation("a gate of qelib1.inc may be repeated as it is", r"already defined", r"gate", HEAD + "gate x a { u3(pi,0,pi) a; }"),
    Deviation("white space includes \\v and \\f", r"encountered '\\x0[bc]'|encountered '", r"[\v\f]", HEAD + "x\vq[0];\f"),
]  # fmt: skip


def ours(source: str) -> str:
    """Empty when Vivace reads the program, else why not."""
    try:
        validate_qasm(source)
    except QasmError as error:
        return error.msg
    return ""


def listed(rows: list[Deviation], message: str, source: str) -> bool:
    return any(re.search(row.message, message) and re.search(row.source, source) for row in rows)


def agree(source: str) -> bool:
    """Check one program; whether it is valid for both."""
    mine = ours(source)
    circuit, theirs = loaded.verdict(source)
    assert is_valid_qasm(source) == (not mine)
    if mine and circuit is not None:
        assert listed(STRICTER, mine, source), f"only Qiskit reads it; we say {mine!r}"
    if not mine and circuit is None:
        assert listed(WIDER, theirs, source), f"only Vivace reads it; Qiskit says {theirs!r}"
    if not mine and circuit is not None:
        same_circuit(source, circuit)
        return True
    return False


def same_circuit(source, circuit):
    batch = CircuitBatch.of({"it": source})
    (template,) = batch.templates
    assert (template.n_qubits, template.n_clbits) == (circuit.num_qubits, circuit.num_clbits)
    assert validate_qasm_count_qubits(source) == circuit.num_qubits
    assert template.depth == circuit.depth()
    expected = loaded.names(circuit)
    found: dict[str, int] = {}
    for name, count in template.gate_counts:
        name = loaded.RENAMED.get(name, name)  # noqa: PLW2901
        found[name] = found.get(name, 0) + count
    assert found == expected
    text = batch.bound_texts()["it"]
    assert loaded.view(loaded.load(text)) == loaded.view(circuit)
    assert CircuitBatch.of([text]).bound_texts()["0"] == text


def rows(table):
    return [pytest.param(row, id=row.reason) for row in table]


@pytest.mark.parametrize("row", rows(STRICTER))
def test_every_stricter_rule_is_real(row):
    """Each example is read by Qiskit and refused by Vivace, with the message listed."""
    circuit, theirs = loaded.verdict(row.example)
    assert circuit is not None, theirs
    assert re.search(row.message, ours(row.example))
    assert re.search(row.source, row.example)


@pytest.mark.parametrize("row", rows(WIDER))
def test_every_wider_rule_is_real(row):
    """Each example is read by Vivace and refused by Qiskit, with the message listed."""
    circuit, theirs = loaded.verdict(row.example)
    assert circuit is None
    assert re.search(row.message, theirs)
    assert re.search(row.source, row.example)
    assert ours(row.example) == ""


@PROFILE
@given(programs.written(programs.tokens()))
def test_programs_mean_what_qiskit_reads(source):
    """Widths, depth, gate counts and every gate with its exact angles, through our text and back."""
    agree(source)


@settings(PROFILE, max_examples=1500)
@given(programs.written(programs.broken()))
def test_broken_programs_get_the_same_verdict(source):
    """Tokens dropped, doubled, swapped, inserted and replaced: never a crash, and one verdict."""
    agree(source)


@PROFILE
@given(programs.written(programs.rearranged()))
@example(HEAD + "x q[0]; qreg q[3];")
def test_rearranged_programs_get_the_same_verdict(source):
    """Statements dropped, doubled and moved: use before declaration, redefinition, later includes."""
    agree(source)


def test_most_generated_programs_are_valid():
    """The comparison is worth something: most of what it looks at is read by both."""
    verdicts = []

    @settings(PROFILE, max_examples=100)
    @given(programs.written(programs.tokens()))
    def run(source):
        verdicts.append(agree(source))

    run()
    assert sum(verdicts) > len(verdicts) / 2
