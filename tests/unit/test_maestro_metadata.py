"""What `MaestroSimulator` says of how a circuit was run."""

import json

import maestro
import numpy as np
import pytest

from vivace.backends import CircuitPayload, ExecutionPath, MaestroConfig, MaestroSimulator

HEAD = 'OPENQASM 2.0; include "qelib1.inc"; '
BELL = HEAD + "qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q -> c;"
STATEVECTOR = {"simulator": "QCSim", "method": "Statevector"}


def chain(n, layers=1):
    """A row of qubits whose every pair of neighbours meets once a layer, first to last."""
    layer = "".join(f"ry({k + 0.3}) q[{k}];" for k in range(n)) + "".join(
        f"cx q[{k}],q[{k + 1}]; rx(0.7) q[{k + 1}];" for k in range(n - 1)
    )
    return HEAD + f"qreg q[{n}]; creg c[{n}]; {layer * layers} measure q -> c;"


TANGLED = (
    HEAD
    + "qreg q[6]; "
    + (
        "".join(f"ry(0.{q + 3}) q[{q}]; rx(0.{q + 1}) q[{q}]; " for q in range(6))
        + "".join(f"cx q[{a}],q[{b}]; " for a in range(6) for b in range(a + 1, 6))
    )
    * 3
)


def metadata(circuits, config=None, *, path=None, **options):
    with MaestroSimulator(50, config, path=path) as simulator:
        result = simulator.submit_circuits(circuits, **options)
    assert result.run_time > 0
    found = result.metadata()
    assert found == [entry["metadata"] for entry in result.results]
    assert json.loads(json.dumps(found)) == found
    return found


def test_compiled_counts():
    expected = {"path": "compiled", **STATEVECTOR, "n_qubits": 2}
    assert metadata([BELL, BELL]) == [expected, expected]


def test_rows_of_a_template_share_it():
    payload = CircuitPayload(BELL.replace("h q[0]", "ry(a) q[0]"), ["a"], [("x", [0.1]), ("y", [0.2])])
    for options in ({}, {"ham_ops": "ZZ"}):
        first, second = metadata([payload], **options)
        assert first is second


def test_one_simulation_for_each_circuit():
    expected = {"path": "circuits", **STATEVECTOR, "n_qubits": 2}
    assert metadata([BELL], path="circuits", ham_ops="ZZ") == [expected]
    reset = BELL.replace("cx", "reset q[1]; cx")
    assert metadata([reset], path="circuits") == [expected]


def test_light_cones_say_how_wide_they_are():
    """And which way they ran."""
    for path in ("compiled", "kept", "workers", "probabilities"):
        (found,) = metadata([chain(30)], path=path, ham_ops="IZ" + "I" * 28 + ";Z" + "I" * 29)
        expected = {"path": ExecutionPath.LIGHT_CONES, **STATEVECTOR, "n_qubits": 30, "widest_cone": 2}
        assert found == expected | {"cone_paths": [path]}


def test_kept_simulators_say_where_they_were():
    for path in ("kept", "workers"):
        (counts,) = metadata([chain(14)], MaestroConfig(simulation_type="Statevector"), path=path)
        assert counts == {"path": path, **STATEVECTOR, "n_qubits": 14}
        (counts,) = metadata([chain(14)], path=path)  # few shots: a matrix product state is cheaper
        exact = {"method": "MatrixProductState", "bond_dimension": None, "may_truncate": False}
        assert counts == {"path": path, "simulator": "QCSim", "n_qubits": 14, **exact}
        (values,) = metadata([chain(30)], path=path, ham_ops="Z" * 30)
        wide = values["wide_words"]
        assert (values["widest_cone"], values["method"]) == (0, wide["method"])
        assert (wide["path"], wide["method"], wide["may_truncate"]) == (path, "MatrixProductState", False)


@pytest.mark.filterwarnings("ignore:Circuit '0' needs 30 qubits:UserWarning")
def test_words_with_wide_cones_are_told_apart():
    words = "Z" + "I" * 29 + ";" + "I" * 29 + "Z"
    (found,) = metadata([chain(30, 3)], MaestroConfig(max_bond_dimension=2), ham_ops=words)
    assert found["path"] == "light_cones"
    assert found["wide_words"] == {
        "n_words": 1,
        "path": "circuits",
        "simulator": "QCSim",
        "method": "MatrixProductState",
        "n_qubits": 30,
        "bond_dimension": 2,
        "may_truncate": True,
        "causal_cone_reduction": True,
    }


