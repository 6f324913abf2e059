"""Noise on Maestro: the five ways of running, their seeds, and what is refused."""

from __future__ import annotations

import warnings

import maestro
import numpy as np
import pytest
from tests.support import density
from tests.support.dense import Gate, program, random_gates

from vivace.backends import MaestroConfig, MaestroSimulator
from vivace.errors import ConfigError, SimulationError

TEN_X = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; creg c[1];' + "x q[0];" * 10 + "measure q -> c;"
PLUS = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; creg c[1]; h q[0]; measure q -> c;'
DAMPING = 1 - 4 * 0.05 / 3


def depolarizing(n_qubits: int = 4, p: float = 0.05) -> maestro.NoiseModel:
    model = maestro.NoiseModel()
    model.set_all_depolarizing(n_qubits, p)
    return model


def value(text: str, word: str = "Z", **options: object) -> float:
    with MaestroSimulator(config=MaestroConfig(**options)) as simulator:
        return float(simulator.submit_circuits([text], ham_ops=word).expectations().values[0, 0])


def counts(circuits: dict[str, str], shots: int = 1000, **options: object) -> dict[str, dict[str, int]]:
    with MaestroSimulator(shots=shots, config=MaestroConfig(**options)) as simulator:
        return {entry["label"]: entry["results"] for entry in simulator.submit_circuits(circuits).results}


@pytest.mark.parametrize("method", ["DensityMatrix", "MatrixProductOperator"])
def test_exact_methods_apply_the_channel_after_every_gate(method: str) -> None:
    found = value(TEN_X, noise_model=depolarizing(), simulation_type=method)
    assert found == pytest.approx(DAMPING**10, abs=1e-12)


def test_monte_carlo_converges_to_the_channel() -> None:
    found = value(TEN_X, noise_model=depolarizing(), noise_realizations=4000)
    assert found == pytest.approx(DAMPING**10, abs=5 / 4000**0.5)


def test_the_analytic_value_damps_once_and_says_so_once() -> None:
    with MaestroSimulator(config=MaestroConfig(noise_model=depolarizing())) as simulator:
        with pytest.warns(UserWarning, match=r"10 noisy layers.*noise_realizations.*DensityMatrix"):
            found = simulator.submit_circuits([TEN_X], ham_ops="Z")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            simulator.submit_circuits([TEN_X], ham_ops="Z")
    assert found.expectations().values[0, 0] == pytest.approx(DAMPING)


@pytest.mark.filterwarnings("error")
def test_one_layer_is_exact_and_silent() -> None:
    one = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; x q[0]; x q[1];'
    assert value(one, "ZZ", noise_model=depolarizing()) == pytest.approx(DAMPING**2)


@pytest.mark.filterwarnings("error")
def test_gates_on_qubits_without_noise_are_no_layers() -> None:
    model = maestro.NoiseModel()
    model.set_depolarizing(1, 0.05)
    two = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; x q[0]; x q[0]; x q[1];'
    assert value(two, "ZI", noise_model=model) == pytest.approx(1.0)


def test_an_idle_observed_qubit_is_warned_of() -> None:
    text = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; x q[0];'
    with pytest.warns(UserWarning, match="0 noisy layers on observed qubit 1"):
        assert value(text, "IZ", noise_model=depolarizing()) == pytest.approx(DAMPING)


@pytest.mark.parametrize("simulator_type", ["QCSim", "QiskitAer"])
@pytest.mark.parametrize("method", ["MatrixProductState", "Stabilizer", "TensorNetwork"])
def test_monte_carlo_on_other_methods(simulator_type: str, method: str) -> None:
    options = {"simulator_type": simulator_type, "simulation_type": method}
    found = value(TEN_X, noise_model=depolarizing(), noise_realizations=400, **options)
    assert found == pytest.approx(DAMPING**10, abs=5 / 400**0.5)


