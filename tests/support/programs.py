# ruff: noqa: E501 - tables read better with one row on a line
"""Random OpenQASM 2 programs for hypothesis, valid ones and slightly broken ones.

A program is a list of tokens; white space and comments come in when it is written out, so that a mutation
is a change of the list.
"""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

from support.dense import GATES

# Gates that mean the same in Qiskit's legacy `qelib1.inc`, with (angles, qubits).
SHARED = {name: (n, q) for name, (n, q, _) in GATES.items() if name not in {"iswap", "ryy", "u0"}}
REGISTERS = ["q", "r", "data", "anc_1", "a0", "qubit", "bit", "acos", "longer_than_eight"]
CREGISTERS = ["c", "d", "out", "m_2", "b0"]
LOCALS = ["a", "b", "q", "t", "u_", "w1", "v", "k2"]
OWN = ["my", "g1", "foo", "entangle_all", "iswap_", "layer"]
PLAIN = [
    "0",
    "1",
    "2",
    "3",
    "0.5",
    ".5",
    "5.",
    "1e-3",
    "2.5E2",
    "0.30000000000000004",
    "7e+1",
    "6.123233995736766e-17",
]
TOKEN = re.compile(
    r'//[^\n]*|"[^"\n]*"|[A-Za-z_]\w*|\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|->|==|\S'
)
SPACES = [" ", " ", " ", "  ", "\n", "\t", "\r\n", " // a comment; x q[0]\n"]


