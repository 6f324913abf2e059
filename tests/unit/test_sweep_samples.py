"""Energies from samples: bases, statistics, errors, seeds, circuits of every kind, on every runner."""

from pathlib import Path

import maestro
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit_aer.noise import NoiseModel, depolarizing_error
from tests.support import dense

from vivace.backends import CircuitRunner, MaestroConfig, MaestroSimulator, QiskitSimulator
from vivace.backends.bases import group_words
from vivace.errors import ObservableError
from vivace.results import ExecutionResult
from vivace.sweeps import (
    Observable,
    SweepResult,
    parameter_grid,
    read_observable,
    read_parameters,
    sweep,
    sweep_parts,
)

H2 = Path(__file__).parents[1] / "data" / "h2"
ANSATZ = (H2 / "ansatz.qasm").read_text(encoding="utf-8")
HAMILTONIAN = read_observable(H2 / "hamiltonian.txt")
BASES = ("ZZZZ", "XXYY", "XYYX", "YXXY", "YYXX")
TURN = "OPENQASM 2.0; qreg q[2]; ry(a) q[0]; rx(b) q[1]; cx q[0],q[1];"
TURN_WORDS = Observable(("XY", "ZI", "YZ", "IX", "ZZ"), [0.5, -1.0, 0.25, 2.0, 1.5])
ROWS = np.random.default_rng(7).uniform(-3, 3, (300, 2))


def deviations(result, exact):
    """Of each word's mean from its value, in standard deviations of the mean; 0 where words are certain."""
    variances = np.clip(1 - exact.word_values**2, 0, None) / result.shots
    return (result.word_values - exact.word_values) / np.sqrt(np.where(variances > 1e-9, variances, np.inf))


@pytest.mark.parametrize(
    ("words", "bases"),
    [
        (["ZZ", "XX", "YY"], [("ZZ", [0]), ("XX", [1]), ("YY", [2])]),
        (["ZI", "IX", "XI", "ZZ"], [("ZX", [0, 1]), ("XI", [2]), ("ZZ", [3])]),
        (["II", "XI", "IY", "XY"], [("XY", [0, 1, 2, 3])]),
        (["II"], [("II", [0])]),
        (HAMILTONIAN.words, [(BASES[0], list(range(11))), *((b, [11 + n]) for n, b in enumerate(BASES[1:]))]),
    ],
)
def test_words_that_commute_qubit_by_qubit_share_a_basis(words, bases):
    assert [(basis.letters, basis.words) for basis in group_words(words)] == bases


@pytest.mark.parametrize("make", [MaestroSimulator, QiskitSimulator])
def test_energies_of_h2_are_those_of_the_exact_sweep_within_their_errors(make):
    names, rows = parameter_grid({"theta_d": (-0.5, 0.5, 21), "theta_s": (-0.5, 0.5, 15)})
    exact = sweep(ANSATZ, names, rows, observable=HAMILTONIAN)
    with make(shots=1000) as runner:
        result = sweep(ANSATZ, names, rows, observable=HAMILTONIAN, shots=1000, runner=runner, seed=2)
    assert (result.bases, result.shots, result.counts) == (BASES, 1000, None)
    found = deviations(result, exact)
    assert np.abs(found).max() < 5.5
    assert np.abs(found.mean(axis=0)).max() < 5 / np.sqrt(len(rows))
    pull = (result.energies - exact.energies) / result.standard_errors
    assert abs(pull.mean()) < 5 / np.sqrt(len(rows))
    assert 0.85 < pull.std() < 1.15


