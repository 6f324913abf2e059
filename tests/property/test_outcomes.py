"""Gates at the end of a circuit are done to its outcomes: counts are still those of the whole circuit."""

import numpy as np
import pytest

from support import dense
from vivace.backends import MaestroSimulator
from vivace.errors import ParameterError

START = ["h", "rx", "u3", "cx", "ry"]
END = ["x", "y", "z", "s", "t", "rz", "cx", "cy", "cz", "swap", "crz", "cu1", "u1", "rzz", "id", "ccx", "cry"]
MANY = 10**9  # shots; frequencies are then exact to about 3e-5


@pytest.fixture(scope="module", params=[5, 13], ids=["compiled", "kept"])
def sampled(request):
    """Frequencies of a circuit, on a register of so many qubits, and how far off they may be."""
    shots, allowed = (MANY, 2e-4) if request.param == 5 else (20_000, 0.03)
    with MaestroSimulator(shots=shots) as simulator:
        simulator.set_seed(1)

        def frequencies(text):
            counts = simulator.submit_circuits([text.replace("qreg q[5]", f"qreg q[{request.param}]")])
            return {key: count / shots for key, count in counts.results[0]["results"].items()}

        yield frequencies, allowed


@pytest.mark.parametrize("seed", range(40))
def test_counts_are_those_of_a_dense_simulation(sampled, seed):
    """Some qubits, measured into bits in any order."""
    frequencies, allowed = sampled
    rng = np.random.default_rng(seed)
    gates = dense.random_gates(rng, 5, 8, START) + dense.random_gates(rng, 5, 12, END)
    qubits = rng.permutation(5)[: rng.integers(1, 6)].tolist()
    bits = rng.permutation(7)[: len(qubits)].tolist()
    reads = "".join(f"measure q[{q}] -> c[{bit}];" for q, bit in zip(qubits, bits, strict=True))
    text = dense.program(5, gates).replace("creg c[5]", "creg c[7]") + reads
    exact = dict.fromkeys(frequencies(text), 0.0)
    for outcome, probability in enumerate(dense.probabilities(dense.simulate(5, gates))):
        key = sum((outcome >> q & 1) << bit for q, bit in zip(qubits, bits, strict=True))
        exact[f"{key:07b}"] = exact.get(f"{key:07b}", 0.0) + probability
    found = frequencies(text)
    for key, probability in exact.items():
        assert abs(found.get(key, 0.0) - probability) < allowed, (key, text)


@pytest.mark.parametrize("n_qubits", [2, 13])
def test_angles_of_gates_that_are_left_out_are_checked(n_qubits):
    text = f"OPENQASM 2.0; qreg q[{n_qubits}]; creg c[2]; h q[0]; rz(ln(a)) q[0]; measure q[0] -> c[0];"
    template = {"circuit": text, "parameters": ["a"], "parameter_sets": [("zero", [0.0])]}
    with MaestroSimulator() as simulator, pytest.raises(ParameterError, match="'zero'"):
        simulator.submit_circuits([type("Template", (), template)()])