class Writer:
    """Writes statements over the registers and gates declared so far."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.qregs: dict[str, int] = {}
        self.cregs: dict[str, int] = {}
        self.gates = dict(SHARED)
        self.tokens: list[str] = []

    def one_of(self, items: Any) -> Any:
        return self.draw(st.sampled_from(list(items)))

    def number(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def add(self, text: str) -> None:
        self.tokens += TOKEN.findall(text)

    def expression(self, names: list[str], depth: int = 0) -> str:
        kind = self.number(0, 9 if depth < 3 else 2)
        if kind <= 1:
            return self.one_of(PLAIN) if not names or kind else self.one_of(names)
        if kind == 2:
            return "pi"
        inner = self.expression(names, depth + 1)
        if kind == 3:
            return self.one_of(["-", "+", "--", "-+"]) + inner
        if kind == 4:
            return f"({inner})"
        if kind == 5:
            return f"{self.one_of(['sin', 'cos', 'tan', 'exp'])}({inner})"
        if kind == 6:
            return f"{self.one_of(['ln', 'sqrt'])}({self.one_of(PLAIN[1:])})"
        if kind == 7:
            return f"{inner}{self.one_of('*/+-')}{self.one_of(PLAIN[1:])}"
        if kind == 8:
            return f"{inner}^{self.one_of(['2', '-1', '(0.5)', '3^2'])}"
        return f"{inner}{self.one_of('+-*/')}{self.expression(names, depth + 1)}"

    def angles(self, count: int, names: list[str]) -> str:
        return f"({','.join(self.expression(names) for _ in range(count))})" if count else ""

    def registers(self) -> None:
        for kind, pool, into in (("qreg", REGISTERS, self.qregs), ("creg", CREGISTERS, self.cregs)):
            names = self.draw(st.lists(st.sampled_from(pool), min_size=1, max_size=3, unique=True))
            for name in names:
                into[name] = self.number(1, 4)
                self.add(f"{kind} {name}[{into[name]}];")

    def definition(self) -> None:
        name = self.one_of([own for own in OWN if own not in self.gates] or ["spare"])
        if name in self.gates:
            return
        words = self.draw(st.lists(st.sampled_from(LOCALS), min_size=1, max_size=6, unique=True))
        cut = self.number(0, min(2, len(words) - 1))
        params, qubits = words[:cut], words[cut:]
        listed = f"({','.join(params)})" if params else ""
        head = f"{name}{listed} {','.join(qubits)}"
        if self.number(0, 9) == 0:
            self.add(f"opaque {head};")
        else:
            body = [self.body_line(params, qubits) for _ in range(self.number(0, 3))]
            self.add(f"gate {head} {{ {' '.join(body)} }}")
        self.gates[name] = (len(params), len(qubits))

    def body_line(self, params: list[str], qubits: list[str]) -> str:
        if self.number(0, 7) == 0:
            return f"barrier {','.join(qubits)};"
        name = self.one_of(g for g, (_, n) in self.gates.items() if n <= len(qubits))
        n_angles, n_qubits = self.gates[name]
        chosen = self.draw(st.permutations(qubits))[:n_qubits]
        return f"{name}{self.angles(n_angles, params)} {','.join(chosen)};"

    def bits(self) -> list[str]:
        return [f"{name}[{index}]" for name, size in self.qregs.items() for index in range(size)]

    def call(self) -> str:
        bits = self.bits()
        name = self.one_of(g for g, (_, n) in self.gates.items() if n <= len(bits))
        n_angles, n_qubits = self.gates[name]
        operands = list(self.draw(st.permutations(bits)))[:n_qubits]
        if self.number(0, 3) == 0:
            operands = self.spread(operands)
        return f"{name}{self.angles(n_angles, [])} {','.join(operands)};"

    def spread(self, operands: list[str]) -> list[str]:
        """Whole registers in place of some bits; may come out invalid, which is as good."""
        wide = self.draw(st.lists(st.booleans(), min_size=len(operands), max_size=len(operands)))
        return [bit.split("[")[0] if whole else bit for bit, whole in zip(operands, wide, strict=True)]

    def measure(self) -> str:
        qubits, bits = self.one_of(self.qregs), self.one_of(self.cregs)
        if self.qregs[qubits] == self.cregs[bits] and self.number(0, 1):
            return f"measure {qubits} -> {bits};"
        qubit, bit = self.number(0, self.qregs[qubits] - 1), self.number(0, self.cregs[bits] - 1)
        return f"measure {qubits}[{qubit}] -> {bits}[{bit}];"

    def reset(self) -> str:
        return f"reset {self.one_of([*self.qregs, *self.bits()])};"

    def statement(self) -> None:
        kind = self.number(0, 11)
        if kind == 0:
            self.definition()
        elif kind == 1:
            self.add(self.measure())
        elif kind == 2:
            self.add(self.reset())
        elif kind == 3:
            operands = self.draw(
                st.lists(st.sampled_from([*self.qregs, *self.bits()]), min_size=1, max_size=4)
            )
            self.add(f"barrier {','.join(operands)};")
        elif kind == 4:
            register = self.one_of(self.cregs)
            value = self.number(0, 2 ** self.cregs[register] - 1)
            inner = self.one_of([self.call, self.measure, self.reset])()
            self.add(f"if({register}=={value}) {inner}")
        else:
            self.add(self.call())


@st.composite
def tokens(draw: Any, max_statements: int = 8) -> list[str]:
    """The tokens of a program that is valid, but for what broadcasting and constants may bring."""
    writer = Writer(draw)
    writer.add(f'OPENQASM {writer.one_of(["2.0", "2"])}; include "qelib1.inc";')
    for _ in range(writer.number(0, 1)):
        writer.definition()
    writer.registers()
    for _ in range(writer.number(1, max_statements)):
        writer.statement()
    return writer.tokens


@st.composite
def written(draw: Any, source: Any) -> str:
    """Tokens as text, with white space and comments where they may stand, sometimes none where none must."""
    items = draw(source)
    style = draw(st.integers(0, 2))
    if style == 0:
        return " ".join(items)
    if style == 1:
        return "".join(
            item + ("\n" if item in ";{}" else " " if re.match(r"\w", item[-1]) else "") for item in items
        )
    spaces = draw(st.lists(st.sampled_from(SPACES), min_size=len(items), max_size=len(items)))
    return "".join(item + space for item, space in zip(items, spaces, strict=True))


STRANGE = [
    ";", ",", "(", ")", "[", "]", "{", "}", "->", "==", "+", "-", "*", "/", "^", "pi", "sin", "0", "1", "99", "1.5",
    "1e400", "18446744073709551616", "q", "c", "x", "nothing", "_x", "Big", "qreg", "creg", "gate", "opaque", "measure",
    "reset", "barrier", "if", "include", '"qelib1.inc"', "OPENQASM", "qubit", "bit", "=", "$", "@", "é", "00", "1.", "ryy",
]  # fmt: skip


@st.composite
def broken(draw: Any) -> list[str]:
    """A program with one to three tokens dropped, doubled, swapped, inserted or replaced."""
    items = list(draw(tokens(max_statements=4)))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(items) - 1))
        change = draw(st.integers(0, 5))
        if change == 0 and len(items) > 1:
            del items[at]
        elif change == 1:
            items.insert(at, items[at])
        elif change == 2:
            other = draw(st.integers(0, len(items) - 1))
            items[at], items[other] = items[other], items[at]
        elif change == 3:
            items.insert(at, draw(st.sampled_from(STRANGE)))
        elif change == 4:
            items[at] = draw(st.sampled_from(items))
        else:
            items[at] = draw(st.sampled_from(STRANGE))
    return items


@st.composite
def rearranged(draw: Any) -> list[str]:
    """A program whose statements are dropped, doubled or moved: what is used may not be declared yet."""
    items = draw(tokens(max_statements=6))
    statements: list[list[str]] = [[]]
    nested = False
    for item in items:
        statements[-1].append(item)
        nested = (nested or item == "{") and item != "}"
        if item in ";}" and not nested:
            statements.append([])
    statements = [statement for statement in statements if statement]
    at = draw(st.integers(1, len(statements) - 1))
    change = draw(st.integers(0, 2))
    moved = statements[at]
    if change != 1:
        del statements[at]
    if change:
        statements.insert(draw(st.integers(1, len(statements))), moved)
    return [item for statement in statements for item in statement]
