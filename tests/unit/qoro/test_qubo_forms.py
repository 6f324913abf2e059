"""QUBO problems on the wire: exact in the smallest form, nearly so only where that is asked for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivace.backends.qoro.wire import (
    fields,
    qubo,
)
from vivace.errors import ProtocolError


def dense(terms, n):
    matrix = np.zeros((n, n))
    for key, value in terms.items():
        matrix[key[0], key[-1]] += value / 2
        matrix[key[-1], key[0]] += value / 2
    return matrix


def low_rank(n, rank, seed=1):
    generator = np.random.default_rng(seed)
    factor = generator.normal(size=(n, rank))
    matrix = factor @ factor.T
    terms = {(i,): matrix[i, i] for i in range(n)}
    return terms | {(i, j): 2 * matrix[i, j] for i in range(n) for j in range(i + 1, n)}


def test_the_worked_example_of_the_factored_form_decodes():
    body = {
        "_format": "factored_v1",
        "n": 2,
        "k": 1,
        "F": "000000000000f03f" * 2,
        "signs": [1.0],
        "diag": "0" * 32,
    }
    assert qubo.decode_qubo(body) == ({(0,): 1.0, (1,): 1.0, (0, 1): 2.0}, 2)


@pytest.mark.parametrize("rank", [1, 3, 80])
def test_a_quadratic_problem_travels_exactly(rank):
    terms = low_rank(80, rank)
    encoded = qubo.encode_qubo(terms, 80)
    assert encoded.form == ("terms" if rank == 80 else "factored")
    read, n = qubo.decode_qubo(fields.parse_object(fields.dump_json(encoded.body)))
    largest = np.abs(dense(terms, 80)).max()
    assert n == 80
    assert np.abs(dense(read, 80) - dense(terms, 80)).max() <= 1e-12 * largest
    assert encoded.max_error <= 1e-12 * largest


@pytest.mark.parametrize("lossy", [False, True])
def test_sparse_problems_make_no_matrix(lossy):
    """However many variables there are: the matrix of these would take 20 TB."""
    n = 1_600_000
    terms = {(i, i + 1): 1.0 for i in range(n - 1)}
    encoded = qubo.encode_qubo(terms, n, lossy=lossy)
    assert (encoded.form, len(encoded.body)) == ("terms", n - 1)


def test_a_lossy_form_is_only_used_when_asked_for_and_says_its_error():
    generator = np.random.default_rng(2)
    matrix = generator.normal(size=(80, 80)) * 1e-4
    matrix[:40, 40:] += np.outer(*generator.normal(size=(2, 40)))
    terms = {(i, j)[: 1 + (i < j)]: matrix[i, j] for i in range(80) for j in range(i, 80)}
    exact, cut = qubo.encode_qubo(terms, 80), qubo.encode_qubo(terms, 80, lossy=True)
    assert exact.form != "factored_lossy"
    assert cut.form == "factored_lossy"
    read, _ = qubo.decode_qubo(cut.body)
    error = np.abs(dense(read, 80) - dense(terms, 80)).max()
    assert 0 < error <= 1e-3 * np.abs(dense(terms, 80)).max()
    assert cut.max_error == pytest.approx(error)


@given(
    st.dictionaries(
        st.lists(st.integers(0, 5), max_size=4, unique=True).map(lambda key: tuple(sorted(key))),
        st.floats(-1e6, 1e6),
    )
)
def test_small_problems_of_any_degree_travel_exactly(terms):
    read, _ = qubo.decode_qubo(qubo.encode_qubo(terms, 6).body)
    assert read == {key: value for key, value in terms.items() if value != 0 and key}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"a": 1.0}, "Expected variables such as '0,1' as a key of the QUBO, got 'a'."),
        ({"": 1.0}, "Expected variables such as '0,1' as a key of the QUBO, got ''."),
        ({"99999999": 1.0}, "Variable 99999999 is beyond the limit of 65536."),
        ({"0": "1"}, "Expected a number as coefficient '0'."),
        ({"_format": "v2"}, "Unknown QUBO format 'v2'; expected 'factored_v1'."),
        ({"_format": "factored_v1", "n": 2, "k": 3}, "Expected n up to 65536 and k up to n, got n=2, k=3."),
        ({"_format": "factored_v1", "n": 1, "k": 1, "signs": [2]}, "Expected 1 signs of 1 or -1."),
        (
            {"_format": "factored_v1", "n": 1, "k": 1, "signs": [1], "F": "00"},
            "Expected 16 hex digits in 'F', got 2.",
        ),
        (
            {"_format": "factored_v1", "n": 1, "k": 1, "signs": [1], "F": "z" * 16},
            "Expected hex digits in 'F'.",
        ),
        (
            {"_format": "factored_v1", "n": 1, "k": 1, "signs": [1], "F": "000000000000f07f"},
            "Expected 1 finite numbers in 'F'.",
        ),
    ],
)
def test_a_bad_problem_is_refused(body, message):
    with pytest.raises(ProtocolError) as caught:
        qubo.decode_qubo(body)
    assert str(caught.value) == message
