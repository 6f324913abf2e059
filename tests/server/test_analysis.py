"""The parts of a characterisation, against brute force and against the simulator."""

import itertools

import numpy as np
import pytest

from vivace.backends import MaestroSimulator
from vivace.server.analysis.problem import Problem, state_text
from vivace.server.analysis.qaoa import BestAngles, best_angles, probabilities
from vivace.server.analysis.search import search
from vivace.server.analysis.structure import flip_symmetric, is_submodular, lower_bound, treewidth_bound


def random_problem(seed, degree=2):
    random = np.random.default_rng(seed)
    n = int(random.integers(1, 9))
    keys = [k for d in range(1, degree + 1) for k in itertools.combinations(range(n), d)]
    scale = 10.0 ** random.integers(-3, 4)
    terms = {key: float(random.normal() * scale) for key in keys if random.random() < 0.7}
    return Problem(terms or {(0,): 1.0}, n)


def graph(edges):
    return Problem(dict.fromkeys(edges, 1.0), 1 + max(map(max, edges)))


@pytest.mark.parametrize("degree", [1, 2, 4])
def test_energies_and_bounds(degree):
    for seed in range(60):
        problem = random_problem(seed, degree)
        states = np.array(list(itertools.product((0, 1), repeat=problem.n)), dtype=bool)
        direct = {
            "".join("01"[int(b)] for b in s): e
            for s, e in zip(states, problem.energies_of(states), strict=True)
        }
        for state, energy in enumerate(problem.energies):
            assert energy == pytest.approx(
                direct[state_text(state, problem.n)], abs=1e-9 * abs(problem.energies).max()
            )
        low = problem.energies.min()
        slack = 1e-9 * max(1.0, abs(low))
        assert lower_bound(problem)[0] <= low + slack
        assert search(problem).best >= low - slack
        if degree == 2:
            symmetric = np.allclose(problem.energies, problem.energies[::-1], atol=slack)
            assert flip_symmetric(problem) is bool(symmetric)


def test_search_is_exact_on_small_problems():
    """Thirty-two descents and annealing runs find the minimum of at most eight variables."""
    for seed in range(40):
        problem = random_problem(seed)
        baseline = search(problem)
        assert baseline.best == pytest.approx(problem.energies.min())
        assert search(problem) == baseline, "the same every time"


def test_symmetry_is_seen():
    cut = Problem({(0,): -1.0, (1,): -2.0, (2,): -1.0, (0, 1): 2.0, (1, 2): 2.0}, 3)
    assert flip_symmetric(cut) is True
    assert flip_symmetric(Problem({(0, 1): 2.0}, 2)) is False
    assert flip_symmetric(Problem({(0, 1, 2): 1.0}, 3)) is None


@pytest.mark.parametrize(
    ("edges", "width"),
    [
        ([(0, 1), (1, 2), (2, 3)], 1),
        ([(i, (i + 1) % 9) for i in range(9)], 2),
        (list(itertools.combinations(range(7), 2)), 6),
        (
            [(4 * r + c, 4 * r + c + 1) for r in range(4) for c in range(3)]
            + [(i, i + 4) for i in range(12)],
            4,
        ),
        ([(0, 1, 2), (2, 3, 4)], 2),
    ],
    ids=["path", "ring", "clique", "grid", "triangles"],
)
def test_treewidth_of_known_graphs(edges, width):
    ascending = [tuple(sorted(edge)) for edge in edges]
    assert treewidth_bound(graph(ascending)) == width


def test_dense_graphs_that_are_no_cliques_are_given_up():
    edges = [pair for pair in itertools.combinations(range(400), 2) if pair != (0, 1)]
    assert treewidth_bound(graph(edges)) is None


def test_submodular_problems():
    assert is_submodular(Problem({(0,): 3.0, (0, 1): -1.0}, 2))
    assert not is_submodular(Problem({(0, 1): 1.0}, 2))
    assert not is_submodular(Problem({(0, 1, 2): -1.0}, 3))


@pytest.mark.parametrize("seed", range(5))
def test_qaoa_is_what_the_simulator_gives(seed):
    """The circuit with rz, cx and rx, measured in all words of Z, has the same probabilities."""
    problem = random_problem(seed)
    n, (gamma, beta) = (
        problem.n,
        np.random.default_rng(seed).uniform(0.1, 1.5, 2) / np.array([problem.energies.std(), 1]),
    )
    fields, pairs = np.zeros(n), {}
    for key, value in problem.terms.items():
        for variable in key:
            fields[variable] -= value / 2 ** len(key)
        if len(key) == 2:
            pairs[key] = value / 4
    gates = [f"h q[{i}]; rz({2 * gamma * w!r}) q[{i}];" for i, w in enumerate(fields.tolist())]
    gates += [
        f"cx q[{i}],q[{j}]; rz({2 * gamma * w!r}) q[{j}]; cx q[{i}],q[{j}];" for (i, j), w in pairs.items()
    ]
    gates += [f"rx({2 * beta!r}) q[{i}];" for i in range(n)]
    text = f'OPENQASM 2.0; include "qelib1.inc"; qreg q[{n}];' + "".join(gates).replace("np.float64", "")
    words = ["".join("IZ"[b] for b in bits) for bits in itertools.product((0, 1), repeat=n)]
    with MaestroSimulator() as simulator:
        values = simulator.submit_circuits([text], ham_ops=";".join(words)).expectations().values[0]
    found = probabilities(problem, float(gamma), float(beta))
    for state, probability in enumerate(found):
        bits = [int(b) for b in state_text(state, n)]
        signs = [
            (-1) ** sum(b for b, letter in zip(bits, word, strict=True) if letter == "Z") for word in words
        ]
        assert probability == pytest.approx(np.dot(signs, values) / 2**n, abs=1e-9)


