# ruff: noqa: E501 - messages read better on one line
"""Gradients of `MaestroSimulator` against finite differences of a dense simulation, and the parameter shift."""

import itertools
import math
import threading

import numpy as np
import pytest

from support import dense, ensemble
from support.dense import GATES, Gate
from support.ensemble import Measure, Reset
from vivace.backends import CircuitBatch, CircuitPayload, MaestroConfig, MaestroSimulator, TemplateEntry
from vivace.errors import (
    ConfigError,
    ExecutionCancelledError,
    ObservableError,
    ParameterError,
    SimulationError,
)

HEAD = 'OPENQASM 2.0; include "qelib1.inc"; '
NAMES = ("a", "b", "theta")
# Finite for parameters in 0.3 … 1.3.
EXPRESSIONS = [
    "a",
    "b",
    "theta",
    "-a",
    "2*theta+pi/4",
    "sin(a)*b",
    "a^2",
    "a^b",
    "exp(-theta)/b",
    "sqrt(a+b)",
    "ln(theta)",
    "atan(a*b)-theta",
    "tan(a/2)",
    "asin(a/2)",
    "acos(b/3)",
    "cos(theta)^3",
    "0.7",
    "-(a-b)^2",
]
FUNCTIONS = {
    name: getattr(math, name) for name in ["sin", "cos", "tan", "exp", "sqrt", "atan", "asin", "acos", "pi"]
}
FUNCTIONS["ln"] = math.log


@pytest.fixture(scope="module")
def maestro():
    with MaestroSimulator() as found:
        yield found


def value_of(expression, row):
    return eval(expression.replace("^", "**"), FUNCTIONS | dict(zip(NAMES, row, strict=True)))


def template_text(n_qubits, gates):
    return dense.program(n_qubits, []) + "".join(
        f"{name}{'(' + ','.join(angles) + ')' if angles else ''} {','.join(f'q[{q}]' for q in qubits)};\n"
        for name, angles, qubits in gates
    )


def bound(gates, row):
    return [Gate(name, tuple(value_of(e, row) for e in angles), qubits) for name, angles, qubits in gates]


def differences(function, row, step=2e-3):
    """Derivatives of an array of values by central differences of the sixth order."""
    found = []
    for unit in np.eye(len(row)) * step:
        shifted = [
            (w, function(row + k * unit) - function(row - k * unit)) for k, w in ((1, 45), (2, -9), (3, 1))
        ]
        found.append(sum(w * d for w, d in shifted) / (60 * step))
    return np.moveaxis(np.array(found), 0, -1)


def words_of(rng, n_qubits, count=4):
    return sorted({"".join(rng.choice(list("IXYZ"), n_qubits)) for _ in range(count)} | {"Z" * n_qubits})


def values_of(n_qubits, gates, row, words):
    state = dense.simulate(n_qubits, gates(row))
    return np.array([dense.expectation(state, word) for word in words])


def check_against_dense(maestro, n_qubits, text, gates, rows, words):
    """Values and derivatives, word by word and weighted."""
    payload = CircuitPayload.from_matrix(text, NAMES, rows)
    found = maestro.gradients(payload, ";".join(words))
    assert (found.labels, found.words, found.parameter_names) == (payload.labels, tuple(words), NAMES)
    for row, values, jacobian in zip(rows, found.values, found.jacobian, strict=True):
        expected = differences(lambda r: values_of(n_qubits, gates, r, words), row)
        np.testing.assert_allclose(values, values_of(n_qubits, gates, row, words), rtol=0, atol=1e-10)
        np.testing.assert_allclose(jacobian, expected, rtol=0, atol=1e-7)
    weights = np.linspace(-1, 2, len(words))
    energy = maestro.gradients([payload], ";".join(words), coefficients=weights)
    np.testing.assert_allclose(energy.values, found.values @ weights, rtol=0, atol=1e-11)
    weighted = np.einsum("w,rwp->rp", weights, found.jacobian)
    np.testing.assert_allclose(energy.jacobian, weighted, rtol=0, atol=1e-10)


