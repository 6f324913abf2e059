"""Tables hold what runners found in arrays, and read as the dicts of the contract."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivace.errors import ResultError
from vivace.results import ExecutionResult
from vivace.tables import CountsBlock, CountsTable, ExpectationTable

ENTRIES = [
    {"label": "a", "results": {"000": 7, "101": 3}},
    {"label": "b", "results": {}},
    {"label": "c", "results": {"1000000001": 4}},
    {"label": "d", "results": {"": 9}},
]


def counts_table(**changed):
    arguments = {
        "labels": "abcd",
        "widths": [3, 1, 10, 0],
        "offsets": [0, 2, 2, 3, 4],
        "bits": [0, 5, 2, 1],
        "counts": [7, 3, 4, 9],
    }
    return CountsTable(**(arguments | changed))


def test_counts_read_as_dicts():
    assert counts_table().entries() == ENTRIES
    assert all(type(n) is int for entry in counts_table().entries() for n in entry["results"].values())
    assert CountsTable([], [], [0], [], []).entries() == []


def test_counts_of_one_width_share_their_keys():
    entries = CountsTable("ab", [9, 9], [0, 1, 2], [1, 2, 1, 2], [5, 6]).entries()
    (first,), (second,) = (entry["results"] for entry in entries)
    assert first == "100000010"
    assert first is second


def table_of(width, histograms):
    """Outcomes as whole numbers, by histogram; each with its place as count."""
    size = -(-width // 8)
    outcomes = [outcome for own in histograms for outcome in own]
    offsets = np.cumsum([0, *map(len, histograms)])
    bits = np.frombuffer(b"".join(outcome.to_bytes(size, "big") for outcome in outcomes), np.uint8)
    labels = map(str, range(len(histograms)))
    return CountsTable(labels, [width] * len(histograms), offsets, bits, range(1, len(outcomes) + 1))


@given(st.data())
def test_histograms_of_a_batch_read_as_each_alone(data):
    width = data.draw(st.one_of(st.integers(0, 20), st.integers(60, 70), st.integers(120, 300)))
    some = st.lists(st.integers(0, (1 << width) - 1), min_size=1, max_size=20)
    outcome = st.sampled_from(data.draw(some)) | st.integers(0, (1 << width) - 1)
    histograms = data.draw(st.lists(st.lists(outcome, max_size=20, unique=True), max_size=12))
    entries, count = table_of(width, histograms).entries(), 0
    for own, entry in zip(histograms, entries, strict=True):
        keys = [format(outcome, f"0{width}b") if width else "" for outcome in own]
        assert list(entry["results"].items()) == [(key, count + place) for place, key in enumerate(keys, 1)]
        count += len(own)


@pytest.mark.parametrize("width", [4, 15, 16, 20, 64, 65, 300])
def test_keys_that_come_back_are_made_once(width):
    step = (1 << width) // 16
    histograms = [[step * outcome for outcome in range(16)]] * 100
    entries = table_of(width, histograms).entries()
    keys = {id(key) for entry in entries for key in entry["results"]}
    assert len(keys) == 16
    entries[0]["results"].clear()
    assert len(entries[1]["results"]) == 16


@pytest.mark.parametrize("width", [1, 8, 16, 17, 64, 65, 300])
def test_keys_of_any_width(width):
    outcomes = sorted({0, 1, (1 << width) - 1, 1 << (width - 1)})
    size = -(-width // 8)
    packed = b"".join(outcome.to_bytes(size, "big") for outcome in outcomes)
    table = CountsTable("a", [width], [0, len(outcomes)], list(packed), range(1, len(outcomes) + 1))
    keys = [format(outcome, f"0{width}b") for outcome in outcomes]
    assert list(table.entries()[0]["results"]) == keys
    assert CountsTable.from_entries(table.entries()) == table


def test_arrays_are_views_that_cannot_be_changed():
    table = counts_table()
    bits, counts = table.arrays()[0]
    assert np.shares_memory(bits, table.bits)
    assert np.shares_memory(counts, table.counts)
    assert [own.bits.shape for own in table.arrays()] == [(2, 1), (0, 1), (1, 2), (1, 0)]
    for array in (bits, counts):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_blocks_in_any_order_are_the_batch():
    def block(circuits, width, offsets, bits, counts):
        columns = np.array(bits, np.uint8).reshape(len(counts), -(-width // 8))
        return CountsBlock(
            np.array(circuits, np.uint32), width, np.array(offsets), columns, np.array(counts, np.int64)
        )

    wide = block([2], 10, [0, 1], [2, 1], [4])
    rest = block([3], 0, [0, 1], [], [9])
    narrow = [block([1], 1, [0, 0], [], []), block([0], 3, [0, 2], [0, 5], [7, 3])]
    table = CountsTable.from_blocks("abcd", [wide, *narrow, rest])
    assert table.entries() == ENTRIES
    for blocks in ([wide, *narrow], [wide, *narrow, rest, rest]):
        with pytest.raises(ResultError, match="counts for every circuit, each exactly once"):
            CountsTable.from_blocks("abcd", blocks)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"widths": [1, 2]}, r"4 widths and 5 offsets for 4 circuits, got shapes \(2,\) and \(5,\)"),
        ({"offsets": [0, 2, 1, 3, 4]}, "ascend from 0 to the number of counts, 4"),
        ({"offsets": [0, 2, 2, 3, 3]}, "ascend from 0 to the number of counts, 4"),
        ({"bits": [0, 5, 2]}, "Expected 4 bytes of packed outcomes, got 3"),
        ({"metadata": [None]}, "metadata for 4 circuits, got 1"),
    ],
)
def test_a_table_of_counts_checks_its_arrays(changed, message):
    with pytest.raises(ResultError, match=message):
        counts_table(**changed)


def test_outcomes_beyond_the_width_are_refused():
    with pytest.raises(ValueError, match="Expected outcomes of 3 bits, found 0x08"):
        CountsTable("a", [3], [0, 1], [8], [1]).entries()


@pytest.mark.parametrize("made", [counts_table, lambda: ExpectationTable("ab", ["Z"], [[1.0], [0.5]])])
def test_metadata_is_shared_and_comes_along(made):
    table = made()
    own = {"path": "compiled"}
    table.metadata = (own, *[None] * (len(table) - 2), own)
    entries = table.entries()
    assert entries[0]["metadata"] is entries[-1]["metadata"] is own
    assert all("metadata" not in entry for entry in entries[1:-1])
    result = ExecutionResult(table)
    assert result.metadata() == [own, *[{}] * (len(table) - 2), own]
    assert "results" not in vars(result)  # no dicts were built for it
    assert ExecutionResult(entries).metadata() == result.metadata()
    assert pickle.loads(pickle.dumps(result)) == result == ExecutionResult(entries)


def test_counts_in_a_result():
    result = ExecutionResult(counts_table(), "job", run_time=2.0)
    assert repr(result) == "ExecutionResult(results=<4 circuits>, job_id='job', backend_jobs=1, run_time=2.0)"
    assert not result.is_async()
    assert result.counts_table().offsets.tolist() == [0, 2, 2, 3, 4]
    assert "results" not in vars(result)
    assert result.results == ENTRIES
    assert (
        result
        == ExecutionResult(ENTRIES, "job")
        == ExecutionResult(job_id="job").with_results(counts_table())
    )
    assert result != ExecutionResult(counts_table(counts=[7, 3, 4, 8]), "job")
    reordered = counts_table(bits=[5, 0, 2, 1], counts=[3, 7, 4, 9])
    assert ExecutionResult(reordered, "job") == result
    with pytest.raises(ResultError, match="got counts for 'a'. Use counts_arrays"):
        result.expectations()


def test_pickles_of_counts_stay_compact():
    n = 2000
    table = CountsTable(map(str, range(n)), [2] * n, range(n + 1), [1] * n, [100] * n)
    result = ExecutionResult(table)
    before = len(pickle.dumps(result))
    assert len(result.results) == n
    assert len(pickle.dumps(result)) == before
    assert pickle.loads(pickle.dumps(result)) == result


counts = st.integers(0, 20).flatmap(
    lambda n: st.dictionaries(st.text("01", min_size=n, max_size=n), st.integers(1, 2**62), min_size=1)
)


@given(st.lists(counts, max_size=6))
def test_tables_and_dicts_are_the_same_counts(found):
    entries = [{"label": str(index), "results": own} for index, own in enumerate(found)]
    table = CountsTable.from_entries(entries)
    assert table.entries() == entries
    assert [list(entry["results"]) for entry in table.entries()] == [list(own) for own in found]
    assert ExecutionResult(table) == ExecutionResult(entries)
