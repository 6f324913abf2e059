# ruff: noqa: E501 - messages read better on one line
"""`MaestroSimulator.gradients`: what it takes, streams, and refuses."""

import math
import os
import threading

import numpy as np
import pytest

from support.slopes import HEAD, NAMES
from vivace.backends import CircuitBatch, CircuitPayload, MaestroConfig, MaestroSimulator, TemplateEntry
from vivace.errors import (
    ConfigError,
    ExecutionCancelledError,
    ObservableError,
    ParameterError,
    SimulationError,
)
from vivace.sweeps import Observable, sweep


@pytest.fixture(scope="module")
def maestro():
    with MaestroSimulator() as found:
        yield found


CORES = os.cpu_count() or 1
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


def heavy(n_qubits, layers, n_rows):
    """A template whose every row takes a good part of a second."""
    layer = "".join(f"cx q[{q}],q[{q + 1}]; " for q in range(n_qubits - 1)) + "u3(a,0.2,0.3) q; "
    return CircuitPayload.from_matrix(
        f"{HEAD}qreg q[{n_qubits}]; {layer * layers}", ("a",), np.linspace(0, 1, n_rows)[:, None]
    )


@pytest.mark.parametrize("coefficients", [None, [1.0, 1.0]])
def test_rows_that_take_long_are_stopped_between_one_another(maestro, coefficients):
    """At least 64 rows were one call of the library, which nothing stops: minutes, at 20 qubits."""
    event, done = threading.Event(), []

    def tell(*at):
        done.append(at)
        event.set()

    n_rows = 2 * CORES + 1
    with pytest.raises(ExecutionCancelledError):
        maestro.gradients(
            heavy(16, 16, n_rows),
            "Z" * 16 + ";" + "X" * 16,
            coefficients=coefficients,
            cancellation_event=event,
            progress=tell,
        )
    assert done == [(CORES, n_rows)]


def test_sweeps_tell_of_gradients_as_rows_are_done():
    done, payload = [], heavy(16, 16, 2 * CORES)
    with pytest.raises(ExecutionCancelledError):
        event = threading.Event()

        def tell(*at):
            done.append(at)
            event.set()

        sweep(
            payload.circuit,
            payload.parameter_names,
            payload.values,
            observable=Observable(("Z" * 16,), [1.0]),
            gradients=True,
            progress=tell,
            cancellation_event=event,
        )
    assert done == [(CORES, 2 * CORES)]


def test_values_of_heavy_rows_are_stopped_between_one_another():
    event, done, n_rows = threading.Event(), [], 2 * CORES + 1

    def tell(*at):
        done.append(at)
        event.set()

    with MaestroSimulator(path="compiled") as simulator, pytest.raises(ExecutionCancelledError):
        simulator.submit_circuits(
            [heavy(16, 70, n_rows)], ham_ops="Z" * 16, cancellation_event=event, progress=tell
        )
    assert done == [(CORES, n_rows)]


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
FAR = payload("rx(a) q[0]; " + "".join(f"ch q[{q}],q[{q + 1}]; " for q in range(29)), n_qubits=30)
DEEP = payload(
    "rx(a) q[0]; " + ("".join(f"ch q[{q}],q[{q + 1}]; " for q in range(29)) + "rx(0.3) q; ") * 8, n_qubits=30
)
GROWN = payload("rx(a) q[0]; measure q[0] -> c[0]; rx(a) q[0];")
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


def test_metadata_say_how_the_derivatives_came_about(maestro):
    found = maestro.gradients(FAR, "I" * 2 + "Z" + "I" * 27)
    assert found.metadata == {
        "path": "light_cones",
        "simulator": "QCSim",
        "method": "Statevector",
        "n_qubits": 30,
        "widest_cone": 3,
        "derivatives": ["adjoint"],
    }


