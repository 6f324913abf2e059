"""Expectation values of `MaestroSimulator` against a dense simulation that shares nothing with it."""

import itertools

import numpy as np
import pytest
from qiskit.circuit import QuantumCircuit

from support import dense, ensemble
from support.dense import GATES, Gate
from support.ensemble import If, Measure
from support.exact import TOLERANCE, agree, all_words, on, some_words
from vivace.backends import CircuitPayload, MaestroConfig, MaestroSimulator, TemplateEntry
from vivace.errors import ObservableError, ParameterError, SimulationError

HEAD = 'OPENQASM 2.0; include "qelib1.inc"; '


def expected(n_qubits, circuits, words):
    states = [dense.simulate(n_qubits, gates) for gates in circuits]
    return np.array([[dense.expectation(state, word) for word in words] for state in states])


def start(rng, n_qubits):
    """A layer that leaves no symmetry for a wrong gate to hide behind."""
    return [Gate("u3", tuple(rng.uniform(-3, 3, 3).tolist()), (q,)) for q in range(n_qubits)] + [
        Gate("cx", (), (q, q + 1)) for q in range(n_qubits - 1)
    ]


@pytest.mark.parametrize("name", GATES)
def test_every_gate(simulator, name):
    """Each gate of the table, on operands in every role, gives the values of its matrix."""
    n_angles, n_operands, _ = GATES[name]
    n_qubits = min(n_operands + 1, 5)
    rng = np.random.default_rng(len(name) + 97 * n_operands)
    circuits = []
    for operands in list(itertools.permutations(range(n_qubits), n_operands))[:6]:
        angles = tuple(rng.uniform(-7, 7, n_angles).tolist())
        circuits.append([*start(rng, n_qubits), Gate(name, angles, operands), *start(rng, n_qubits)])
    words = all_words(n_qubits) if n_qubits < 4 else some_words(rng, n_qubits)
    texts = [dense.program(n_qubits, gates) for gates in circuits]
    values = simulator.submit_circuits(texts, ham_ops=";".join(words)).expectations().values
    np.testing.assert_allclose(values, expected(n_qubits, circuits, words), **TOLERANCE)


@pytest.mark.parametrize("n_qubits", range(1, 7))
def test_random_circuits(simulator, n_qubits):
    """Random circuits over all gates, three rows of angles for each structure, in one interleaved batch."""
    rng = np.random.default_rng(1000 + n_qubits)
    structures = [dense.random_gates(rng, n_qubits, 50, list(GATES)) for _ in range(6)]
    circuits = [
        [Gate(g.name, tuple(rng.uniform(-6, 6, len(g.angles)).tolist()), g.qubits) for g in gates]
        for _ in range(3)
        for gates in structures
    ]
    words = some_words(rng, n_qubits)
    texts = {f"c{i}": dense.program(n_qubits, gates, measure=True) for i, gates in enumerate(circuits)}
    result = simulator.submit_circuits(texts, ham_ops=";".join(words))
    np.testing.assert_allclose(result.expectations().values, expected(n_qubits, circuits, words), **TOLERANCE)
    assert [entry["label"] for entry in result.results] == list(texts)