def test_errors_know_that_words_of_a_basis_vary_together():
    """In a Bell state ZI - IZ is certain, and ZI + IZ varies by twice what either does."""
    bell = "OPENQASM 2.0; qreg q[2]; h q[0]; cx q[0],q[1]; rz(a) q[1];"
    for sign, error in ((-1.0, 0.0), (1.0, 2.0)):
        observable = Observable(("ZI", "IZ"), [1.0, sign])
        result = sweep(bell, ["a"], [[0.3]], observable=observable, shots=10_000, seed=1)
        assert result.standard_errors * 100 == pytest.approx([error], abs=0.01)
    # One shot has no spread.
    assert np.isnan(sweep(bell, ["a"], [[0.3]], observable=observable, shots=1).standard_errors).all()


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 5))
def test_letters_on_every_qubit(seed, n):
    """Any circuit, measured or not; the state is known."""
    rng = np.random.default_rng(seed)
    gates = dense.random_gates(rng, n, 12, list(dense.GATES))
    state, shots = dense.simulate(n, gates), 20_000
    words = sorted({"".join(rng.choice(list("IXYZ"), n)) for _ in range(6)})
    text = dense.program(n, gates, measure=bool(seed % 2))
    text = text.replace(f"creg c[{n}];", f"creg c[{n}]; rz(a) q[0];")  # nobody can see it
    observable = Observable(tuple(words), np.ones(len(words)))
    values = sweep(text, ["a"], [[0.7]], observable=observable, shots=shots, seed=seed).word_values[0]
    for value, word in zip(values, words, strict=True):
        expected = dense.expectation(state, word)
        assert abs(value - expected) <= 6 * np.sqrt((1 - expected**2) / shots + 1e-12) + 10 / shots


def test_seeds_repeat_however_rows_are_chunked_and_whatever_else_is_measured():
    def run(rows, seed, observable=TURN_WORDS):
        return sweep(TURN, ["a", "b"], rows, observable=observable, shots=200, seed=seed)

    many = run(ROWS, 5)
    assert many.bases == ("XY", "ZX", "YZ", "ZZ")
    assert run(ROWS, 5).word_values.tolist() == many.word_values.tolist() != run(ROWS, 6).word_values.tolist()
    assert run(ROWS[:2], 5).word_values.tolist() == many.word_values[:2].tolist()
    alone = run(ROWS, 5, Observable(("YZ",), [1.0]))
    assert alone.word_values[:, 0].tolist() == many.word_values[:, 2].tolist()
    # Bases are drawn independently of each other.
    left, right = sweep(
        TURN, ["a", "b"], np.zeros((2000, 2)), observable=Observable(("XI", "YI"), [1, 1]), shots=10, seed=1
    ).word_values.T
    assert abs(np.corrcoef(left, right)[0, 1]) < 5 / np.sqrt(2000)


def test_rows_go_out_as_one_template_per_basis():
    seen, reports = [], []

    class Watched(MaestroSimulator):
        def submit_circuits(self, circuits=None, **options):
            seen.append([(len(c.labels), c.labels[0], c.parameter_names) for c in circuits])
            return super().submit_circuits(circuits, **options)

    with Watched(shots=50) as runner:
        parts = list(
            sweep_parts(
                TURN,
                ["a", "b"],
                ROWS,
                observable=TURN_WORDS,
                shots=50,
                runner=runner,
                progress=lambda *done: reports.append(done),
            )
        )
    names = ("a", "b")
    assert seen[0] == [(128, f"row 0 in basis {letters}", names) for letters in ("XY", "ZX", "YZ", "ZZ")]
    assert len(parts[0]) == 128
    assert reports[-1] == (300, 300)
    assert all(done <= rows for done, rows in reports)
    whole = SweepResult.joined(parts)
    assert (whole.bases, len(whole.standard_errors)) == (("XY", "ZX", "YZ", "ZZ"), 300)


def test_runners_that_know_no_parameters_get_every_circuit():
    class Plain(CircuitRunner):
        supports_expval = False
        is_async = False

        def submit_circuits(self, circuits, **_):
            assert list(circuits) == [f"row {row} in basis {word}" for word in "XZ" for row in (0, 1)]
            with MaestroSimulator(shots=self.shots, seed=1) as runner:
                return ExecutionResult(runner.submit_circuits(circuits).results)

    text = "OPENQASM 2.0; qreg q[1]; creg c[1]; ry(a) q[0]; measure q -> c;"
    observable = Observable(("X", "Z"), [1.0, 1.0])
    result = sweep(text, ["a"], [[0.0], [np.pi / 2]], observable=observable, shots=100, runner=Plain(100))
    assert result.word_values[[0, 1], [1, 0]].tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("measurements", "own"),
    [
        ("creg c[2]; measure q -> c;", True),
        ("creg c[2]; measure q[0] -> c[1]; measure q[1] -> c[0];", False),
        ("creg c[2]; measure q[0] -> c[0];", False),
        ("creg c[3]; measure q[0] -> c[0]; measure q[1] -> c[1];", False),
        ("creg c[2]; measure q -> c; reset q[1]; x q[1]; measure q[1] -> c[1];", False),
        ("", False),
    ],
)
def test_letters_are_of_qubits_however_those_are_measured(measurements, own):
    """The template's own counts are used, and kept, where they tell the words."""
    text = "OPENQASM 2.0; qreg q[2]; ry(a) q[0]; x q[1];" + measurements
    result = sweep(text, ["a"], [[0.0]], observable=Observable(("ZI", "IZ"), [1.0, 1.0]), shots=20)
    assert result.word_values.tolist() == [[1.0, -1.0]]
    assert result.bases == (() if own else ("ZZ",))
    assert (result.counts is None) is not own
    assert result.standard_errors.tolist() == [0.0]