WIDE = [
    (
        "I" * 29 + "Z",
        "Word 'IIIIIIIIIIIIIIIIIIIIIIIIIIIIIZ' depends on more than 22 qubits of circuit 'fine'; gradients need a "
        "statevector, which is taken up to mps_qubit_threshold (22). Raise mps_qubit_threshold, set "
        "simulation_type='Statevector', or leave such words out.",
    ),
    (
        "Z" + "I" * 29 + ";" + "I" * 25 + "ZIIII;" + "Z" * 30,
        "Word 'IIIIIIIIIIIIIIIIIIIIIIIIIZIIII' and 1 more depend on more than 22 qubits of circuit 'fine'; gradients "
        "need a statevector, which is taken up to mps_qubit_threshold (22). Raise mps_qubit_threshold, set "
        "simulation_type='Statevector', or leave such words out.",
    ),
]


@pytest.mark.parametrize(("words", "message"), WIDE)
def test_words_that_depend_on_too_many_qubits(maestro, words, message):
    """The others are fine, at any width."""
    with pytest.raises(SimulationError) as caught:
        maestro.gradients(DEEP, words)
    assert (str(caught.value), caught.value.label) == (message, "fine")
    found = maestro.gradients(FAR, "Z" + "I" * 29 + ";" + "I" * 15 + "Z" + "I" * 14)
    # Each `ch` passes on half of the probability of 1.
    expected = [[-np.sin(0.5), -np.sin(0.5) / 2**15]] * 2
    np.testing.assert_allclose(found.jacobian[:, :, 0], expected, rtol=0, atol=1e-14)


def test_what_resets_add_counts_as_well():
    """Each takes a qubit more."""
    with MaestroSimulator(mps_qubit_threshold=1) as simulator, pytest.raises(SimulationError) as caught:
        simulator.gradients(GROWN, "Z")
    assert str(caught.value).startswith(
        "Word 'Z' depends on more than 1 qubits of circuit 'fine', with one for every reset and mid-circuit "
        "measurement; gradients need a statevector, which is taken up to mps_qubit_threshold (1)."
    )
    with MaestroSimulator(mps_qubit_threshold=1, simulation_type="Statevector") as simulator:
        assert simulator.gradients(GROWN, "Z").jacobian.shape == (2, 1, 3)


def test_a_statevector_that_does_not_fit_is_refused():
    """Asked for by name, whatever the width."""
    body = "rx(a) q[0]; " + "".join(f"ch q[{q}],q[{q + 1}]; " for q in range(59))
    with (
        MaestroSimulator(simulation_type="Statevector") as simulator,
        pytest.raises(SimulationError) as caught,
    ):
        simulator.gradients(payload(body, n_qubits=60), "I" * 59 + "Z")
    assert str(caught.value).startswith("Circuit 'fine' needs 2**60 complex numbers with Statevector")


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


def test_the_extension_checks_what_is_pulled_back():
    """Shapes, and the slots it is told of."""
    (template,) = CircuitBatch.of([RX]).templates
    native, first = template.native(), np.array([0], np.uint32)
    assert template.pull_back(native, first, np.ones((4, 1)), 0, 2).shape == (4, 3)
    for shape in ((3, 1), (2, 2)):
        with pytest.raises(ValueError, match="^Expected a multiple of 2 gradients by 1 slots, found"):
            template.pull_back(native, first, np.ones(shape), 0, 2)
    with pytest.raises(ValueError, match="^Expected slots below 1, found 1.$"):
        template.pull_back(native, np.array([1], np.uint32), np.ones((2, 1)), 0, 2)


@pytest.mark.parametrize("options", [{}, {"coefficients": [1.0]}])
def test_a_wide_circuit_without_angles_has_no_slope(maestro, options):
    gates = "h q; " + "".join(f"cx q[{q}],q[{q + 1}]; t q[{q + 1}]; h q[{q}]; " for q in range(12))
    found = maestro.gradients(payload(gates, n_qubits=13), "Z" * 13, **options)
    assert not found.jacobian.any()