def test_widths_and_structures_mixed(both):
    """One batch of circuits of four widths and many structures; words fit the widest are too long for others,
    so every width goes with its own group."""
    rng = np.random.default_rng(5)
    texts, words, states = {}, [], []
    for n_qubits in (1, 2, 3, 4):
        words.append(some_words(rng, n_qubits, 4))
        for row in range(5):
            gates = dense.random_gates(rng, n_qubits, 20, list(GATES))
            texts[f"{n_qubits}-{row}"] = dense.program(n_qubits, gates)
            states.append(dense.simulate(n_qubits, gates))
    ranges = [(5 * i, 5 * i + 5) for i in range(4)]
    result = agree(both, texts, ham_ops="|".join(map(";".join, words)), circuit_ham_map=ranges)
    for index, (entry, state) in enumerate(zip(result.results, states, strict=True)):
        exact = {word: dense.expectation(state, word) for word in words[index // 5]}
        assert entry["results"] == pytest.approx(exact, abs=1e-10, rel=0)


TEMPLATE = HEAD + (
    "qreg q[2]; gate mine(s,t) a,b { rx(s*t) a; rzz(-t^2) a,b; cu3(s,t/2,sin(s)) b,a; }"
    "ry(alpha) q[0]; ry(2*alpha-beta/3) q[1]; mine(beta,-alpha) q[0],q[1]; rz(-beta^2+pi/4) q[0];"
    "rx(cos(alpha)*(beta-1)) q; u3(alpha,beta,0.25) q[1];"
)


def template_state(alpha, beta):
    def mine(s, t, a, b):
        return [
            Gate("rx", (s * t,), (a,)),
            Gate("rzz", (-(t**2),), (a, b)),
            Gate("cu3", (s, t / 2, np.sin(s)), (b, a)),
        ]

    turn = np.cos(alpha) * (beta - 1)
    gates = [Gate("ry", (alpha,), (0,)), Gate("ry", (2 * alpha - beta / 3,), (1,)), *mine(beta, -alpha, 0, 1)]
    gates += [
        Gate("rz", (-(beta**2) + np.pi / 4,), (0,)),
        Gate("rx", (turn,), (0,)),
        Gate("rx", (turn,), (1,)),
    ]
    return dense.simulate(2, [*gates, Gate("u3", (alpha, beta, 0.25), (1,))])


class Payload:
    """Shaped like the payload class of other packages."""

    def __init__(self, circuit, parameters, parameter_sets):
        self.circuit, self.parameters, self.parameter_sets = circuit, parameters, parameter_sets


ROWS = [
    (f"r{i}", tuple(row)) for i, row in enumerate(np.random.default_rng(8).uniform(-3, 3, (9, 2)).tolist())
]


@pytest.mark.parametrize("kind", [CircuitPayload, TemplateEntry, Payload])
def test_templates_with_expressions(both, kind):
    """Placeholders in expressions, next to ^, in calls of own gates, with negative values: exact on both
    paths and for every class a template may come as."""
    words = all_words(2)
    result = agree(both, [kind(TEMPLATE, ("alpha", "beta"), tuple(ROWS))], ham_ops=";".join(words))
    exact = [[dense.expectation(template_state(*row), word) for word in words] for _, row in ROWS]
    np.testing.assert_allclose(result.expectations().values, exact, **TOLERANCE)
    assert [entry["label"] for entry in result.results] == [label for label, _ in ROWS]


def test_templates_equal_their_bound_texts(both):
    """A template's rows submitted as plain texts give the same values as the template."""
    from vivace.backends import normalise_circuit_batch

    entry = [TemplateEntry(TEMPLATE, ("alpha", "beta"), tuple(ROWS))]
    template = agree(both, entry, ham_ops="ZZ;XY;IX").expectations()
    texts = agree(both, normalise_circuit_batch(entry), ham_ops="ZZ;XY;IX").expectations()
    assert template.labels == texts.labels
    np.testing.assert_allclose(template.values, texts.values, **TOLERANCE)


def test_several_templates_in_one_submission(both):
    """Rows follow template by template."""
    one = HEAD + "qreg q[1]; rx(a) q[0];"
    two = HEAD + "qreg q[1]; ry(b) q[0]; rz(unused_is_fine) q[0];"
    entries = [
        TemplateEntry(one, ("a",), (("x", (0.3,)), ("y", (-0.4,)))),
        TemplateEntry(two, ("b", "unused_is_fine"), (("z", (0.5, 0.0)),)),
    ]
    result = agree(both, entries, ham_ops="Z")
    assert {e["label"]: e["results"]["Z"] for e in result.results} == pytest.approx(
        {"x": np.cos(0.3), "y": np.cos(0.4), "z": np.cos(0.5)}, abs=1e-12
    )


def test_an_angle_that_comes_out_infinite_names_its_row(simulator):
    """Each value is finite but the expression is not: refused, with the label of the row."""
    entry = TemplateEntry(HEAD + "qreg q[1]; rx(1/a) q[0];", ("a",), (("good", (1.0,)), ("bad", (0.0,))))
    with pytest.raises(ParameterError, match="Circuit 'bad': an angle of gate 'rx' comes out as inf"):
        simulator.submit_circuits([entry], ham_ops="Z")


def test_qiskit_circuits(both):
    """Qiskit circuits and texts in one batch; leftmost letter = qubit 0."""
    circuit = QuantumCircuit(3)
    circuit.x(0)
    circuit.ry(0.7, 1)
    circuit.cp(0.3, 1, 2)
    text = HEAD + "qreg q[3]; x q[0]; ry(0.7) q[1]; cp(0.3) q[1],q[2];"
    result = agree(both, {"qiskit": circuit, "text": text}, ham_ops="ZII;IZI;IIZ")
    for entry in result.results:
        assert entry["results"] == pytest.approx({"ZII": -1.0, "IZI": np.cos(0.7), "IIZ": 1.0}, abs=1e-12)


def test_groups_without_a_map_and_circuits_outside_it(both):
    """Such circuits get the words of all groups, in order; a word in two of them is refused."""
    texts = [HEAD + f"qreg q[2]; rx({angle}) q[0];" for angle in (0.1, 0.2, 0.3)]
    result = agree(both, texts, ham_ops="ZI;ZZ|XI")
    assert [list(entry["results"]) for entry in result.results] == [["ZI", "ZZ", "XI"]] * 3
    for options in ({}, {"circuit_ham_map": [(0, 1), (1, 2)]}):
        with pytest.raises(ObservableError, match=r"Word 'ZI' \(group 1, term 1\) was given before"):
            both[0].submit_circuits(texts, ham_ops="ZI;ZZ|XI;ZI", **options)
    result = agree(both, texts, ham_ops="ZI;ZZ|XI", circuit_ham_map=[(2, 3), (0, 1)])
    assert [list(entry["results"]) for entry in result.results] == [["XI"], ["ZI", "ZZ", "XI"], ["ZI", "ZZ"]]
    assert result.results[2]["results"]["ZI"] == pytest.approx(np.cos(0.3), abs=1e-12)


def test_short_words_are_padded_with_a_warning(simulator):
    """A word of two letters on three qubits is that word and I; the result keeps the word as given."""
    text = HEAD + "qreg q[3]; x q[1]; h q[2];"
    with pytest.warns(
        UserWarning, match="Observable 'ZI' has 2 letters but circuit 'a' has 3 qubits; padding with I"
    ):
        result = simulator.submit_circuits({"a": text}, ham_ops="ZI;IZ")
    assert result.results[0]["results"] == {"ZI": 1.0, "IZ": -1.0}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("ZZZ", "Observable 'ZZZ' has 3 letters but circuit '0' has 2 qubits"),
        ("zz", "must contain only I, X, Y, Z"),
        ("AB", "must contain only I, X, Y, Z"),
        ("ZZ;ZI;ZZ", "must not repeat"),
        ("ZZ;Z", "must have the same length"),
        ("", "non-empty"),
        ("ZZ;", "non-empty"),
    ],
)
def test_bad_words_are_refused(simulator, words, message):
    """Letters, lengths and repeats are checked before anything runs."""
    with pytest.raises(ObservableError, match=message):
        simulator.submit_circuits([HEAD + "qreg q[2]; h q;"], ham_ops=words)