def dense_search(problem, weights, largest):
    """The largest mean of the weights on a fine grid, with the mixer as a matrix."""
    states = np.arange(1 << problem.n)
    distance = np.array([[(a ^ b).bit_count() for b in states.tolist()] for a in states.tolist()])
    gammas = np.arange(0, largest, 0.03 / problem.energies.std())
    phases = np.exp(-1j * np.outer(problem.energies, gammas)) / len(states) ** 0.5
    best = -np.inf
    for beta in np.linspace(0, np.pi, 121):
        mixer = np.cos(beta) ** (problem.n - distance) * (-1j * np.sin(beta)) ** distance
        best = max(best, float((weights @ np.abs(mixer @ phases) ** 2).max()))
    return best


REPORTED = Problem({(0,): -0.8, (0, 1): -1.32, (1,): 0.42}, 2)
CUT = Problem({(0,): -2.0, (1,): -2.0, (2,): -2.0, (0, 1): 2.0, (0, 2): 2.0, (1, 2): 2.0}, 3)


@pytest.mark.parametrize("asked", ["minimum", "two lowest", "mean"])
@pytest.mark.parametrize(
    "problem",
    [REPORTED, CUT, *(random_problem(seed, degree) for seed, degree in ((38, 1), (14, 2), (6, 2), (1, 3)))],
)
def test_the_best_angles_are_as_good_as_a_dense_search_finds(problem, asked):
    assert problem.n <= 5
    references = np.argsort(problem.energies)[: {"minimum": 1, "two lowest": 2, "mean": 0}[asked]].tolist()
    found = best_angles(problem, references)
    weights = np.isin(np.arange(1 << problem.n), references) * 1.0 if references else -problem.energies
    value = float(weights @ probabilities(problem, found.gamma, found.beta))
    assert 0 <= found.gamma <= found.searched * 1.01
    assert value > dense_search(problem, weights, found.searched) - 1e-3 * np.abs(weights).max()


def test_angles_far_from_zero_are_found():
    """No number divides all of these energies, so that gamma has no period."""
    target = int(REPORTED.energies.argmin())
    found = best_angles(REPORTED, [target])
    assert found.searched == pytest.approx(4 * 2 * np.pi / 0.42)
    assert probabilities(REPORTED, found.gamma, found.beta)[target] > 0.95


def test_a_period_is_searched_once_and_the_smallest_angles_are_taken():
    found = best_angles(CUT, [1])
    assert found.searched == pytest.approx(np.pi), "energies differ by multiples of 2"
    assert 0 < found.gamma < np.pi / 2
    assert found == best_angles(Problem(dict(CUT.terms), 3), [1])


@pytest.mark.parametrize("seed", [12, 16, 19])
def test_variables_without_terms_change_no_angles(seed):
    """Though there are many states to look at then, and they are looked at in another way."""
    problem = random_problem(seed)
    assert problem.n == 5
    few = np.argsort(problem.energies)[:17].tolist()
    many = [state + 32 * idle for state in few for idle in range(8)]
    wider = Problem(problem.terms, 8)
    angles = [best_angles(problem, few), best_angles(wider, many)]
    found = [probabilities(problem, a.gamma, a.beta)[few].sum() for a in angles]
    assert found[0] == pytest.approx(found[1], rel=1e-4)
    assert probabilities(wider, angles[0].gamma, angles[0].beta)[many].sum() == pytest.approx(found[0])


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_angles_go_with_the_scale_of_the_energies(scale):
    scaled = Problem({key: value * scale for key, value in CUT.terms.items()}, 3)
    assert best_angles(scaled, [1]).gamma == pytest.approx(best_angles(CUT, [1]).gamma / scale)


def test_a_search_is_bounded():
    """Sixteen variables and many states: the worst case takes its fewest steps."""
    problem = Problem({pair: 1.0 + 0.01 * sum(pair) for pair in itertools.combinations(range(16), 2)}, 16)
    assert best_angles(problem, []).searched < 64 * 0.3 / problem.energies.std()
    assert best_angles(Problem({}, 2), [1]) == best_angles(Problem({}, 2), []) == BestAngles(0.0, 0.0, 0.0)