def with_expressions(rng, gates):
    return [
        (gate.name, tuple(rng.choice(EXPRESSIONS, len(gate.angles)).tolist()), gate.qubits) for gate in gates
    ]


@pytest.mark.parametrize("seed", range(8))
def test_random_templates(maestro, seed):
    """Any gates, with expressions over shared parameters in every angle."""
    rng = np.random.default_rng(500 + seed)
    n_qubits = 1 + seed % 5
    gates = with_expressions(rng, dense.random_gates(rng, n_qubits, 20, list(GATES)))
    rows = rng.uniform(0.3, 1.3, (2, len(NAMES)))
    text = template_text(n_qubits, gates)
    check_against_dense(maestro, n_qubits, text, lambda r: bound(gates, r), rows, words_of(rng, n_qubits))


@pytest.mark.parametrize("name", [name for name, (angles, *_) in GATES.items() if angles])
def test_every_gate_with_angles(maestro, name):
    """Each angle of each gate, between layers that hide nothing."""
    n_angles, n_operands, _ = GATES[name]
    rng = np.random.default_rng(len(name))
    layer = [("u3", (repr(q + 0.3), "0.7", "-1.1"), (q,)) for q in range(2)] + [("cx", (), (0, 1))]
    angles = ("2*theta+pi/4", "sin(a)*b", "a^2", "-b")[:n_angles]
    gates = [*layer, (name, angles, (1, 0)[:n_operands]), *layer]
    words = ["".join(letters) for letters in itertools.product("IXYZ", repeat=2)]
    rows = rng.uniform(0.3, 1.3, (2, len(NAMES)))
    check_against_dense(maestro, 2, template_text(2, gates), lambda r: bound(gates, r), rows, words)


def test_gates_of_the_users_own(maestro):
    """Parameters go through the bodies of defined gates, nested, and through their expressions."""
    text = HEAD + (
        "gate inner(x) p,q { rzz(x^2) p,q; ry(-x) q; } "
        "gate outer(s,t) p,q { inner(s*t) q,p; cu(s,t,s-t,0.2) p,q; u3(s,0.1,sin(t)) p; } "
        "qreg q[2]; outer(2*theta,b) q[0],q[1]; outer(0.4,a) q[1],q[0];"
    )

    def inner(x, p, q):
        return [Gate("rzz", (x**2,), (p, q)), Gate("ry", (-x,), (q,))]

    def outer(s, t, p, q):
        last = [Gate("cu", (s, t, s - t, 0.2), (p, q)), Gate("u3", (s, 0.1, math.sin(t)), (p,))]
        return [*inner(s * t, q, p), *last]

    def gates(row):
        return [*outer(2 * row[2], row[1], 0, 1), *outer(0.4, row[0], 1, 0)]

    rows = np.random.default_rng(3).uniform(-2, 2, (4, 3))
    check_against_dense(maestro, 2, text, gates, rows, ["IX", "XY", "YZ", "ZZ"])