def test_classical_control_is_refused_in_expectation_mode(simulator):
    """The error names the circuit and says what to do."""
    circuit = [Gate("h", (), (0,)), Measure(0, 0), If(1, Gate("x", (), (0,)))]
    texts = {"plain": HEAD + "qreg q[1]; x q[0];", "controlled": ensemble.program(1, 1, circuit)}
    with pytest.raises(SimulationError, match=r"Circuit 'controlled' .*'if'.*Sample it instead") as caught:
        simulator.submit_circuits(texts, ham_ops="Z")
    assert caught.value.label == "controlled"


def test_opaque_gates_are_refused(simulator):
    """Nobody knows what they do."""
    with pytest.raises(SimulationError, match="Circuit 'a': Gate 'thing' is declared opaque"):
        simulator.submit_circuits({"a": HEAD + "qreg q[1]; opaque thing a; thing q[0];"}, ham_ops="Z")


def chain(n_qubits, angle):
    """A rotated chain of little entanglement, whose values are known in closed form.

    Its links are no Clifford gates by name: those would be taken into the words.
    """
    turns = "".join(f"ry({angle}) q[{q}];" for q in range(0, n_qubits, 2))
    links = "".join(f"cry(pi) q[{q}],q[{q + 1}];" for q in range(0, n_qubits - 1, 2))
    return HEAD + f"qreg q[{n_qubits}]; " + turns + links