def test_short_words_are_padded_and_the_identity_needs_no_luck():
    with pytest.warns(UserWarning, match="'I' has 1 letters but circuit '0' has 2 qubits; padding with I"):
        result = sweep(TURN, ["a", "b"], ROWS[:3], observable=Observable(("I",), [2.0]), shots=5)
    assert result.energies.tolist() == [2.0, 2.0, 2.0]
    assert result.standard_errors.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("make", [MaestroSimulator, QiskitSimulator])
def test_circuits_with_conditions_are_measured_at_their_end(make):
    """Teleportation: what is measured midway stays, what is measured last makes room. Names may clash."""
    text = """OPENQASM 2.0; gate h x { U(pi/2,0,pi) x; } gate odd(x) u { ry(x) u; }
    qreg basis[1]; qreg sdg[2]; creg c[1]; creg d[1]; creg out[1];
    odd(a) basis[0]; rz(b) basis[0]; h sdg[0]; cx sdg[0],sdg[1]; cx basis[0],sdg[0]; h basis[0];
    measure basis[0] -> c[0]; measure sdg[0] -> d[0];
    if(d==1) x sdg[1]; if(c==1) z sdg[1]; measure sdg[1] -> out[0];"""
    rows, words = ROWS[:20], ("IIX", "IIY", "IIZ", "XII")
    a, b = rows.T
    exact = np.stack([np.sin(a) * np.cos(b), np.sin(a) * np.sin(b), np.cos(a), 0 * a], axis=1)
    with make(shots=2000) as runner:
        result = sweep(
            text,
            ["a", "b"],
            rows,
            observable=Observable(words, np.ones(4)),
            shots=2000,
            runner=runner,
            seed=3,
        )
    assert result.bases == ("XIX", "IIY", "IIZ")
    assert np.abs(result.word_values - exact).max() < 5 / np.sqrt(2000)


def test_noise_reaches_the_energies():
    """Depolarised once, words of a qubit shrink by 1 - 4p/3; on a fake device, the energy rises."""
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.3, 1), ["ry"])
    text, words = "OPENQASM 2.0; qreg q[1]; ry(a) q[0];", Observable(("X", "Z"), [1.0, 1.0])
    with QiskitSimulator(shots=20_000, noise_model=model, optimization_level=0) as runner:
        result = sweep(text, ["a"], [[0.4], [2.0]], observable=words, shots=20_000, runner=runner, seed=1)
    exact = 0.7 * np.array([[np.sin(0.4), np.cos(0.4)], [np.sin(2.0), np.cos(2.0)]])
    np.testing.assert_allclose(result.word_values, exact, atol=5 / np.sqrt(20_000))
    best = [[0.113, 0.0]]
    with QiskitSimulator(shots=2000, qiskit_backend="FakeManilaV2", seed=4) as runner:
        names = ["theta_d", "theta_s"]
        noisy = sweep(ANSATZ, names, best, observable=HAMILTONIAN, shots=2000, runner=runner)
        again = (
            runner.submit_circuits(
                [ANSATZ.replace("theta_d", "0.113").replace("theta_s", "0.0")],
                ham_ops=";".join(HAMILTONIAN.words),
            )
            .expectations()
            .values[0]
        )
    assert -1.0 < noisy.energies[0] < -0.3
    assert (
        abs(noisy.energies[0] - again @ HAMILTONIAN.coefficients) < 5 * np.sqrt(2) * noisy.standard_errors[0]
    )