def test_an_identity_gate_carries_noise() -> None:
    idle = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[1];' + "id q[0];" * 4
    found = value(idle, noise_model=depolarizing(), simulation_type="DensityMatrix")
    assert found == pytest.approx(DAMPING**4)


def test_a_lowered_gate_carries_the_noise_of_its_parts() -> None:
    parts = [Gate("cx", (), (0, 1)), Gate("rz", (0.7,), (1,)), Gate("cx", (), (0, 1))]
    start = [Gate("h", (), (0,)), Gate("h", (), (1,))]
    found = value(
        program(2, [*start, Gate("rzz", (0.7,), (0, 1))]),
        "XI",
        noise_model=depolarizing(),
        simulation_type="DensityMatrix",
    )
    assert found == pytest.approx(density.expectation(density.evolve(2, start + parts, 0.05), "XI"))


@pytest.mark.parametrize("seed", range(4))
def test_density_matrix_agrees_with_a_dense_reference(seed: int) -> None:
    one = ["id", "x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "rx", "ry", "rz", "p", "u"]
    more = ["cx", "cy", "cz", "ch", "csx", "swap", "cp", "crx", "cry", "crz", "cu", "ccx", "cswap"]
    rng = np.random.default_rng(seed)
    gates = random_gates(rng, 3, 14, one + more)
    rho = density.evolve(3, gates, 0.05)
    words = ["ZII", "XYZ", "IZZ", "YIX"]
    config = MaestroConfig(noise_model=depolarizing(), simulation_type="DensityMatrix", seed=seed)
    with MaestroSimulator(shots=4000, config=config) as simulator:
        found = simulator.submit_circuits([program(3, gates)], ham_ops=";".join(words)).expectations().values
        sampled = simulator.submit_circuits([program(3, gates, measure=True)]).results[0]["results"]
    assert found[0] == pytest.approx([density.expectation(rho, word) for word in words], abs=1e-10)
    frequencies = np.zeros(8)
    for key, count in sampled.items():
        frequencies[int(key, 2)] = count / 4000
    assert np.abs(frequencies - density.probabilities(rho)).max() < 5 * 0.5 / 4000**0.5


def test_counts_share_one_pattern_without_realizations() -> None:
    told = r"^All shots of circuit 'a' share one random pattern of errors.* Set noise_realizations, or simu"
    with pytest.warns(UserWarning, match=told):
        assert list(counts({"a": TEN_X}, noise_model=depolarizing())["a"].values()) == [1000]


def test_counts_follow_the_channel_with_realizations() -> None:
    found = counts({"a": TEN_X}, 4000, noise_model=depolarizing(), noise_realizations=4000)["a"]
    assert sum(found.values()) == 4000
    assert found["0"] / 4000 == pytest.approx((1 + DAMPING**10) / 2, abs=5 * 0.5 / 4000**0.5)


@pytest.mark.filterwarnings("ignore:All shots of circuit")
@pytest.mark.parametrize("realizations", [None, 50])
def test_seeded_counts_follow_from_the_label(realizations: int | None) -> None:
    options = {"noise_model": depolarizing(), "noise_realizations": realizations, "seed": 9}
    forth = counts({"a": TEN_X, "b": PLUS, "c": TEN_X}, **options)
    back = counts({"c": TEN_X, "b": PLUS, "a": TEN_X}, **options)
    assert forth == back == counts({"a": TEN_X, "b": PLUS, "c": TEN_X}, **options)
    assert forth["b"] != counts({"b": PLUS}, **{**options, "seed": 10})["b"]


def test_seeded_expectation_values_follow_from_the_label() -> None:
    config = MaestroConfig(noise_model=depolarizing(), noise_realizations=40)
    with MaestroSimulator(config=config) as simulator:
        simulator.set_seed(3)
        forth = simulator.submit_circuits({"a": TEN_X, "b": TEN_X}, ham_ops="Z").expectations().values[:, 0]
        back = simulator.submit_circuits({"b": TEN_X, "a": TEN_X}, ham_ops="Z").expectations().values[:, 0]
    assert forth.tolist() == back[::-1].tolist()


def test_unseeded_counts_vary_and_unseeded_values_follow_the_noise_seed() -> None:
    options = {"noise_model": depolarizing(), "noise_realizations": 20}
    assert len({str(sorted(counts({"a": PLUS}, **options)["a"].items())) for _ in range(5)}) > 1
    values = [value(TEN_X, **options, **extra) for extra in ({}, {}, {"noise_seed": 42})]
    assert len(set(values)) == 1


def test_the_noise_seed_moves_with_the_position() -> None:
    model = depolarizing()
    config = MaestroConfig(noise_model=model, noise_realizations=20)
    with MaestroSimulator(config=config) as simulator:
        both = simulator.submit_circuits([TEN_X, TEN_X], ham_ops="Z").expectations().values[:, 0]
    assert both[1] == value(TEN_X, noise_model=model, noise_realizations=20, noise_seed=43)


def test_large_noise_seeds_are_taken() -> None:
    options = {"noise_model": depolarizing(), "noise_realizations": 5}
    assert value(TEN_X, noise_seed=2**64 - 1, **options) == value(TEN_X, noise_seed=2**32 - 1, **options)


def test_an_empty_model_is_no_noise() -> None:
    model = maestro.NoiseModel()
    assert value(TEN_X, noise_model=model) == 1.0
    assert value(TEN_X, noise_model=model, noise_realizations=3) == 1.0
    assert counts({"a": TEN_X}, noise_model=model)["a"] == {"0": 1000}


def test_layers_the_analytic_value_would_leave_out_are_refused() -> None:
    model = maestro.NoiseModel()
    model.set_all_t1(1, 0.2)
    with pytest.raises(ConfigError, match="noise_realizations"):
        value(TEN_X, noise_model=model)


def test_coherent_noise_is_not_dropped() -> None:
    model = maestro.NoiseModel()
    model.set_coherent_rotation(0, 0.5, 0.0, 0.0)
    one = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; x q[0];'
    assert value(one, noise_model=model, noise_realizations=5) == pytest.approx(-np.cos(0.5))
    with pytest.raises(ConfigError, match="drawn at random"):
        value(one, noise_model=model, simulation_type="DensityMatrix")


def test_readout_errors_act_on_counts_and_warn_on_values() -> None:
    model = maestro.NoiseModel()
    model.set_all_readout_error(1, 0.1)
    found = counts({"a": TEN_X}, 4000, noise_model=model, seed=1)["a"]
    assert found["1"] / 4000 == pytest.approx(0.1, abs=0.03)
    with pytest.warns(UserWarning, match="Readout errors"):
        assert value(TEN_X, noise_model=model) == 1.0


def test_measuring_and_resetting_midway_is_sampled_but_not_estimated() -> None:
    text = (
        'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[3]; x q[0]; measure q[0] -> c[0]; reset q[0];'
        "x q[1]; measure q[0] -> c[1]; measure q[1] -> c[2];"
    )
    options = {"noise_model": depolarizing(p=0.3), "noise_realizations": 4000}
    found = counts({"a": text}, 4000, **options)["a"]
    expected = {"101": 0.64, "100": 0.16, "001": 0.16, "000": 0.04}
    assert set(found) == set(expected)
    assert all(found[key] / 4000 == pytest.approx(p, abs=0.04) for key, p in expected.items())
    with pytest.raises(SimulationError, match="'0' measures or resets"):
        value(text, "ZI", **options)


def test_classical_control_is_refused() -> None:
    text = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; creg c[1]; measure q -> c; if(c==0) x q[0];'
    with pytest.raises(SimulationError, match="'a' has operations under classical control"):
        counts({"a": text}, noise_model=depolarizing())
