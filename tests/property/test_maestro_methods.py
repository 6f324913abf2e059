"""Every simulation method against the dense reference, and clear errors where one cannot run."""

from __future__ import annotations

import numpy as np
import pytest
from tests.support import dense

from vivace.backends import MaestroConfig, MaestroSimulator
from vivace.errors import SimulationError

CLIFFORD = ["id", "x", "y", "z", "h", "s", "sdg", "sx", "sxdg", "cx", "cy", "cz", "swap"]
UNIVERSAL = [
    *CLIFFORD,
    *[
        "t",
        "tdg",
        "rx",
        "ry",
        "rz",
        "p",
        "u",
        "ch",
        "csx",
        "cp",
        "crx",
        "cry",
        "crz",
        "cu",
        "ccx",
        "cswap",
        "rzz",
        "rxx",
        "ryy",
        "iswap",
    ],
]
DENSE = ["Statevector", "MatrixProductState", "TensorNetwork", "DensityMatrix"]
QCSIM = [*DENSE, "ExtendedStabilizer", "PauliPropagator", "PathIntegral", "MatrixProductOperator"]
PAIRS = [
    *(("QCSim", method, UNIVERSAL) for method in QCSIM),
    ("QCSim", "Stabilizer", CLIFFORD),
    *(("QiskitAer", method, UNIVERSAL) for method in DENSE),
    *(("QiskitAer", method, CLIFFORD) for method in ("Stabilizer", "ExtendedStabilizer")),
    *((simulator, "Statevector", UNIVERSAL) for simulator in ("CompositeQCSim", "CompositeQiskitAer")),
]
WORDS = ["ZIII", "XXII", "IZZY", "YIXZ", "IIIZ", "ZZZZ"]
SHOTS = 2000
RESET = (
    'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[3]; h q[0]; measure q[0] -> c[0]; cx q[0],q[1];'
    "reset q[0]; h q[0]; measure q[1] -> c[1]; measure q[0] -> c[2];"
)


def simulator(simulator_type: str, method: str, **options: object) -> MaestroSimulator:
    config = MaestroConfig(simulator_type=simulator_type, simulation_type=method, seed=5, **options)
    return MaestroSimulator(shots=SHOTS, config=config)


@pytest.mark.parametrize(("simulator_type", "method", "names"), PAIRS)
def test_values_and_counts_agree_with_the_dense_reference(
    simulator_type: str, method: str, names: list[str]
) -> None:
    rng = np.random.default_rng(11)
    with simulator(simulator_type, method) as runner:
        for _ in range(3):
            gates = dense.random_gates(rng, 4, 14, names)
            state = dense.simulate(4, gates)
            text = dense.program(4, gates, measure=True)
            values = runner.submit_circuits([text], ham_ops=";".join(WORDS)).expectations().values[0]
            assert values == pytest.approx([dense.expectation(state, word) for word in WORDS], abs=1e-9)
            found = runner.submit_circuits([text]).results[0]["results"]
            assert found == runner.submit_circuits([text]).results[0]["results"]
            frequencies = np.zeros(16)
            for key, count in found.items():
                frequencies[int(key, 2)] = count / SHOTS
            assert np.abs(frequencies - dense.probabilities(state)).max() < 5 * 0.5 / SHOTS**0.5


@pytest.mark.parametrize("method", [*QCSIM, "Stabilizer"])
def test_measurements_and_resets_midway(method: str) -> None:
    with simulator("QCSim", method) as runner:
        found = runner.submit_circuits([RESET]).results[0]["results"]
    assert set(found) == {"000", "011", "100", "111"}
    assert max(abs(count / SHOTS - 0.25) for count in found.values()) < 0.05


@pytest.mark.parametrize("ham_ops", [None, "ZIII"])
@pytest.mark.parametrize("simulator_type", ["QCSim", "QiskitAer"])
def test_a_stabilizer_refuses_other_gates_by_name(simulator_type: str, ham_ops: str | None) -> None:
    text = dense.program(4, [dense.Gate("ry", (0.3,), (0,))], measure=True)
    with (
        simulator(simulator_type, "Stabilizer") as runner,
        pytest.raises(SimulationError, match="'odd'") as info,
    ):
        runner.submit_circuits({"odd": text}, ham_ops=ham_ops)
    assert info.value.label == "odd"


@pytest.mark.parametrize(
    ("simulator_type", "method", "text", "message"),
    [
        ("QiskitAer", "PauliPropagator", RESET, "no method PauliPropagator"),
        ("QiskitAer", "PathIntegral", RESET, "no method PathIntegral"),
        ("QiskitAer", "MatrixProductOperator", RESET, "no method MatrixProductOperator"),
        ("QiskitAer", "MatrixProductState", RESET, "samples wrongly"),
        ("QiskitAer", "ExtendedStabilizer", RESET.replace("h q", "t q"), "not Clifford"),
        ("QCSim", "Statevector", RESET.replace("q[2]", "q[70]"), r"2\*\*70"),
        ("QCSim", "DensityMatrix", RESET.replace("q[2]", "q[40]"), r"2\*\*80"),
    ],
)
def test_what_would_crash_hang_or_lie_is_refused(
    simulator_type: str, method: str, text: str, message: str
) -> None:
    with simulator(simulator_type, method) as runner, pytest.raises(SimulationError, match=message):
        runner.submit_circuits({"a": text})


def test_a_wide_statevector_runs_words_with_narrow_cones() -> None:
    chain = "".join(f"cry(pi) q[{k}],q[{k + 1}];" for k in range(69))
    text = f'OPENQASM 2.0; include "qelib1.inc"; qreg q[70]; h q[0]; {chain}'
    with simulator("QCSim", "Statevector") as runner:
        found = runner.submit_circuits([text], ham_ops="ZZ" + "I" * 68).expectations().values
        assert found[0, 0] == pytest.approx(1.0)
        with pytest.raises(SimulationError, match=r"2\*\*70"):
            runner.submit_circuits([text], ham_ops="Z" * 70)


@pytest.mark.parametrize(
    ("options", "width", "expected"),
    [
        ({}, 30, "apply_measure"),
        ({"simulation_type": "MatrixProductState"}, 30, "probabilities"),
        ({"simulation_type": "MatrixProductState", "max_bond_dimension": 16}, 9, "probabilities"),
        ({"simulation_type": "MatrixProductState", "max_bond_dimension": 16}, 10, "apply_measure"),
        ({"simulation_type": "MatrixProductState", "singular_value_threshold": 1e-3}, 4, "apply_measure"),
        ({"mps_sampling": "probabilities"}, 30, "probabilities"),
        ({"mps_measure_no_collapse": True}, 30, "probabilities"),
        ({"simulation_type": "Statevector", "max_bond_dimension": 4}, 20, "probabilities"),
    ],
)
def test_truncated_states_are_sampled_by_measuring(
    options: dict[str, object], width: int, expected: str
) -> None:
    import maestro

    assert MaestroConfig(**options).to_simulator_config(maestro, width=width).mps_sampling == expected