def test_wide_circuits_run_as_matrix_product_states_on_their_own(caplog):
    """A word on 24 qubits: right value, told in the log; other words and circuits stay exact."""
    wide, narrow = chain(24, 0.4), chain(4, 0.4)
    words = [on(24, q0="Z"), on(24, q22="Z", q23="Z"), on(24, q10="X", q11="X"), on(24, q0="Z", q23="Z")]
    words.append("Z" * 24)
    with caplog.at_level("INFO", "vivace"), MaestroSimulator() as simulator:
        result = simulator.submit_circuits(
            {"wide": wide, "narrow": narrow},
            ham_ops=";".join(words) + "|ZIII;ZZII",
            circuit_ham_map=[(0, 1), (1, 2)],
        )
    exact = dict(zip(words, [np.cos(0.4), 1.0, np.sin(0.4), np.cos(0.4) ** 2, 1.0], strict=True))
    assert result.results[0]["results"] == pytest.approx(exact, abs=1e-9)
    assert result.results[1]["results"] == pytest.approx({"ZIII": np.cos(0.4), "ZZII": 1.0}, abs=1e-12)
    assert caplog.messages == [
        "1 of 5 words of circuit 'wide' have light cones of more than 22 qubits; they run as "
        "MatrixProductState on the whole circuit.",
    ]


def test_what_can_be_taken_into_the_words_is_no_reason_for_approximations():
    """A word on all of a wide state that Clifford gates entangle is exact, without a warning."""
    ladder = "".join(f"cx q[{q}],q[{q + 1}];" for q in range(29))
    text = HEAD + "qreg q[30]; ry(0.3) q[0]; " + ladder
    with MaestroSimulator(max_bond_dimension=1) as simulator:
        found = simulator.submit_circuits([text], ham_ops="I" * 29 + "Z;" + "X" * 30).expectations().values
    np.testing.assert_allclose(found, [[np.cos(0.3), np.sin(0.3)]], atol=1e-12)


BELL = HEAD + "qreg q[2]; h q[0]; cry(pi) q[0],q[1];"


def test_methods_named_in_the_config_are_used(simulator):
    """Bond dimension 1 cuts the entanglement of a Bell pair off, so it shows which method ran."""

    def xx(**options):
        simulator.config = MaestroConfig(**options)
        return simulator.submit_circuits([BELL], ham_ops="XX").results[0]["results"]["XX"]

    assert xx(max_bond_dimension=1) == pytest.approx(1)
    assert xx(max_bond_dimension=1, simulation_type="Statevector") == pytest.approx(1)
    with pytest.warns(UserWarning, match="results may be approximate"):
        assert xx(max_bond_dimension=1, simulation_type="MatrixProductState") == pytest.approx(0)
    with pytest.warns(UserWarning, match="results are approximate"):
        assert xx(max_bond_dimension=1, mps_qubit_threshold=1) == pytest.approx(0)
    assert xx(max_bond_dimension=1, mps_qubit_threshold=1, simulation_type="Statevector") == pytest.approx(1)
    assert xx(mps_qubit_threshold=1) == pytest.approx(1)


@pytest.mark.parametrize(
    "method", ["Statevector", "MatrixProductState", "TensorNetwork", "PauliPropagator", "DensityMatrix"]
)
def test_exact_methods_agree(simulator, method):
    """Methods that are exact at this size give the values of the dense simulation."""
    rng = np.random.default_rng(77)
    circuits = [dense.random_gates(rng, 4, 25, list(GATES)) for _ in range(3)]
    words = some_words(rng, 4, 8)
    simulator.config = MaestroConfig(simulation_type=method)
    result = simulator.submit_circuits(
        [dense.program(4, gates) for gates in circuits], ham_ops=";".join(words)
    )
    np.testing.assert_allclose(result.expectations().values, expected(4, circuits, words), rtol=0, atol=1e-9)
