"""What goes wrong in older clients, asked of every runner."""

import pytest

from vivace.circuits import TemplateEntry
from vivace.errors import ObservableError

HEAD = 'OPENQASM 2.0; include "qelib1.inc"; '


def flip(register, n=2):
    return HEAD + f"qreg {register}[{n}]; creg c[{n}]; x {register}[0]; measure {register} -> c;"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("AB", r"must contain only I, X, Y, Z characters\. Word 'AB' \(group 0, term 0\)"),
        ("zz", r"must contain only I, X, Y, Z characters\. Word 'zz' \(group 0, term 0\)"),
        ("ZZZ", "'ZZZ' has 3 letters but circuit '0' has 2 qubits"),
        ("ZI;XX;ZI", "'ZI'"),
        ("", "empty"),
        ("ZZ;;XX", "empty"),
    ],
)
def test_bad_words_never_return_numbers(runner, words, message):
    """Upstream answers with a number for most of them, or with the later of two equal words."""
    if not runner.supports_expval:
        pytest.skip("samples only")
    with pytest.raises(ObservableError, match=message):
        runner.submit_circuits([flip("q")], ham_ops=words)


def test_groups_without_a_map_are_words_for_all(runner, run):
    """Upstream takes ``XX|ZI`` for one word."""
    if not runner.supports_expval:
        pytest.skip("samples only")
    found = run(runner, [flip("q")], ham_ops="XX|ZI").results[0]["results"]
    assert found == pytest.approx({"XX": 0, "ZI": -1})


def test_short_words_are_padded_with_a_warning(runner, run):
    if not runner.supports_expval:
        pytest.skip("samples only")
    with pytest.warns(UserWarning, match="padding with I on the right"):
        result = run(runner, [flip("q")], ham_ops="Z")
    assert result.results[0]["results"] == pytest.approx({"Z": -1})


@pytest.mark.parametrize("name", ["data", "myid", "id_", "q1"])
def test_registers_have_any_name(runner, run, name):
    """Upstream knows ``q`` only, and takes ``id`` for a gate wherever it stands."""
    assert run(runner, [flip(name)]).results[0]["results"] == {"01": 100}


def test_gates_whose_names_end_like_others(runner, run):
    program = HEAD + "gate myid a { x a; } qreg q[2]; creg c[2]; myid q[1]; id q[0]; measure q -> c;"
    assert run(runner, [program]).results[0]["results"] == {"10": 100}


def test_a_wide_circuit_does_not_change_the_others(runner, run):
    """Upstream truncates the whole batch for one circuit of more than 22 qubits."""
    n = 10
    rounds = "".join(
        "".join(f"ry({0.3 + (k * n + i) % 7 * 0.4}) q[{i}];" for i in range(n))
        + "".join(f"cx q[{i}],q[{(i + 1 + k % 4) % n}];" for i in range(n))
        for k in range(12)
    )
    narrow = HEAD + f"qreg q[{n}]; creg c[{n}]; {rounds} measure q -> c;"
    wide = flip("q", 24)
    if runner.supports_expval:
        words = {"ham_ops": "Z" * n + "|" + "Z" * 24, "circuit_ham_map": [(0, 1), (1, 2)]}
        alone = run(runner, [narrow], ham_ops="Z" * n).results[0]["results"]["Z" * n]
        both = run(runner, [narrow, wide], **words).results
        assert both[0]["results"]["Z" * n] == pytest.approx(alone, abs=1e-10)
        assert both[1]["results"]["Z" * 24] == pytest.approx(-1)
    counts = run(runner, [narrow, wide]).results
    assert [len(next(iter(entry["results"]))) for entry in counts] == [n, 24]


def test_negative_values_keep_their_meaning(runner, run):
    """A row is no text that is pasted: ``2-a`` with a negative a, ``-a^2``."""
    if not runner.resolves_parameters:
        pytest.skip("takes bound circuits only")
    text = HEAD + "qreg q[1]; creg c[1]; rx(pi*(2-a)) q[0]; rx(pi*(a^2)) q[0]; measure q -> c;"
    result = run(runner, [TemplateEntry(text, ("a",), (("x", (-1.0,)), ("y", (-2.0,)), ("z", (1.0,))))])
    assert [entry["results"] for entry in result.results] == [{"0": 100}] * 3
