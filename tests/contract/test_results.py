"""What every runner returns: labels, order, keys, totals, groups."""

import warnings

import numpy as np
import pytest
from qiskit import qasm2
from qiskit.circuit import QuantumCircuit

from vivace.backends import CircuitBatch, CircuitPayload, ExecutionResult, TemplateEntry
from vivace.errors import DuplicateLabelError, ObservableError, ParameterError, ShotRangeError

HEAD = 'OPENQASM 2.0; include "qelib1.inc"; '


def flips(pattern):
    """A circuit whose only count key is ``pattern``: qubit i is the i-th character from the right."""
    n = len(pattern)
    gates = "".join(f"x q[{n - 1 - i}];" for i, bit in enumerate(pattern) if bit == "1")
    return HEAD + f"qreg q[{n}]; creg c[{n}]; {gates} measure q -> c;"


MIXED = {
    "z": flips("01"),
    "a": flips("100"),
    "m": HEAD + "qreg q[1]; creg c[2]; x q[0]; measure q[0] -> c[1];",
}


def test_labels_and_order_are_those_of_the_mapping(runner, run):
    """Whatever the structures, results come in the order of the circuits, with their labels."""
    result = run(runner, MIXED)
    assert [(entry["label"], entry["results"]) for entry in result.results] == [
        ("z", {"01": 100}),
        ("a", {"100": 100}),
        ("m", {"10": 100}),
    ]
    assert all(entry.keys() <= {"label", "results", "metadata"} for entry in result.results)


def test_arrays_are_the_results(runner, run):
    """Counts as arrays say what the dicts say, whichever is asked for first."""
    for arrays_first in (True, False):
        result = run(runner, MIXED)
        if arrays_first:
            arrays = result.counts_arrays()
        dicts = [entry["results"] for entry in result.results]
        if not arrays_first:
            arrays = result.counts_arrays()
        for (bits, counts), found in zip(arrays, dicts, strict=True):
            assert [int.from_bytes(row.tobytes(), "big") for row in bits] == [int(key, 2) for key in found]
            assert counts.tolist() == list(found.values())


def test_metadata_is_that_of_the_entries(runner, run):
    """One mapping per circuit, empty where an entry says nothing."""
    for options in ({}, {"ham_ops": "Z"} if runner.supports_expval else {}):
        result = run(runner, {"one": flips("1"), "two": flips("1")}, **options)
        assert result.metadata() == [entry.get("metadata", {}) for entry in result.results]
        assert result.run_time >= 0


def test_sequences_are_numbered(runner, run):
    """Circuits without labels get "0", "1", ...; texts, Qiskit circuits, tuples and iterators alike."""
    circuit = QuantumCircuit(1, 1)
    circuit.x(0)
    circuit.measure(0, 0)
    for circuits in ([flips("1"), circuit], (circuit, flips("1")), iter([circuit, circuit])):
        result = run(runner, circuits)
        assert [(entry["label"], entry["results"]) for entry in result.results] == [
            ("0", {"1": 100}),
            ("1", {"1": 100}),
        ]


def test_a_batch_built_once_can_be_submitted_again(runner, run):
    """Also to count keys and then to expectation values."""
    batch = CircuitBatch.of(MIXED)
    first, second, third = (run(runner, given).results for given in (batch, batch, MIXED))
    assert first == second == third


def test_interleaved_structures_keep_their_places(runner, run):
    """Factoring moves nothing."""
    patterns = ["00", "01", "10", "11", "1"]
    circuits = {f"{p}-{i}": flips(p) for i in range(7) for p in patterns}
    for entry in run(runner, circuits).results:
        assert entry["results"] == {entry["label"].split("-")[0]: 100}


