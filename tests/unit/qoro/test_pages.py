"""Results of jobs, page by page: put together whatever the length of pages, and kept when one is bad."""

import random
import signal
import threading

import pytest

from vivace.backends import AnswerTooLongError
from vivace.codecs import encode_histogram
from vivace.errors import ConfigError, PayloadError, ProtocolError

CIRCUITS = {f"c{i}": f"OPENQASM 2.0; qreg q[2]; creg c[2]; rx({i}) q[0]; measure q -> c;" for i in range(7)}


@pytest.fixture
def pending(service):
    return service.submit_circuits(CIRCUITS)


@pytest.mark.parametrize("page", [1, 2, 3, 7, 100])
def test_pages_of_any_length_are_put_together(service, cloud, pending, page):
    """Upstream always advances by 100, and loses what a shorter page leaves out."""
    cloud.page = page
    service.poll_job_status(pending, True)
    result = service.get_job_results(pending)
    assert [entry["label"] for entry in result.results] == list(CIRCUITS)
    assert (result.job_id, result.run_time) == (pending.job_id, 1.5)
    assert list(service.iter_results(pending)) == result.results


def long_entries(sizes):
    """Entries whose words are so many characters long together."""
    return [{"label": f"c{i}", "results": {"Z" * size: 0.5}} for i, size in enumerate(sizes)]


@pytest.mark.parametrize("page", [7, 100])
@pytest.mark.parametrize("seed", range(8))
def test_pages_that_are_too_long_are_asked_for_in_parts(connect, cloud, seed, page):
    draw = random.Random(seed)
    sizes = [draw.choice([10, 10, 100, 1500]) for _ in range(250)]
    service = connect(max_response_bytes=2000)
    pending = service.submit_circuits({f"c{i}": CIRCUITS["c0"] for i in range(250)})
    service.poll_job_status(pending, True)
    cloud.page, cloud.results[pending.job_id] = page, long_entries(sizes)
    assert service.get_job_results(pending).results == cloud.results[pending.job_id]
    assert list(service.iter_results(pending)) == cloud.results[pending.job_id]


@pytest.fixture
def asked(cloud):
    """The limits of the requests for results, in order."""
    return lambda: [
        int(path.partition("limit=")[2].partition("&")[0]) for path in cloud.paths if "limit=" in path
    ]


def test_pages_grow_again_after_a_stretch_of_long_results(connect, cloud, asked):
    service = connect(max_response_bytes=20_000)
    pending = service.submit_circuits({f"c{i}": CIRCUITS["c0"] for i in range(1500)})
    service.poll_job_status(pending, True, verbose=False)
    cloud.results[pending.job_id] = long_entries([15_000] * 5 + [10] * 1495)
    assert list(service.iter_results(pending)) == cloud.results[pending.job_id]
    assert min(asked()) == 1
    assert asked()[-3:] == [100, 100, 100]


def test_longer_pages_are_tried_less_and_less_often_where_they_are_too_long(connect, cloud, asked):
    service = connect(max_response_bytes=20_000)
    pending = service.submit_circuits({f"c{i}": CIRCUITS["c0"] for i in range(5000)})
    service.poll_job_status(pending, True, verbose=False)
    cloud.results[pending.job_id] = long_entries([300] * 5000)  # 100 are too many, 50 are not
    assert list(service.iter_results(pending)) == cloud.results[pending.job_id]
    # After 4, 8, 16 and 32 pages: each time the pages ahead, too.
    assert 5 <= asked().count(100) <= 25


def test_a_result_that_is_too_long_alone_is_one_clear_error(connect, service, cloud, pending):
    here = connect(max_response_bytes=2000)
    here.poll_job_status(pending, True)
    cloud.results[pending.job_id] = long_entries([10, 10, 10, 10, 3000, 10, 10])
    with pytest.raises(AnswerTooLongError) as caught:
        here.get_job_results(pending.job_id)
    assert str(caught.value) == (
        f"Job {pending.job_id}: asked for alone, the results of circuit number 4 (from 0) come in an answer "
        "longer than the 2000 bytes taken. Make a service with a larger max_response_bytes, and fetch them "
        f"with service.resume({pending.job_id!r})."
    )
    assert service.resume(pending.job_id, verbose=False).results == cloud.results[pending.job_id]


@pytest.mark.parametrize("most", [0, -5])
def test_there_must_be_room_for_an_answer(connect, most):
    with pytest.raises(ConfigError, match=f"^max_response_bytes must be at least 1, got {most}.$"):
        connect(max_response_bytes=most)


def test_pages_may_change_their_length(service, cloud, pending):
    service.poll_job_status(pending, True)
    cloud.page = 3
    found = service.iter_results(pending)
    labels = [next(found)["label"]]
    cloud.page = 1
    assert labels + [entry["label"] for entry in found] == list(CIRCUITS)


def entries(number, **change):
    return [{"label": f"c{i}", "results": dict(encode_histogram({"01": 5})), **change} for i in range(number)]