def test_resets_and_measurements_in_mid_circuit(maestro):
    """They are deferred, and the words follow their qubits."""
    operations = [Gate("ry", (0.4,), (0,)), Gate("cx", (), (0, 1)), Measure(0, 0), Gate("rx", (0.9,), (0,))]
    operations += [Gate("rxx", (1.1,), (0, 1)), Reset(1), Gate("ry", (0.4,), (1,)), Gate("cx", (), (0, 1))]
    names = {0.4: "2*a", 0.9: "b", 1.1: "theta*b"}

    def at(row):
        values = {0.4: 2 * row[0], 0.9: row[1], 1.1: row[2] * row[1]}
        return [
            Gate(o.name, tuple(map(values.get, o.angles)), o.qubits) if isinstance(o, Gate) else o
            for o in operations
        ]

    def values(row):
        branches = ensemble.run(2, at(row))
        return np.array([sum(dense.expectation(state, word) for state, _ in branches) for word in words])

    text = ensemble.program(2, 2, operations)
    for number, name in names.items():
        text = text.replace(f"({number})", f"({name})")
    words = ["XI", "IZ", "ZZ", "YX"]
    rows = np.random.default_rng(4).uniform(0.2, 1, (3, 3))
    found = maestro.gradients(CircuitPayload.from_matrix(text, NAMES, rows), ";".join(words))
    for row, got, jacobian in zip(rows, found.values, found.jacobian, strict=True):
        np.testing.assert_allclose(got, values(row), rtol=0, atol=1e-10)
        np.testing.assert_allclose(jacobian, differences(values, row), rtol=0, atol=1e-7)


def ansatz(n_qubits, layers):
    names = [f"t{k}" for k in range(2 * n_qubits * layers)]
    angles = iter(names)
    lines = [HEAD, f"qreg q[{n_qubits}];"]
    for _ in range(layers):
        for q in range(n_qubits):
            lines += [f"ry({next(angles)}) q[{q}];", f"rz({next(angles)}) q[{q}];"]
        lines += [f"cx q[{q}],q[{q + 1}];" for q in range(n_qubits - 1)]
    return "\n".join(lines), names


def test_parameter_shift(maestro):
    """Exact wherever every parameter is the angle of one rotation."""
    text, names = ansatz(4, 2)
    rng = np.random.default_rng(5)
    row = rng.uniform(-3, 3, len(names))
    shifts = np.concatenate([np.eye(len(names)), -np.eye(len(names))]) * np.pi / 2
    shifted = CircuitPayload.from_matrix(text, names, row + shifts)
    words = "ZZII;IXXI;YIIY;IIIZ"
    up, down = np.split(maestro.submit_circuits([shifted], ham_ops=words).expectations().values, 2)
    found = maestro.gradients(CircuitPayload.from_matrix(text, names, [row]), words)
    np.testing.assert_allclose(found.jacobian[0].T, (up - down) / 2, rtol=0, atol=1e-12)


MANY = 70_000  # rows; more than a chunk
SHORT = HEAD + "qreg q[1]; ry(a*b) q[0];"


@pytest.mark.parametrize("coefficients", [None, [1.0, -2.0]])
def test_chunks_change_nothing(maestro, coefficients):
    """Rows are streamed; every part gives what it gives alone."""
    rows = np.random.default_rng(6).uniform(-3, 3, (MANY, 2))
    done = []
    found = maestro.gradients(
        CircuitPayload.from_matrix(SHORT, ("a", "b"), rows),
        "X;Z",
        coefficients=coefficients,
        progress=lambda *p: done.append(p),
    )
    assert len(done) > 1
    assert done == sorted(done)
    assert done[-1] == (MANY, MANY)
    for part in (slice(0, 1), slice(done[0][0] - 5, done[0][0] + 5), slice(MANY - 1, MANY)):
        alone = maestro.gradients(
            CircuitPayload.from_matrix(SHORT, ("a", "b"), rows[part]), "X;Z", coefficients=coefficients
        )
        np.testing.assert_allclose(found.values[part], alone.values, rtol=0, atol=1e-13)
        np.testing.assert_allclose(found.jacobian[part], alone.jacobian, rtol=0, atol=1e-13)
    angle = rows[:, 0] * rows[:, 1]
    by_angle = np.stack([np.cos(angle), -np.sin(angle)], axis=1)
    by_angle = by_angle if coefficients is None else by_angle @ coefficients
    by_parameter = rows[:, ::-1] if coefficients is not None else rows[:, None, ::-1]
    np.testing.assert_allclose(found.jacobian, by_angle[..., None] * by_parameter, rtol=0, atol=1e-11)


