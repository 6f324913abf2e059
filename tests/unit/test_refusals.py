"""Bad input is refused with an error of Vivace, before anything runs."""

import math

import numpy as np
import pytest

from vivace import codecs
from vivace.backends import (
    CircuitBatch,
    CircuitPayload,
    JobConfig,
    MaestroConfig,
    MaestroSimulator,
    TemplateEntry,
)
from vivace.backends.maestro import library
from vivace.errors import (
    ConfigError,
    ObservableError,
    ParameterError,
    PayloadError,
    QasmError,
    ShotRangeError,
    SimulationError,
    UnknownChoiceError,
    UnknownOptionError,
)
from vivace.sweeps import Observable, sweep

HEAD = 'OPENQASM 2.0; include "qelib1.inc"; '
GOOD = HEAD + "qreg q[2]; creg c[2]; h q[0]; measure q -> c;"


@pytest.mark.parametrize("shots", [2**40 + 1, 2**64, 10**400])
def test_shots_beyond_the_limit(shots):
    with pytest.raises(ConfigError, match="at most 1099511627776"):
        MaestroSimulator(shots=shots)


@pytest.mark.parametrize(
    ("groups", "index"),
    [
        ([(0, 1, 10), (1, 2, 2**70)], 1),
        ([(0, 1, 10), (1, 2)], 1),
        ([(0, 2, 2**41)], 0),
        ([(0, 1.5, 10)], 0),
        ([3], 0),
        (["abc"], 0),
        (7, None),
        ([(0, 1, 10)], 1),
        ([(0, 2, 0)], 0),
        ([(0, 2, 1), (1, 2, 1)], 1),
    ],
)
def test_shot_groups(groups, index):
    with MaestroSimulator() as simulator, pytest.raises(ShotRangeError) as caught:
        simulator.submit_circuits([GOOD, GOOD], shot_groups=groups)
    assert caught.value.index == index


@pytest.mark.parametrize("ranges", [[(0, 2**70)], [(0,)], [5], ["ab"], 5, [(0, None)]])
def test_circuit_ham_map(ranges):
    with MaestroSimulator() as simulator, pytest.raises(ObservableError, match="circuit_ham_map"):
        simulator.submit_circuits([GOOD], ham_ops="ZZ", circuit_ham_map=ranges)


@pytest.mark.parametrize(
    "call",
    [
        lambda: codecs.encode_histogram({}, -1),
        lambda: codecs.encode_histogram({}, 2**40),
        lambda: codecs.encode_histogram({"0": 2**64}),
        lambda: codecs.encode_histogram({"0": 1.5}),
        lambda: codecs.encode_histogram({0: 1}),
        lambda: codecs.encode_histogram({"\ud800": 1}),
        lambda: codecs.decode_histogram({"encoding": "qh1", "payload": "\ud800"}),
        lambda: codecs.compress_text("\ud800"),
        lambda: codecs.decompress_text("", -1),
    ],
)
def test_payloads(call):
    with pytest.raises(PayloadError):
        call()


def test_observables_that_no_encoding_holds():
    for call in (codecs.encode_observables, codecs.decode_observables):
        with pytest.raises(ObservableError):
            call("Z\ud800")
    with pytest.raises(ObservableError):
        codecs.decode_observables("Z", -1)
    with MaestroSimulator() as simulator, pytest.raises(ObservableError):
        simulator.submit_circuits([GOOD], ham_ops="Z\ud800")


def test_a_small_payload_cannot_ask_for_gigabytes_of_keys():
    n_bits, unique = 2**20, 300
    wide = codecs.encode_histogram({format(i, f"0{n_bits}b"): 1 for i in range(unique - 44)})
    assert len(codecs.decode_histogram(wide)) == unique - 44
    wide = codecs.encode_histogram({format(i, f"0{n_bits}b"): 1 for i in range(unique)})
    with pytest.raises(PayloadError, match="decode_histogram_arrays"):
        codecs.decode_histogram(wide)
    assert len(codecs.decode_histogram_arrays(wide)[1]) == unique


def test_keys_are_made_in_blocks():
    counts = {format(i, "0300b"): i + 1 for i in range(30_000)}
    assert codecs.decode_histogram(codecs.encode_histogram(counts)) == counts


def test_templates_in_a_mapping():
    payload = CircuitPayload(HEAD + "qreg q[1]; rx(a) q[0];", ["a"], [("c0", [0.1])])
    with pytest.raises(TypeError, match="'mine'"):
        CircuitBatch.of({"mine": payload})