@pytest.mark.parametrize("n_bits", [2, None])
def test_counts_come_as_arrays_too(service, cloud, pending, n_bits):
    service.poll_job_status(pending, True)
    found = [{"label": f"c{i}", "results": dict(encode_histogram({"01": 5, "10": i + 1}))} for i in range(7)]
    for entry in found:
        entry["results"]["n_bits"] = n_bits
    cloud.results[pending.job_id] = found
    result = service.get_job_results(pending)
    bits, counts = result.counts_arrays()[6]
    assert (bits.tolist(), counts.tolist()) == ([[1], [2]], [5, 7])
    assert result.results == list(service.iter_results(pending))


def test_missing_results_are_an_error(service, cloud, pending):
    service.poll_job_status(pending, True)
    cloud.results[pending.job_id] = entries(5)
    with pytest.raises(ProtocolError, match="expected results of 7 circuits, got 5"):
        service.get_job_results(pending)


def test_results_that_come_twice_are_an_error(service, cloud, pending):
    service.poll_job_status(pending, True)
    cloud.results[pending.job_id] = entries(7, label="c0")
    with pytest.raises(ProtocolError, match="results of 'c0' came twice"):
        service.get_job_results(pending)


def test_an_empty_page_with_more_to_follow_is_an_error(service, cloud, pending):
    """Upstream asks for it for ever."""
    service.poll_job_status(pending, True)
    cloud.page = 0
    with pytest.raises(ProtocolError, match="the page of results at 0 is empty, but more should follow"):
        service.get_job_results(pending)


def test_a_corrupt_result_names_its_circuit(service, cloud, pending):
    service.poll_job_status(pending, True)
    found = entries(7)
    found[3]["results"] = {"encoding": "qh1", "n_bits": 2, "payload": "AAAA"}
    cloud.results[pending.job_id] = found
    with pytest.raises(PayloadError, match="Results of circuit 'c3': bad magic") as caught:
        service.get_job_results(pending)
    assert caught.value.label == "c3"


@pytest.mark.parametrize(
    "nothing", [None, {}, {"encoding": "qh1", "n_bits": 2, "payload": ""}, {"payload": None}]
)
def test_results_that_are_none_stay_so(service, cloud, pending, nothing):
    service.poll_job_status(pending, True)
    cloud.results[pending.job_id] = [*entries(6), {"label": "c6", "results": nothing}]
    assert service.get_job_results(pending).results[6] == {"label": "c6", "results": nothing}


def test_what_was_fetched_is_not_fetched_again(service, cloud, pending):
    service.poll_job_status(pending, True)
    cloud.page = 3
    cloud.faults["job results"].extend([None, "drop", "drop", "drop"] + ["drop"] * 6)
    with pytest.raises(ConnectionError):
        service.get_job_results(pending)
    cloud.faults.clear()
    cloud.paths.clear()
    assert [entry["label"] for entry in service.get_job_results(pending).results] == list(CIRCUITS)
    assert not [path for path in cloud.paths if "offset=0" in path]


def test_what_came_before_a_corrupt_result_is_kept(service, cloud, pending):
    service.poll_job_status(pending, True)
    cloud.page, sound = 3, entries(7)
    corrupt = {"encoding": "qh1", "n_bits": 2, "payload": "AAAA"}
    cloud.results[pending.job_id] = [*sound[:4], {"label": "c4", "results": corrupt}, *sound[5:]]
    for _ in range(2):
        with pytest.raises(PayloadError, match="circuit 'c4'"):
            service.get_job_results(pending)
    cloud.results[pending.job_id] = sound
    assert [entry["label"] for entry in service.get_job_results(pending).results] == list(CIRCUITS)
    assert len([path for path in cloud.paths if "offset=0" in path]) == 1


def test_what_came_before_ctrl_c_is_kept(service, cloud, pending):
    service.poll_job_status(pending, True)
    cloud.page, main, asked = 1, threading.main_thread().ident, threading.Event()

    def press(_):
        # Four pages are fetched ahead: that of the fifth means that the first one was taken.
        if "offset=5" in cloud.paths[-1] and not asked.is_set():
            asked.set()
            signal.pthread_kill(main, signal.SIGINT)

    cloud.on_request = press
    cloud.faults["job results"].extend([None] * 5 + ["drop"] * 20)
    with pytest.raises(KeyboardInterrupt):
        service.get_job_results(pending)
    cloud.faults.clear()
    assert [entry["label"] for entry in service.get_job_results(pending).results] == list(CIRCUITS)
    assert len([path for path in cloud.paths if "offset=0" in path]) == 1


def test_results_are_kept_when_the_run_time_cannot_be_read(connect, service, cloud, pending):
    """Upstream asks for the status after the pages, and throws all results away if that fails."""
    service.poll_job_status(pending, True)
    cloud.faults["job status"].extend([(403, {}, "")] * 9)
    result = connect().get_job_results(pending.job_id)
    assert (len(result.results), result.run_time) == (7, 0.0)
