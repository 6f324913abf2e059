"""ExecutionResult behaves like the frozen dataclass of the contract, whether it holds a list or an array."""

import copy
import dataclasses
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivace.errors import ConfigError, ResultError
from vivace.results import (
    ExecutionResult,
    ExpectationTable,
    convert_counts_to_probs,
    reverse_dict_endianness,
)

COUNTS = [{"label": "a", "results": {"00": 3, "11": 5}}, {"label": "b", "results": {"01": 8}}]
VALUES = [
    {"label": "a", "results": {"ZI": 1.0, "IZ": 0.5}},
    {"label": "b", "results": {"ZI": -1.0, "IZ": 0.25}},
]


def table(**kwargs):
    return ExpectationTable(["a", "b"], ["ZI", "IZ"], np.array([[1.0, 0.5], [-1.0, 0.25]]), **kwargs)


@pytest.fixture(params=["list", "table", "table, read"])
def result(request):
    made = ExecutionResult(VALUES if request.param == "list" else table(), "job", 2, 1.5)
    if request.param.endswith("read"):
        assert made.results
    return made


def test_the_constructor_takes_the_contracts_positions():
    result = ExecutionResult(COUNTS, "job")
    assert (result.results, result.job_id, result.backend_jobs, result.run_time) == (COUNTS, "job", 1, 0.0)
    assert ExecutionResult() == ExecutionResult(None, None, 1, 0.0)


def test_async_means_a_job_and_nothing_else():
    assert ExecutionResult(job_id="job").is_async()
    assert not ExecutionResult(COUNTS, "job").is_async()
    assert not ExecutionResult([], "job").is_async()
    assert not ExecutionResult(table(), "job").is_async()
    assert not ExecutionResult().is_async()


def test_with_results_keeps_job_and_requests():
    pending = ExecutionResult(job_id="job", backend_jobs=3)
    assert pending.with_results(COUNTS, 2.0) == ExecutionResult(COUNTS, "job", 3, 2.0)
    assert pending.with_results(table()).results == VALUES
    assert pending.results is None


def test_a_table_reads_as_the_list_of_dicts():
    result = ExecutionResult(table())
    assert result.results == VALUES
    assert result.results is result.results
    assert all(type(v) is float for entry in result.results for v in entry["results"].values())


def test_metadata_goes_into_the_entries_that_have_some():
    result = ExecutionResult(table(metadata=[{"path": "cone"}, None]))
    assert result.results == [VALUES[0] | {"metadata": {"path": "cone"}}, VALUES[1]]


@pytest.mark.parametrize(
    "clone", [copy.copy, copy.deepcopy, dataclasses.replace, lambda r: pickle.loads(pickle.dumps(r))]
)
def test_copies_are_equal(result, clone):
    twin = clone(result)
    assert twin == result
    assert hash(twin) == hash(result)
    assert twin.results == VALUES
    assert twin.expectations().values.tolist() == [[1.0, 0.5], [-1.0, 0.25]]


def test_list_and_table_are_equal():
    assert ExecutionResult(VALUES) == ExecutionResult(table())
    assert ExecutionResult(table()) == ExecutionResult(table())
    assert ExecutionResult(table()) != ExecutionResult(table(), "job")
    assert ExecutionResult() != "something else"


def test_how_results_came_about_does_not_tell_them_apart():
    """The same circuits with the same seed are equal results, whichever way they ran and how long it took."""
    noted = ExecutionResult(table(metadata=[{"path": "cone"}, None]), run_time=2.0)
    assert noted == ExecutionResult(table()) == ExecutionResult(noted.results) == ExecutionResult(VALUES)
    assert hash(noted) == hash(ExecutionResult(VALUES))


def test_tables_with_reordered_words_are_equal_as_results():
    other = ExpectationTable(["a", "b"], ["IZ", "ZI"], [[0.5, 1.0], [0.25, -1.0]])
    assert ExecutionResult(table()) == ExecutionResult(other)


@pytest.mark.parametrize("name", ["results", "job_id", "backend_jobs", "run_time", "other"])
def test_is_frozen(result, name):
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(result, name, None)
    with pytest.raises(AttributeError):
        delattr(result, name)


def test_is_a_dataclass(result):
    assert [f.name for f in dataclasses.fields(result)] == ["results", "job_id", "backend_jobs", "run_time"]
    assert dataclasses.asdict(result)["results"] == VALUES
    assert dataclasses.replace(result, job_id="other").job_id == "other"


def test_unknown_attributes_are_missing(result):
    with pytest.raises(AttributeError, match="no attribute 'result'"):
        _ = result.result