def test_matrix_product_states_say_whether_they_are_exact():
    (counts,) = metadata([chain(30)])
    assert counts == {
        "path": "kept",
        "simulator": "QCSim",
        "method": "MatrixProductState",
        "n_qubits": 30,
        "bond_dimension": 64,
        "may_truncate": False,
    }
    named = MaestroConfig(simulation_type="MatrixProductState", enable_causal_cone_reduction=False)
    (values,) = metadata([BELL], named, ham_ops="ZZ")
    assert (values["bond_dimension"], values["may_truncate"]) == (None, False)
    assert values["causal_cone_reduction"] is False
    with pytest.warns(UserWarning, match="MatrixProductState and max_bond_dimension=2, which may cut off"):
        (cut,) = metadata([chain(30, 3)], named.override(max_bond_dimension=2), ham_ops="Z" * 30)
    assert cut["may_truncate"] is True


@pytest.mark.parametrize(
    ("method", "limits", "told"),
    [
        ("PauliPropagator", {"pp_max_pauli_weight": 2}, "pp_max_pauli_weight=2"),
        ("PauliPropagator", {"pp_coefficient_threshold": 0.1}, "pp_coefficient_threshold=0.1"),
        ("PathIntegral", {"path_integral_threshold": 0.1}, "path_integral_threshold=0.1"),
        ("MatrixProductState", {"singular_value_threshold": 0.3}, "singular_value_threshold=0.3"),
        (
            "MatrixProductOperator",
            {"max_bond_dimension": 2, "singular_value_threshold": 0.3},
            "max_bond_dimension=2 and singular_value_threshold=0.3",
        ),
    ],
)
def test_limits_of_every_method_are_told(method, limits, told):
    """Values were off by as much as 0.27, and nothing said so."""
    config = MaestroConfig(simulation_type=method, **limits)
    message = (
        f"Circuit '0' runs with {method} and {told}, which may cut off a part of it: results may be "
        "approximate. Leave the limit out for exact ones."
    )
    with MaestroSimulator(config=config) as simulator, pytest.warns(UserWarning) as caught:
        found = [simulator.submit_circuits([TANGLED], ham_ops="Z" * 6).metadata()[0] for _ in range(2)]
    assert [str(warning.message) for warning in caught] == [message]
    assert [own["may_truncate"] for own in found] == [True, True]


@pytest.mark.parametrize(
    ("method", "limits"),
    [
        ("PauliPropagator", {"pp_max_pauli_weight": 6}),
        ("PauliPropagator", {"pp_coefficient_threshold": 0.0}),
        ("PathIntegral", {}),
        ("MatrixProductState", {"max_bond_dimension": 8}),
        ("MatrixProductOperator", {"max_bond_dimension": 64}),
    ],
)
def test_limits_that_cut_nothing_off_are_exact(method, limits):
    config = MaestroConfig(simulation_type=method, **limits)
    with MaestroSimulator(config=config) as simulator:
        result = simulator.submit_circuits([TANGLED], ham_ops="Z" * 6)
    assert result.metadata()[0]["may_truncate"] is False
    with MaestroSimulator() as exact:
        expected = exact.submit_circuits([TANGLED], ham_ops="Z" * 6).expectations().values
    np.testing.assert_allclose(result.expectations().values, expected, atol=1e-9)


@pytest.mark.filterwarnings("ignore:All shots of circuit")
def test_noise():
    model = maestro.NoiseModel()
    model.set_all_depolarizing(2, 0.1)
    once = HEAD + "qreg q[2]; creg c[2]; x q; measure q -> c;"
    config = MaestroConfig(noise_model=model)
    for options, changes, expected in (
        ({"ham_ops": "ZZ"}, {}, {"noise": "analytic"}),
        ({}, {}, {"noise": "sampled", "noise_realizations": 1}),
        ({"ham_ops": "ZZ"}, {"noise_realizations": 9}, {"noise": "sampled", "noise_realizations": 9}),
        ({"ham_ops": "ZZ"}, {"simulation_type": "DensityMatrix"}, {"noise": "exact"}),
    ):
        (found,) = metadata([once], config.override(**changes), **options)
        assert {name: value for name, value in found.items() if name.startswith("noise")} == expected


def test_mixed_batches_keep_it_apart():
    found = metadata({"narrow": BELL, "wide": chain(30), "again": BELL})
    assert [own["n_qubits"] for own in found] == [2, 30, 2]
    circuits = {"a": BELL, "b": chain(5), "c": chain(5)}
    found = metadata(circuits, ham_ops="ZZ|ZIIII", circuit_ham_map=[(0, 1), (1, 3)])
    assert [own["n_qubits"] for own in found] == [2, 5, 5]


def test_mid_circuit_measurements_take_spare_qubits():
    text = HEAD + "qreg q[1]; creg c[1]; h q[0]; measure q[0] -> c[0]; h q[0];"
    (found,) = metadata([text], ham_ops="Z")
    assert found["n_qubits"] == 2