@pytest.mark.parametrize(
    ("bad", "options"),
    [
        (HEAD + "qreg q[2]; creg c[2]; if(c==1) x q[0];", {"ham_ops": "ZZ"}),
        (HEAD + "qreg q[1]; creg c[1];", {"ham_ops": "ZZ"}),
        (HEAD + "opaque magic a; qreg q[2]; creg c[1]; magic q[0];", {"ham_ops": "ZZ"}),
        (HEAD + "opaque magic a; qreg q[2]; creg c[1]; magic q[0]; measure q[0] -> c[0];", {}),
        (HEAD + "qreg q[2]; creg c[1]; h q[0];", {}),
    ],
)
def test_every_template_is_checked_before_any_runs(bad, options, monkeypatch):
    done = []
    for name in ("AdjointProgram", "Maestro"):
        monkeypatch.setattr(library.load_maestro(), name, lambda *_: done.append("made"))
    with MaestroSimulator() as simulator, pytest.raises((SimulationError, ObservableError)) as caught:
        simulator.submit_circuits(
            {"good": GOOD, "bad": bad}, progress=lambda *_: done.append("ran"), **options
        )
    assert caught.value.label == "bad"
    assert not done


@pytest.mark.parametrize("options", [{}, {"ham_ops": "ZZ"}])
def test_what_the_library_raises_names_the_circuit(options, monkeypatch):
    def refuse(*_):
        raise RuntimeError("no")

    monkeypatch.setattr(library.load_maestro(), "AdjointProgram", refuse)
    refused = pytest.raises(SimulationError, match="'mine'.*RuntimeError: no")
    with MaestroSimulator(path="compiled") as simulator, refused:
        simulator.submit_circuits({"mine": GOOD}, **options)


def test_counts_add_up():
    from vivace import _core

    offsets, bits, counts = _core.pack_counts([{"1": 3, "10": 2, "11": 5}], 3, [10], ["a"])
    assert (offsets.tolist(), bits.tolist(), counts.tolist()) == ([0, 2], [[0b001], [0b011]], [5, 5])
    with pytest.raises(
        SimulationError, match=r"^Circuit 'a' was to be sampled 11 times.*10 counts\.$"
    ) as caught:
        _core.pack_counts([{"1": 10}], 1, [11], ["a"])
    assert caught.value.label == "a"


def test_sampling_errors_name_the_circuit():
    import numpy as np

    from vivace import _core

    one = np.ones(1, dtype=np.uint64)
    with pytest.raises(SimulationError, match="^Circuit 'mine' has the probability NaN") as caught:
        _core.sample_counts(np.array([[math.nan, 1.0]]), one, one, [0], 1, ["mine"])
    assert caught.value.label == "mine"


