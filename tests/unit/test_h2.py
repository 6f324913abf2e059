"""The H2 data against dense NumPy: the file's ground energy, the ansatz, and what a sweep makes of both."""

import re
from functools import reduce
from pathlib import Path

import numpy as np
import pytest

from vivace.sweeps import parameter_grid, read_observable, sweep

DATA = Path(__file__).parents[1] / "data" / "h2"
PAULI = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
}
FCI = -1.1372704220652843  # PySCF 2.14, FCI, STO-3G, 1.401 bohr
HARTREE_FOCK = -1.1166856302628385  # PySCF 2.14, RHF
CHEMICAL_ACCURACY = 1.6e-3


def word_matrix(word):
    """Dense matrix; the leftmost letter, qubit 0, is the most significant factor."""
    return reduce(np.kron, (PAULI[letter] for letter in word))


def annihilator(orbital):
    lower = np.array([[0, 1], [0, 0]])
    factors = [PAULI["Z"]] * orbital + [lower] + [PAULI["I"]] * (3 - orbital)
    return reduce(np.kron, factors)


def read_terms():
    """The words file, read by a few lines of our own."""
    text = re.sub("#.*", "", (DATA / "hamiltonian.txt").read_text(encoding="utf-8"))
    fields = text.split()
    return [(float(c), w) for c, w in zip(fields[::2], fields[1::2], strict=True)]


def exponential(generator):
    """exp of an anti-Hermitian matrix."""
    values, vectors = np.linalg.eigh(1j * generator)
    return vectors @ np.diag(np.exp(-1j * values)) @ vectors.conj().T


def uccsd_state(theta_d, theta_s):
    """The ansatz from second quantisation, without a circuit."""
    a = [annihilator(orbital) for orbital in range(4)]
    up = [m.conj().T for m in a]
    double = up[3] @ up[2] @ a[1] @ a[0]
    singles = up[2] @ a[0] + up[3] @ a[1]
    vacuum = np.eye(16)[0]
    reference = np.eye(16)[0b1100]
    assert abs(reference @ up[0] @ up[1] @ vacuum) == pytest.approx(1)
    state = exponential(theta_d * (double - double.conj().T)) @ reference
    return exponential(theta_s * (singles - singles.conj().T)) @ state


@pytest.fixture(scope="module")
def hamiltonian():
    return sum(coefficient * word_matrix(word) for coefficient, word in read_terms())


def test_the_file_has_the_energies_of_the_molecule(hamiltonian):
    assert np.linalg.eigvalsh(hamiltonian)[0] == pytest.approx(FCI, abs=2e-6)
    assert hamiltonian[0b1100, 0b1100].real == pytest.approx(HARTREE_FOCK, abs=2e-6)


def test_the_observable_diagonalises_to_the_same(hamiltonian):
    observable = read_observable(DATA / "hamiltonian.txt")
    assert observable.ground_energy() == pytest.approx(np.linalg.eigvalsh(hamiltonian)[0], abs=1e-12)


def test_the_ground_state_has_two_electrons(hamiltonian):
    ground = np.linalg.eigh(hamiltonian)[1][:, 0]
    electrons = sum((np.eye(16) - word_matrix("I" * q + "Z" + "I" * (3 - q))) / 2 for q in range(4))
    assert (ground.conj() @ electrons @ ground).real == pytest.approx(2)


def test_the_sweep_is_the_ansatz_of_second_quantisation(hamiltonian):
    rows = np.random.default_rng(5).uniform(-np.pi, np.pi, (40, 2))
    observable = read_observable(DATA / "hamiltonian.txt")
    template = (DATA / "ansatz.qasm").read_text(encoding="utf-8")
    result = sweep(template, ["theta_d", "theta_s"], rows, observable=observable)
    states = [uccsd_state(*row) for row in rows]
    words = [[(s.conj() @ word_matrix(w) @ s).real for w in observable.words] for s in states]
    energies = [(state.conj() @ hamiltonian @ state).real for state in states]
    np.testing.assert_allclose(result.word_values, words, atol=1e-10)
    np.testing.assert_allclose(result.energies, energies, atol=1e-10)


def test_the_double_excitation_reaches_the_exact_ground_energy(hamiltonian):
    exact = np.linalg.eigvalsh(hamiltonian)[0]
    observable = read_observable(DATA / "hamiltonian.txt")
    template = (DATA / "ansatz.qasm").read_text(encoding="utf-8")
    names, rows = parameter_grid({"theta_d": (0.112, 0.114, 81), "theta_s": (0.0, 0.0, 1)})
    best = sweep(template, names, rows, observable=observable).best()
    assert exact - 1e-10 <= best.value <= exact + 1e-8
    assert best.parameters["theta_d"] == pytest.approx(0.113063, abs=3e-5)


def test_the_grid_of_make_sweep_is_well_within_chemical_accuracy(hamiltonian):
    observable = read_observable(DATA / "hamiltonian.txt")
    template = (DATA / "ansatz.qasm").read_text(encoding="utf-8")
    half = np.pi / 2
    names, rows = parameter_grid({"theta_d": (-half, half, 201), "theta_s": (-half / 2, half / 2, 101)})
    result = sweep(template, names, rows, observable=observable)
    assert len(result) >= 4096
    assert 0 <= result.best().value - np.linalg.eigvalsh(hamiltonian)[0] < CHEMICAL_ACCURACY / 50