def test_templates_are_expanded_in_place(runner, run):
    """One result per row, template by template, in either class."""
    if not runner.resolves_parameters:
        pytest.skip("takes bound circuits only")
    text = HEAD + "qreg q[2]; creg c[2]; rx(turn) q[0]; measure q -> c;"
    rows = (("on", (np.pi,)), ("off", (0.0,)))
    more = (("twice", (2 * np.pi,)),)
    for kind in (TemplateEntry, CircuitPayload):
        result = run(runner, [kind(text, ("turn",), rows), kind(text, ("turn",), more)])
        assert [(entry["label"], entry["results"]) for entry in result.results] == [
            ("on", {"01": 100}),
            ("off", {"00": 100}),
            ("twice", {"00": 100}),
        ]


def test_key_widths_are_those_declared(runner, run):
    """One solid key over all registers, rightmost = bit 0 of the first register."""
    program = HEAD + "qreg q[3]; creg a[1]; creg b[3]; x q[1]; measure q[1] -> b[0];"
    assert run(runner, {"c": program}).results[0]["results"] == {"0010": 100}


def test_shots_add_up(make, run):
    """To the runner's number for every circuit."""
    runner = make(shots=321)
    text = HEAD + "qreg q[3]; creg c[3]; h q; measure q -> c;"
    for entry in run(runner, [text] * 4).results:
        assert sum(entry["results"].values()) == 321
        assert all(isinstance(count, int) and count > 0 for count in entry["results"].values())


def test_shot_groups(runner, run):
    """Half-open ranges in any order; every circuit exactly once."""
    result = run(runner, [flips("1")] * 5, shot_groups=[(3, 5, 7), (0, 3, 11)])
    assert [entry["results"] for entry in result.results] == [{"1": 11}] * 3 + [{"1": 7}] * 2
    with pytest.raises(ShotRangeError):
        run(runner, [flips("1")] * 5, shot_groups=[(0, 3, 11)])


def test_expectation_values(runner, run):
    """Leftmost letter = qubit 0; keys are the words as given; final measurements do not matter."""
    if not runner.supports_expval:
        pytest.skip("samples only")
    result = run(runner, {"b": flips("001"), "a": flips("100")}, ham_ops="ZII;IIZ;III")
    assert [(entry["label"], entry["results"]) for entry in result.results] == [
        ("b", pytest.approx({"ZII": -1, "IIZ": 1, "III": 1})),
        ("a", pytest.approx({"ZII": 1, "IIZ": -1, "III": 1})),
    ]
    assert result.expectations().words == ("ZII", "IIZ", "III")


def test_observable_groups(runner, run):
    """Each circuit gets the words of its group; circuits in no range get all of them, in order."""
    if not runner.supports_expval:
        pytest.skip("samples only")
    options = {"ham_ops": "ZI;IZ|XX", "circuit_ham_map": [(2, 3), (0, 1)]}
    result = run(runner, [flips("01")] * 3, **options)
    assert [entry["results"] for entry in result.results] == [
        pytest.approx({"XX": 0}),
        pytest.approx({"ZI": -1, "IZ": 1, "XX": 0}),
        pytest.approx({"ZI": -1, "IZ": 1}),
    ]
    for bad in ([(0, 1)], [(0, 1), (2, 4)], [(2, 1), (0, 1)]):
        with pytest.raises(ObservableError):
            run(runner, [flips("01")] * 3, **(options | {"circuit_ham_map": bad}))


@pytest.mark.filterwarnings("ignore:Observable 'Z' has 1 letters")
@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        ([(0, 1), (1, 2)], [{"Z": -1}, {"ZI": 1}]),
        ([(1, 2), (0, 1)], [{"ZI": -1}, {"Z": 1}]),
        (None, [{"Z": -1, "ZI": -1}, {"Z": 1, "ZI": 1}]),
    ],
)
def test_words_that_padding_makes_equal_come_as_given(runner, run, ranges, expected):
    if not runner.supports_expval:
        pytest.skip("samples only")
    result = run(runner, [flips("01"), flips("10")], ham_ops="Z|ZI", circuit_ham_map=ranges)
    assert [entry["results"] for entry in result.results] == [pytest.approx(values) for values in expected]