def test_cancellation_between_chunks(maestro):
    payload = CircuitPayload.from_matrix(SHORT, ("a", "b"), np.ones((MANY, 2)))
    event = threading.Event()
    with pytest.raises(
        ExecutionCancelledError, match="^Maestro gradients cancelled after partial completion$"
    ):
        maestro.gradients(payload, "Z", cancellation_event=event, progress=lambda *_: event.set())
    with pytest.raises(ExecutionCancelledError, match="before any circuit was dispatched$"):
        maestro.gradients(payload, "Z", cancellation_event=event)


def test_what_may_be_given(maestro):
    """One template, alone or in a collection; parameters without use and circuits without angles count."""
    entry = TemplateEntry(HEAD + "qreg q[2]; rx(b) q[0];", ("a", "b"), (("r", (0.1, 0.2)), ("s", (0.3, 0.4))))
    for given in (entry, [entry], (entry,), iter([entry])):
        found = maestro.gradients(given, "ZI;YI")
        assert found.labels == ("r", "s")
        sine, cosine = np.sin([0.2, 0.4]), np.cos([0.2, 0.4])
        np.testing.assert_allclose(found.jacobian[:, :, 1], np.stack([-sine, -cosine], axis=1), atol=1e-14)
        assert not found.jacobian[:, :, 0].any()
    constant = TemplateEntry(HEAD + "qreg q[1]; x q[0];", ("a",), (("r", (0.1,)),))
    assert maestro.gradients(constant, "Z").jacobian.tolist() == [[[0.0]]]
    assert maestro.gradients(constant, "Z", coefficients=[3]).values.tolist() == [-3.0]
    nameless = TemplateEntry(HEAD + "qreg q[1]; rx(0.5) q[0];", (), (("r", ()),))
    assert maestro.gradients(nameless, "Z;I").jacobian.shape == (1, 2, 0)
    assert maestro.gradients(nameless, "Z;I", coefficients=[1, 2]).jacobian.shape == (1, 0)


def payload(body, row=(0.5, 0.5, 0.5), n_qubits=1):
    return CircuitPayload(
        f"{HEAD}qreg q[{n_qubits}]; creg c[1]; {body}", NAMES, [("fine", (0.5,) * 3), ("row", row)]
    )


RX = payload("rx(a) q[0];")
WIDE = payload("rx(a) q[0];", n_qubits=23)
GROWN = payload("rx(a) q[0]; reset q[0]; rx(a) q[0]; measure q[0] -> c[0]; x q[0];")
REFUSED = [
    (
        RX,
        {"coefficients": [1, 2]},
        ObservableError,
        "Expected one coefficient per word (1), got an array of shape (2,).",
    ),
    (
        RX,
        {"coefficients": 1.0},
        ObservableError,
        "Expected one coefficient per word (1), got an array of shape ().",
    ),
    (RX, {"coefficients": [math.nan]}, ObservableError, "Expected finite coefficients, got NaN or infinity."),
    (
        [RX, RX],
        {},
        TypeError,
        "gradients() expects one template, got 2. Call it once for each: their parameters differ.",
    ),
    ([], {}, TypeError, "gradients() expects one template, got none."),
    (
        {"c": HEAD},
        {},
        TypeError,
        "gradients() expects one template with named parameters (CircuitPayload or TemplateEntry), got str. "
        "Bound circuits have no parameters to differentiate by.",
    ),
    (
        payload("if(c==1) rx(a) q[0];"),
        {},
        SimulationError,
        "Circuit 'fine' has operations under classical control ('if'), and expectation values of such circuits "
        "have no gradient here. Take the 'if' out.",
    ),
    (
        WIDE,
        {},
        SimulationError,
        "Circuit 'fine' has 23 qubits; gradients need a statevector, which is taken up to mps_qubit_threshold "
        "(22). Raise mps_qubit_threshold, set simulation_type='Statevector', or use fewer qubits.",
    ),
    (
        payload("ry(1) q[0]; rx(sqrt(a)) q[0];", row=(0.0, 1.0, 1.0)),
        {},
        ParameterError,
        "Circuit 'row': the derivative by 'a' of an angle of gate 'rx' comes out as inf; every derivative must "
        "be a finite number. Move the row away from that point.",
    ),
    (
        payload("rx(ln(b)) q[0];", row=(0.0, -1.0, 1.0)),
        {},
        ParameterError,
        "Circuit 'row': an angle of gate 'rx' comes out as NaN; every angle must be a finite number.",
    ),
]