OPEN = HEAD + "qreg q[1]; rx(a) q[0]; ry(b) q[0];"
SIMULATIONS = (
    "Statevector, MatrixProductState, Stabilizer, TensorNetwork, PauliPropagator, ExtendedStabilizer, "
    "PathIntegral, DensityMatrix, MatrixProductOperator"
)
PAIRS = (
    "Expected parameter_sets as (label, values) pairs, such as [('0', [0.1, 0.2])]; number 0 is {}. Give a "
    "matrix of rows to CircuitPayload.from_matrix, and of a dict its items()."
)
AN_OBSERVABLE = (
    "Expected an Observable or a SparsePauliOp, got {}. Example: "
    'Observable(["ZZ", "XI"], [1.0, 0.5]), words (leftmost letter = qubit 0) and coefficients.'
)
A_PATH = (
    "Expected OPENQASM 2 text, got what looks like the path of a file. "
    "Read it: pathlib.Path({!r}).read_text()"
)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: CircuitPayload(OPEN, ["a", "b"], [[0.1, 0.2]]), ParameterError, PAIRS.format("[0.1, 0.2]")),
        (lambda: CircuitPayload(OPEN, ["a", "b"], {"r": [0.1, 0.2]}), ParameterError, PAIRS.format("'r'")),
        (lambda: CircuitPayload(OPEN, ["a", "b"], {"rs": [0.1, 0.2]}), ParameterError, PAIRS.format("'rs'")),
        (
            lambda: CircuitBatch.of([TemplateEntry(OPEN, ("a", "b"), ((0.1, 0.2),))]),
            ParameterError,
            PAIRS.format("(0.1, 0.2)"),
        ),
        (lambda: Observable(("ZZ",), [1j]), ObservableError, "The coefficient of 'ZZ' is not real: 1j."),
        (
            lambda: Observable(("Z",), np.array([1j])),
            ObservableError,
            "The coefficient of 'Z' is not real: 1j.",
        ),
        (
            lambda: Observable(("ZZ",), ["x"]),
            ObservableError,
            "Expected one real number per word as coefficients, got ['x']: "
            "complex() arg is a malformed string.",
        ),
        (
            lambda: sweep(OPEN, ["a", "b"], [[1, 2]], observable="ZZ"),
            TypeError,
            AN_OBSERVABLE.format("str"),
        ),
        (
            lambda: sweep(OPEN, ["a", "b"], [[1, 2]], observable={"ZZ": 1}),
            TypeError,
            AN_OBSERVABLE.format("dict"),
        ),
        (
            lambda: MaestroSimulator(method="mps"),
            UnknownOptionError,
            "MaestroConfig got unknown options 'method' (did you mean 'simulation_type'?).",
        ),
        (
            lambda: MaestroSimulator(simulation_type="mps"),
            UnknownChoiceError,
            f"simulation_type must be one of {SIMULATIONS}; got 'mps' (did you mean 'MatrixProductState'?).",
        ),
        (
            lambda: MaestroSimulator(simulation_type="statevector"),
            UnknownChoiceError,
            f"simulation_type must be one of {SIMULATIONS}; got 'statevector' (did you mean 'Statevector'?).",
        ),
        (
            lambda: MaestroSimulator(shots="100"),
            ConfigError,
            "Shots must be a positive integer. Got '100'.",
        ),
        (lambda: JobConfig(shots="x"), ConfigError, "Shots must be a positive integer. Got 'x'."),
        (
            lambda: CircuitBatch.of(["bell.qasm"]),
            QasmError,
            f"Circuit '0' is not a valid QASM: {A_PATH.format('bell.qasm')}",
        ),
        (
            lambda: sweep(__file__, ["a"], [[1]], observable=Observable(["Z"], [1])),
            QasmError,
            A_PATH.format(__file__),
        ),
    ],
)
def test_what_newcomers_write_is_answered_with_what_to_write(call, kind, message):
    with pytest.raises(kind) as caught:
        call()
    assert str(caught.value) == message


def test_what_is_no_path_is_read_as_a_program():
    with pytest.raises(QasmError, match="^Circuit '0' is not a valid QASM: Expected OPENQASM at 1:1, got ID"):
        CircuitBatch.of(["no such file"])


@pytest.mark.parametrize("ham_ops", [None, "XZ"])
def test_a_stabilizer_says_which_gates_it_does_not_run(ham_ops):
    text = HEAD + "qreg q[2]; creg c[2]; h q[0]; ry(0.3) q[1]; t q[0]; cx q[0],q[1]; measure q -> c;"
    with (
        MaestroSimulator(simulation_type="Stabilizer") as simulator,
        pytest.raises(SimulationError) as caught,
    ):
        simulator.submit_circuits({"odd": text}, ham_ops=ham_ops)
    assert str(caught.value) == (
        "Circuit 'odd' has gates that Stabilizer does not run (ry, t): it takes Clifford gates alone, by "
        "their names (h, s, sdg, sx, cx, …), and no rotations at any angle. Use "
        'simulation_type="Statevector" or "MatrixProductState".'
    )


def test_a_stabilizer_runs_what_is_clifford_for_the_word():
    text = HEAD + "qreg q[2]; h q[0]; t q[0]; t q[0]; h q[1]; t q[1];"
    with MaestroSimulator(simulation_type="Stabilizer") as simulator:
        assert simulator.submit_circuits([text], ham_ops="YI").expectations().values.tolist() == [[1.0]]


@pytest.mark.parametrize(("width", "exactly"), [(24, True), (40, False)])
def test_a_truncation_recommends_what_fits(width, exactly):
    layers = "".join(
        f"ry(0.{k + 1}{q % 10}) q[{q}]; "
        + (f"cx q[{q}],q[{q + 1}]; " if q % 2 == k % 2 and q + 1 < width else "")
        for k in range(16)
        for q in range(width)
    )
    text = HEAD + f"qreg q[{width}]; creg c[1]; {layers} measure q[0] -> c[0];"
    config = MaestroConfig(max_bond_dimension=2)
    better = ", or set simulation_type='Statevector' for exact ones" if exactly else ""
    with MaestroSimulator(shots=2, config=config) as simulator, pytest.warns(UserWarning) as caught:
        simulator.submit_circuits([text])
    assert [str(warning.message) for warning in caught] == [
        f"Circuit '0' needs {width} qubits (> 22) and runs as a matrix product state, whose bond dimension "
        "cuts some of its entanglement off: results are approximate. Raise max_bond_dimension for better "
        f"ones{better}."
    ]
