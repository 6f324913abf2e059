"""On every way to sample, counts follow the exact distribution: p-values over many seeds are uniform.

Each way is asked with 520 different seeds of a circuit: 20 of the simulator, and 26 labels for each, which
draw independent numbers. All seeds are fixed, so the verdicts are too. A way that is not random enough fails
as one that is too random does.
"""

import maestro
import numpy as np
import pytest
from scipy import stats

from support import dense, density
from support.statistics import keyed, p_value, random_gates, random_program
from vivace.backends import MaestroConfig, MaestroSimulator

SEEDS, LABELS = 20, 26
NOISE = 0.04


def noise_model():
    model = maestro.NoiseModel()
    model.set_all_depolarizing(2, NOISE)
    return model


def many(text, shots, config=None, **options):
    """Counts of all seeds and labels, and how they came about."""
    with MaestroSimulator(shots, config, **options) as simulator:
        for seed in range(SEEDS):
            simulator.set_seed(seed)
            result = simulator.submit_circuits({f"c{label}": text for label in range(LABELS)})
            yield from zip((entry["results"] for entry in result.results), result.metadata(), strict=True)


def check(found, exact, shots, **facts):
    """Every count adds up and came about as it should; p-values are uniform and do not follow one another."""
    p_values = []
    for counts, metadata in found:
        assert sum(counts.values()) == shots
        assert metadata | facts == metadata
        p_values.append(p_value(counts, exact))
    assert len(p_values) == SEEDS * LABELS >= 500
    assert stats.kstest(p_values, "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(p_values[:-1], p_values[1:])[0, 1]) < 4 / np.sqrt(len(p_values))


WAYS = {
    "compiled": ({}, {"path": "compiled"}),
    "MPS": (
        {"config": MaestroConfig(mps_qubit_threshold=2)},
        {"method": "MatrixProductState", "may_truncate": False},
    ),
    "MPS, measured shot by shot": (
        {"config": MaestroConfig(simulation_type="MatrixProductState", mps_sampling="apply_measure")},
        {"path": "circuits", "method": "MatrixProductState"},
    ),
    "density matrix": (
        {"config": MaestroConfig(simulation_type="DensityMatrix")},
        {"path": "circuits", "method": "DensityMatrix"},
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_p_values_are_uniform(way):
    """Many shots on eight outcomes."""
    options, facts = WAYS[way]
    text, exact = random_program(3, 3)
    check(many(text, 2000, **options), exact, 2000, **facts)


def test_p_values_are_uniform_where_shots_are_drawn_one_by_one():
    """Few shots for the number of outcomes: most of 512 are impossible, and every possible one is seen."""
    text, exact = random_program(3, 3)
    spread = text.replace("qreg q[3]", "qreg q[9]").replace("creg c[3]", "creg c[9]")
    wide = {"0" * 6 + key: p for key, p in exact.items()}
    check(many(spread, 1000), wide, 1000, path="compiled", n_qubits=9)


@pytest.mark.parametrize(
    ("shots", "changes", "facts"),
    [
        (2000, {"simulation_type": "DensityMatrix"}, {"noise": "exact"}),
        (40, {"noise_realizations": 40}, {"noise": "sampled", "noise_realizations": 40}),
    ],
    ids=["exact channels", "an error pattern for each shot"],
)
def test_p_values_under_noise_are_uniform(shots, changes, facts):
    """Against the diagonal of a dense density matrix."""
    gates = [gate for gate in random_gates(3, 2) if gate.name != "iswap"]  # lowered, with noise of its own
    exact = keyed(density.probabilities(density.evolve(2, gates, NOISE)))
    text = dense.program(2, gates, measure=True)
    config = MaestroConfig(noise_model=noise_model(), **changes)
    check(many(text, shots, config), exact, shots, path="circuits", **facts)


@pytest.mark.parametrize("path", ["kept", "workers"])
def test_p_values_of_the_library_are_uniform(path):
    """Above 11 qubits the library's sampler draws, on every path."""
    text, exact = random_program(3, 3)
    spread = text.replace("qreg q[3]", "qreg q[13]").replace("creg c[3]", "creg c[13]")
    wide = {"0" * 10 + key: p for key, p in exact.items()}
    check(many(spread, 2000, path=path), wide, 2000, path=path, n_qubits=13)