def noisy_runner(shots, **options):
    model = maestro.NoiseModel()
    model.set_all_depolarizing(2, 0.05)
    return MaestroSimulator(shots=shots, config=MaestroConfig(noise_model=model, **options))


CHAIN = "OPENQASM 2.0; qreg q[2]; ry(a) q[0];" + "cx q[0],q[1];" * 5


@pytest.mark.parametrize(
    ("options", "told"),
    [({"noise_realizations": 10}, "share 10 random patterns"), ({}, "share one random pattern")],
)
@pytest.mark.filterwarnings("ignore:All shots of circuit")
def test_errors_are_not_known_where_shots_share_patterns_of_errors(tmp_path, options, told):
    """The spread of the shots was given, which leaves out how patterns vary: up to 85 times too little."""
    message = (
        f"The standard errors of this sweep are NaN, not known. The shots of a circuit {told} of errors, and "
        "its counts do not tell how those vary. Set noise_realizations=1000, a pattern for every shot, or "
        'simulation_type="DensityMatrix".'
    )
    with noisy_runner(1000, **options) as runner, pytest.warns(UserWarning, match="standard err") as caught:
        result = sweep(
            CHAIN, ["a"], [[0.3]] * 30, observable=Observable(("ZI",), [1.0]), runner=runner, shots=1000
        )
    assert [str(w.message) for w in caught if "standard" in str(w.message)] == [message]
    assert np.isnan(result.standard_errors).all()
    assert result.energies.std() > 0.1
    assert read_parameters(result.save(tmp_path / "rows.csv"))[1].tolist() == [[0.3]] * 30


def test_errors_are_known_where_every_shot_has_its_own_pattern():
    observable = Observable(("ZI", "XX"), [1.0, 0.5])
    with noisy_runner(60, noise_realizations=60) as runner:
        result = sweep(CHAIN, ["a"], [[0.3]] * 60, observable=observable, runner=runner, shots=60, seed=1)
    assert result.energies.std() == pytest.approx(result.standard_errors.mean(), rel=0.4)


@pytest.mark.parametrize("method", ["DensityMatrix", "MatrixProductOperator"])
def test_errors_are_known_where_noise_is_exact(method):
    with noisy_runner(500, simulation_type=method) as runner:
        result = sweep(CHAIN, ["a"], [[0.3]], observable=Observable(("ZI",), [1.0]), runner=runner, shots=500)
    assert 0.03 < result.standard_errors[0] < 0.05


def test_errors_are_known_where_only_readout_is_noisy():
    model = maestro.NoiseModel()
    model.set_all_readout_error(2, 0.1)
    with MaestroSimulator(shots=500, config=MaestroConfig(noise_model=model)) as runner:
        result = sweep(CHAIN, ["a"], [[0.3]], observable=Observable(("ZI",), [1.0]), runner=runner, shots=500)
    assert 0.02 < result.standard_errors[0] < 0.05


def test_density_matrices_are_no_way_out_of_noise_that_is_always_drawn():
    model = maestro.NoiseModel()
    model.set_all_coherent_depolarizing(2, 0.05)
    config = MaestroConfig(noise_model=model, noise_realizations=5, simulation_type="DensityMatrix")
    with MaestroSimulator(shots=20, config=config) as runner:
        assert runner.shot_dependence(2) == (
            "The shots of a circuit share 5 random patterns of errors, and its counts do not tell how those "
            "vary. Set noise_realizations=20, a pattern for every shot."
        )


def test_warnings_of_a_sweep_name_its_row():
    with noisy_runner(10) as runner, pytest.warns(UserWarning) as caught:
        sweep(CHAIN, ["a"], [[0.3]], observable=Observable(("ZZ",), [1.0]), runner=runner, shots=10)
    assert any("All shots of circuit 'row 0 in basis ZZ' share" in str(w.message) for w in caught)


def test_words_longer_than_the_circuit_are_refused():
    """Also where there are as many bits as letters."""
    text = "OPENQASM 2.0; qreg q[2]; creg c[3]; ry(a) q[0]; measure q[0]->c[0]; measure q[1]->c[1];"
    with pytest.raises(ObservableError, match="3"):
        sweep(text, ["a"], [[0.3]], observable=Observable(("ZII",), [1.0]), shots=10)
