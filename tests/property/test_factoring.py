"""Factoring: circuits read in one batch are those read one by one."""

import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from support import loaded, programs
from vivace.circuits import CircuitBatch
from vivace.errors import QasmError

PROFILE = settings(derandomize=True, deadline=None, database=None, max_examples=250)
NUMBER = re.compile(r"(?<![\w.\]\[=])-?(?:\d+\.\d*|\.\d+|\d+e-?\d+)(?![\w.])")
NUMBERS = [
    "0.25",
    "-1.5",
    "--2.",
    ".75",
    "1e-300",
    "3",
    "-0.0",
    "1e400",
    "0.1e",
    "1.2.3",
    "pi",
    "(0.5)",
    "+0.5",
    "1e22",
]


@st.composite
def varied(draw):
    """A program and copies of it with other numbers, other white space, or one character changed."""
    text = draw(programs.written(programs.tokens(max_statements=4)))
    copies = [text]
    for _ in range(draw(st.integers(1, 5))):
        numbers = draw(st.lists(st.sampled_from(NUMBERS[:7]), min_size=1, max_size=4))
        if draw(st.integers(0, 5)) == 0:
            numbers.append(draw(st.sampled_from(NUMBERS)))
        chosen = iter(numbers * 1000)
        copy = NUMBER.sub(lambda match: next(chosen), text)  # noqa: B023
        if draw(st.integers(0, 4)) == 0:
            at = draw(st.integers(0, len(copy) - 1))
            copy = (
                copy[:at] + draw(st.sampled_from([" ", "\n", "0", ";", "q", "", "// x\n"])) + copy[at + 1 :]
            )
        copies.append(copy)
    return copies


def alone(text):
    try:
        return CircuitBatch.of([text])
    except QasmError as error:
        return error.msg.partition(": ")[2]


def nameless(text):
    return loaded.nameless(loaded.load(text))


@PROFILE
@given(varied())
def test_a_batch_reads_what_each_text_says(copies):
    """The first bad text is the error, the same as alone; else every circuit is what it is alone."""
    singles = [alone(text) for text in copies]
    bad = [index for index, single in enumerate(singles) if isinstance(single, str)]
    try:
        batch = CircuitBatch.of(copies)
    except QasmError as error:
        assert bad
        assert error.label == str(bad[0])  # noqa: PT017
        assert error.msg.partition(": ")[2] == singles[bad[0]]  # noqa: PT017
        return
    assert not bad
    for single, text in zip(singles, batch.bound_texts().values(), strict=True):
        assert nameless(text) == nameless(single.bound_texts()["0"])


@PROFILE
@given(
    st.lists(
        st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=3, max_size=3),
        min_size=1,
        max_size=6,
    )
)
def test_any_doubles_survive(rows):
    """Numbers of any size, equal, opposite and constant columns: each angle comes back bit for bit."""
    text = (
        'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; rx({}) q[0]; cu3({},{},0.5) q[0],q[1]; rz({}) q[0];'
    )
    batch = CircuitBatch.of([text.format(*(repr(float(value)) for value in (*row, -row[0]))) for row in rows])
    (template,) = batch.templates
    native = template.native()
    angles = template.angles(native, 0, len(rows))
    expected = np.array([[a, b, c, 0.5, 0.0, -a] for a, b, c in rows])
    kept = [operation for operation in native.operations() if operation[3]]
    assert [name for name, *_ in kept] == ["rx", "cu", "rz"]
    np.testing.assert_array_equal(angles.view(np.uint64), expected.view(np.uint64))