@pytest.mark.parametrize(("templates", "options", "error", "message"), REFUSED)
@pytest.mark.filterwarnings("ignore:Observable 'Z' has 1 letters")
def test_refused(maestro, templates, options, error, message):
    """Each says what was expected and what to do."""
    with pytest.raises(error) as caught:
        maestro.gradients(templates, "Z", **options)
    assert str(caught.value) == message
    if error is ParameterError:
        assert (caught.value.label, caught.value.name) in {("row", "a"), ("row", None)}


def test_coefficients_are_real_numbers(maestro):
    for given in ([1j], ["x"], [[1], [2, 3]]):
        with pytest.raises(ObservableError, match="^Expected real numbers as coefficients: "):
            maestro.gradients(RX, "Z", coefficients=given)


def test_the_width_counts_what_resets_add():
    with (
        MaestroSimulator(mps_qubit_threshold=2) as simulator,
        pytest.raises(SimulationError) as caught,
    ):
        simulator.gradients(GROWN, "Z")
    assert str(caught.value).startswith(
        "Circuit 'fine' has 1 qubits, with one more for every reset and mid-circuit measurement 3; gradients "
        "need a statevector, which is taken up to mps_qubit_threshold (2)."
    )
    with MaestroSimulator(mps_qubit_threshold=2, simulation_type="Statevector") as simulator:
        assert simulator.gradients(GROWN, "Z").jacobian.shape == (2, 1, 3)


OPTIONS = [
    (
        MaestroConfig(simulation_type="MatrixProductState"),
        "Gradients need a statevector, but simulation_type is 'MatrixProductState'. Leave it out, or set it to "
        "'Statevector'.",
    ),
    (
        MaestroConfig(simulator_type="QiskitAer"),
        "Gradients run on simulator_type 'QCSim', not 'QiskitAer'. Leave it out.",
    ),
]


@pytest.mark.parametrize(("config", "message"), OPTIONS)
def test_refused_methods(config, message):
    with MaestroSimulator(config=config) as simulator, pytest.raises(ConfigError) as caught:
        simulator.gradients(RX, "Z")
    assert str(caught.value) == message


def test_noise_and_sampling_are_refused():
    import maestro

    with MaestroSimulator(noise_model=maestro.NoiseModel()) as simulator:
        with pytest.raises(ConfigError, match="a noise_model is set") as caught:
            simulator.gradients(RX, "Z")
        assert caught.value.args[0].endswith("differentiate noisy values by the parameter shift.")
    with (
        MaestroSimulator(force_sampling=True) as simulator,
        pytest.raises(
            ConfigError, match=r"set to sampling \(force_sampling\), and gradients are not sampled\.$"
        ),
    ):
        simulator.gradients(RX, "Z")


def test_a_multiple_of_the_rows_is_pulled_back():
    """The extension checks the shape it is given."""
    (template,) = CircuitBatch.of([RX]).templates
    native = template.native()
    assert template.pull_back(native, np.ones((4, 1)), 0, 2).shape == (4, 3)
    for shape in ((3, 1), (2, 2)):
        with pytest.raises(ValueError, match="^Expected a multiple of 2 gradients by 1 slots, found"):
            template.pull_back(native, np.ones(shape), 0, 2)
