"""Words to take expectation values of, and how exact these have to be."""

import itertools

import pytest

from vivace.backends import ExecutionResult

TOLERANCE = {"rtol": 0, "atol": 1e-10}


def all_words(n_qubits):
    return ["".join(letters) for letters in itertools.product("IXYZ", repeat=n_qubits)]


def some_words(rng, n_qubits, count=24):
    found = {"".join(rng.choice(list("IXYZ"), n_qubits)) for _ in range(count)}
    return sorted(found | {"Z" * n_qubits, "I" * n_qubits})


def on(n_qubits, **letters):
    word = ["I"] * n_qubits
    for place, letter in letters.items():
        word[int(place[1:])] = letter
    return "".join(word)


def agree(both, *arguments, **options) -> ExecutionResult:
    """The result of both simulators, which must be the same."""
    first, second = (simulator.submit_circuits(*arguments, **options) for simulator in both)
    assert [entry["label"] for entry in first.results] == [entry["label"] for entry in second.results]
    for mine, theirs in zip(first.results, second.results, strict=True):
        assert mine["results"] == pytest.approx(theirs["results"], abs=1e-10, rel=0)
        assert list(mine["results"]) == list(theirs["results"])
    return first