@pytest.mark.parametrize(
    ("ranges", "measured", "named"),
    [
        ([(0, 3), (0, 3)], ["ZZ", "ZZ", "ZZ"], (0, "0 (0, 3) and 1 (0, 3)")),
        ([(0, 2), (1, 3)], ["ZZ", "ZZ", "XX"], (1, "0 (0, 2) and 1 (1, 3)")),
        ([(1, 3), (0, 2)], ["XX", "ZZ", "ZZ"], (1, "0 (1, 3) and 1 (0, 2)")),
        ([(0, 1), (2, 3)], ["ZZ", "ZZ XX", "XX"], None),
        ([(1, 1), (0, 3)], ["XX", "XX", "XX"], None),
    ],
)
def test_ranges_that_overlap_and_ranges_with_gaps(runner, run, ranges, measured, named):
    """The first range wins, with a warning; circuits in no range are measured for all words."""
    if not runner.supports_expval:
        pytest.skip("samples only")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = run(runner, [flips("01")] * 3, ham_ops="ZZ|XX", circuit_ham_map=ranges)
    assert [" ".join(entry["results"]) for entry in result.results] == measured
    told = [str(warning.message) for warning in caught if "circuit_ham_map" in str(warning.message)]
    expected = []
    if named is not None:
        circuit, both = named
        expected = [
            f"circuit_ham_map ranges {both} both hold circuit {circuit}. Range 0 wins: the words of group 1 "
            "are not measured there. Join the groups, with ';' between words, for circuits that are to be "
            "measured for both."
        ]
    assert told == expected


def test_duplicate_labels_are_named(runner, run):
    """Two rows of one label are an error, within a template and across templates."""
    if not runner.resolves_parameters:
        pytest.skip("takes bound circuits only")
    text = HEAD + "qreg q[1]; creg c[1]; rx(a) q[0]; measure q -> c;"
    one, two = (
        TemplateEntry(text, ("a",), rows) for rows in ((("x", (1.0,)), ("y", (2.0,))), (("x", (3.0,)),))
    )
    same = TemplateEntry(text, ("a",), (("w", (1.0,)), ("w", (2.0,))))
    for entries, label in (([one, two], "x"), ([same], "w")):
        with pytest.raises(DuplicateLabelError, match=f"'{label}'") as caught:
            run(runner, entries)
        assert caught.value.label == label


def test_an_empty_batch_gives_an_empty_result(runner):
    """Local runners return no results for no circuits; a service opens no job for them."""
    for empty in ({}, [], (), iter(())):
        if runner.is_async:
            with pytest.raises(ValueError, match=r"^submit_circuits requires at least one payload\.$"):
                runner.submit_circuits(empty)
            continue
        result = runner.submit_circuits(empty)
        assert isinstance(result, ExecutionResult)
        assert result.results == []


def test_delays_of_qiskit_do_nothing(runner, run):
    """As a circuit, as the text that Qiskit writes for it, and in a template."""
    circuit = QuantumCircuit(1, 1)
    circuit.delay(100, 0, "ns")
    circuit.x(0)
    circuit.measure(0, 0)
    text = qasm2.dumps(circuit)
    assert "opaque delay(param0) q0;" in text
    for found in run(runner, [circuit, text]).results:
        assert found["results"] == {"1": 100}
    template = TemplateEntry(text.replace("100.0", "1/t"), ("t",), (("a", (2.0,)), ("b", (0.0,))))
    with pytest.raises(ParameterError) as caught:
        run(runner, [template])
    assert str(caught.value) == (
        "Circuit 'b': an angle of gate 'delay' comes out as inf; every angle must be a finite number."
    )
    fine = template._replace(parameter_sets=template.parameter_sets[:1])
    assert run(runner, [fine]).results[0]["results"] == {"1": 100}
