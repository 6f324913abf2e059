"""What is said of the lowest energies is true at every scale: brute force with fractions says the same."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivace.server.analysis.characterize import Request, characterize
from vivace.server.analysis.problem import Problem
from vivace.server.analysis.search import search
from vivace.server.analysis.structure import flip_symmetric

KEYS = [key for size in (1, 2, 3) for key in itertools.combinations(range(4), size)]
PAIRS = [key for key in KEYS if len(key) < 3]


def problems(values, keys=KEYS):
    return st.dictionaries(st.sampled_from(keys), values.filter(bool), min_size=1)


def facts(terms, n=4):
    found = characterize(Request.of(terms, n, ("0" * n,), {"preset": "fast"}, 1000))
    return (
        found.hardness,
        found.report["classical_baseline"],
        [item["text"] for item in found.recommendations],
    )


def scaled(terms, factor):
    return {key: value * factor for key, value in terms.items()}


def brute_force(terms, n=4):
    """Lowest energy, gap and number of ground states, without rounding."""
    energies = sorted(
        sum(
            (Fraction(value) for key, value in terms.items() if all(state >> v & 1 for v in key)), Fraction(0)
        )
        for state in range(1 << n)
    )
    above = [energy for energy in energies if energy > energies[0]]
    gap = float(above[0] - energies[0]) if above else None
    return float(energies[0]), gap, len(energies) - len(above)


wide = st.builds(lambda whole, exponent: whole * 2.0**exponent, st.integers(-99, 99), st.integers(-90, 90))


@given(problems(wide))
def test_ground_states_and_gap_are_exact_however_far_coefficients_are_apart(terms):
    hardness, baseline, _ = facts(terms)
    low, gap, count = brute_force(terms)
    assert hardness["energy_min"] == baseline["exact_ground_energy"] == low
    assert hardness["ground_state_degeneracy"] == count
    assert hardness["cost_gap"] == (None if gap is None else pytest.approx(gap, rel=1e-15, abs=0.0))


SIZES = (
    "energy_min",
    "energy_max",
    "cost_gap",
    "greedy_energy",
    "sa_energy",
    "best_energy",
    "exact_ground_energy",
)
SAME = (
    "ground_state_degeneracy",
    "distinct_optima",
    "global_flip_symmetric",
    "difficulty",
    "advice",
    "cost_gap_normalized",
)


@given(problems(st.floats(-9, 9).filter(lambda v: abs(v) > 1e-9)), st.integers(-60, 60))
def test_powers_of_two_change_nothing_but_the_unit(terms, exponent):
    factor = 2.0**exponent
    (hardness, baseline, _), (other, others, _) = facts(terms), facts(scaled(terms, factor))
    before, after = hardness | baseline, other | others
    assert [after[name] for name in SAME] == [before[name] for name in SAME]
    for name in SIZES:
        assert after[name] == (None if before[name] is None else before[name] * factor), name


@given(problems(st.integers(-20, 20), PAIRS), st.integers(-28, 28))
def test_powers_of_ten_neither(terms, exponent):
    """Though nearly all coefficients are rounded then."""
    whole = scaled(terms, 1.0)
    before, after = (facts(some)[0] for some in (whole, scaled(whole, 10.0**exponent)))
    names = ("ground_state_degeneracy", "global_flip_symmetric", "difficulty")
    assert [after[name] for name in names] == [before[name] for name in names]
    for name in ("energy_min", "cost_gap"):
        expected = None if before[name] is None else pytest.approx(before[name] * 10.0**exponent, rel=1e-12)
        assert after[name] == expected


def test_a_search_goes_with_the_scale():
    random = np.random.default_rng(7)
    terms = {(i,): float(random.normal()) for i in range(24)}
    terms |= {pair: float(random.normal()) for pair in itertools.combinations(range(24), 2)}
    plain, small = (search(Problem(scaled(terms, factor), 24)) for factor in (1.0, 1e-12))
    assert (small.distinct, small.share) == (plain.distinct, plain.share)
    for name in ("greedy", "annealed", "best"):
        assert getattr(small, name) == pytest.approx(getattr(plain, name) * 1e-12)


def test_a_search_sees_small_coefficients_beside_large_ones():
    terms = {(i,): -(10.0**i) for i in range(24)}
    found = search(Problem(terms, 24))
    assert found.greedy == found.best == float(sum(map(int, terms.values())))
    assert found.distinct == 1
    assert search(Problem({(0,): -1e20, (1, 2, 3): 1.0}, 4)).distinct == 7


def test_weights_that_cancel_but_for_rounding():
    """A cut with weights that are no short numbers, the linear part of which was summed up by somebody."""
    weights = dict(zip(itertools.combinations(range(6), 2), np.linspace(0.1, 0.7, 15).tolist(), strict=True))
    terms = {pair: 2 * weight for pair, weight in weights.items()}
    for variable in range(6):
        terms[variable,] = -sum(weight for pair, weight in weights.items() if variable in pair)
    hardness, baseline, _ = facts(terms, 6)
    assert hardness["ground_state_degeneracy"] == baseline["distinct_optima"] == 2
    assert hardness["global_flip_symmetric"] is True
    assert hardness["cost_gap"] > 1e-3


@pytest.mark.parametrize(
    ("last_bits", "count"), [(0, 2), (1, 2), (5, None), (30, None), (100, 1), (1 << 20, 1)]
)
def test_what_rounding_cannot_tell_is_left_open(last_bits, count):
    large = 1.0 + last_bits * 2.0**-52
    hardness, baseline, texts = facts({(0,): -1.0, (1,): -large, (0, 1): 3.0}, 2)
    assert hardness["ground_state_degeneracy"] == baseline["distinct_optima"] == count
    assert hardness["cost_gap"] == {2: large, None: None, 1: large - 1.0}[count]
    assert any(text.startswith("Energies differ from the lowest by so") for text in texts) is (count is None)


def test_symmetry_is_not_broken_by_rounding_and_not_mended_by_large_terms():
    cut = {(0, 1): 2e12, (0,): -1e12, (1,): -1e12}
    assert flip_symmetric(Problem(cut, 3)) is True
    assert flip_symmetric(Problem(cut | {(2,): 1.0}, 3)) is False
    assert flip_symmetric(Problem({(0, 1): 0.6, (0,): -0.3, (1,): -(0.1 + 0.2)}, 2)) is True


def test_a_reference_just_above_the_minimum_is_told():
    request = Request.of({(0,): 1e12, (1,): 1.0}, 2, ("01", "00"), {}, 10)
    texts = [item["text"] for item in characterize(request).recommendations]
    assert texts == ["Reference state 01 has energy 1, above the minimum 0."]