def test_repr_is_short():
    big = ExecutionResult(ExpectationTable(map(str, range(100_000)), ["Z"], np.zeros((100_000, 1))))
    assert (
        repr(big)
        == "ExecutionResult(results=<100000 circuits x 1 words>, job_id=None, backend_jobs=1, run_time=0.0)"
    )
    assert repr(ExecutionResult(COUNTS[:1])).startswith("ExecutionResult(results=<1 circuit>,")
    assert repr(ExecutionResult(job_id="x")).startswith("ExecutionResult(results=None, job_id='x'")


def test_pickling_ships_the_array_and_not_the_list():
    result = ExecutionResult(ExpectationTable(map(str, range(2000)), ["Z", "X"], np.zeros((2000, 2))))
    before = len(pickle.dumps(result))
    assert len(result.results) == 2000
    assert len(pickle.dumps(result)) == before


def test_expectations_are_a_matrix(result):
    labels, words, values = result.expectations()
    assert (labels, words) == (("a", "b"), ("ZI", "IZ"))
    assert values.dtype == np.float64
    assert values.tolist() == [[1.0, 0.5], [-1.0, 0.25]]


def test_expectations_of_a_table_are_a_view_that_cannot_change_it():
    values = np.array([[1.0]])
    seen = ExecutionResult(ExpectationTable(["a"], ["Z"], values)).expectations().values
    assert np.shares_memory(seen, values)
    with pytest.raises(ValueError, match="read-only"):
        seen[0, 0] = 2.0


def test_expectations_follow_the_word_order_of_the_first_circuit():
    swapped = [VALUES[0], {"label": "b", "results": {"IZ": 0.25, "ZI": -1.0}}]
    assert ExecutionResult(swapped).expectations().values.tolist() == [[1.0, 0.5], [-1.0, 0.25]]


def test_no_circuits_give_empty_arrays():
    assert ExecutionResult([]).expectations().values.shape == (0, 0)
    assert ExecutionResult([]).counts_arrays() == []
    assert ExecutionResult(ExpectationTable([], ["Z"], [])).expectations().values.shape == (0, 1)


@pytest.mark.parametrize(
    ("result", "method", "message"),
    [
        (ExecutionResult(job_id="j7"), "expectations", "no results of job j7 yet"),
        (ExecutionResult(), "counts_arrays", "no results yet"),
        (ExecutionResult(COUNTS), "expectations", "got counts for 'a'. Use counts_arrays"),
        (ExecutionResult(VALUES), "counts_arrays", "Expected counts .* for 'a'"),
        (ExecutionResult(table()), "counts_arrays", "Use expectations"),
        (
            ExecutionResult([*VALUES, {"label": "c", "results": {"XX": 1.0}}]),
            "expectations",
            r"'c' and 'a' differ in \['IZ', 'XX', 'ZI'\]",
        ),
        (ExecutionResult([{"label": "a", "results": {"0": 1, "00": 1}}]), "counts_arrays", "one width"),
    ],
)
def test_the_wrong_form_is_refused(result, method, message):
    with pytest.raises(ResultError, match=message):
        getattr(result, method)()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((["a"], ["Z"], [[1.0, 2.0]]), r"1 circuits by 1 words, got shape \(1, 2\)"),
        ((["a"], ["Z", "Z"], [[1.0, 2.0]]), "every word once"),
        ((["a"], ["Z"], [[1.0]], [None, None]), "metadata for 1 circuits, got 2"),
    ],
)
def test_a_table_checks_its_shape(arguments, message):
    with pytest.raises(ResultError, match=message):
        ExpectationTable(*arguments)


@given(
    st.integers(1, 40).flatmap(
        lambda n: st.dictionaries(st.text("01", min_size=n, max_size=n), st.integers(0))
    )
)
def test_counts_arrays_hold_the_keys_as_numbers(counts):
    counts = {key: count % 2**62 for key, count in counts.items()}
    bits, numbers = ExecutionResult([{"label": "a", "results": counts}]).counts_arrays()[0]
    assert (bits.dtype, numbers.dtype) == (np.uint8, np.int64)
    assert [int.from_bytes(row.tobytes(), "big") for row in bits] == [int(key, 2) for key in counts]
    assert numbers.tolist() == list(counts.values())
    assert bits.shape == (len(counts), -(-len(next(iter(counts), "")) // 8))


def test_counts_of_no_bits_are_one_empty_row():
    bits, counts = ExecutionResult([{"label": "a", "results": {"": 10}}]).counts_arrays()[0]
    assert bits.shape == (1, 0)
    assert counts.tolist() == [10]


def test_helpers_on_dicts():
    assert convert_counts_to_probs({"a": {"0": 1, "1": 3}}, 4) == {"a": {"0": 0.25, "1": 0.75}}
    assert reverse_dict_endianness({"a": {"011": 1.0}}) == {"a": {"110": 1.0}}
    with pytest.raises(ConfigError, match=r"Shots must be a positive integer\. Got 0\."):
        convert_counts_to_probs({}, 0)
