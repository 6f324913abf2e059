"""The life of a job over HTTP: what goes in, what comes out, and what is refused."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from support.server import BELL, ROTATION, Client, body, plain, slow_circuit, template
from vivace.backends import CircuitPayload, MaestroSimulator
from vivace.codecs import compress_text, decode_histogram, encode_observables

WIDE = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[{n}]; creg c[{n}]; h q[0]; {chain} measure q -> c;'


def ghz(qubits):
    chain = "".join(f"cx q[{q}],q[{q + 1}];" for q in range(qubits - 1))
    return WIDE.format(n=qubits, chain=chain)


def counts(entries):
    return [{"label": e["label"], "results": decode_histogram(e["results"])} for e in entries]


def direct(circuits, *, seed=7, shots=1000, **options):
    with MaestroSimulator(shots=shots, seed=seed) as simulator:
        return plain(simulator.submit_circuits(circuits, **options))


def test_counts_are_those_of_the_simulator(client):
    circuits = {"bell": BELL, "β": ghz(4), "wide": ghz(9)}
    job_id = client.submit(circuits=circuits, shots=500, config={"seed": 7})
    assert client.wait(job_id) == "COMPLETED"
    assert counts(client.results(job_id)) == direct(circuits, shots=500)


def test_shots_left_open_are_a_thousand(client):
    job_id = client.submit(circuits={"bell": BELL}, shots=None)
    assert client.wait(job_id) == "COMPLETED"
    assert sum(counts(client.results(job_id))[0]["results"].values()) == 1000


@pytest.mark.parametrize("wire_form", [str, encode_observables], ids=["dense", "compressed"])
def test_expectation_values_are_those_of_the_simulator(client, wire_form):
    circuits = {"bell": BELL, "rotated": ROTATION.replace("(a)", "(0.3)")}
    words = "ZZ;XX;ZI;II"
    job_id = client.submit("EXPECTATION", circuits=circuits, observables=wire_form(words))
    assert client.wait(job_id) == "COMPLETED"
    expected = direct(circuits, ham_ops=words)
    found = client.results(job_id)
    for entry, right in zip(found, expected, strict=True):
        assert entry["label"] == right["label"]
        assert list(entry["results"]) == words.split(";")
        assert entry["results"] == pytest.approx(right["results"], abs=1e-12)


def test_templates_run_every_row(client):
    rows = [(f"row {i}", [0.1 * i]) for i in range(50)]
    job_id = client.submit(**template(rows, shots=300), config={"seed": 3})
    assert client.wait(job_id) == "COMPLETED"
    payload = CircuitPayload(ROTATION, ["a"], rows)
    assert counts(client.results(job_id)) == direct([payload], seed=3, shots=300)


def test_templates_estimate(client):
    rows = [("a", [0.0]), ("b", [np.pi])]
    job_id = client.submit("EXPECTATION", **template(rows, observables="ZI"))
    assert client.wait(job_id) == "COMPLETED"
    assert [e["results"]["ZI"] for e in client.results(job_id)] == pytest.approx([1.0, -1.0])


def test_shot_groups_count_from_the_start_of_their_upload(client):
    job_id = client.open()
    client.add(
        job_id, finalized="false", circuits={"a": BELL, "b": BELL}, shot_groups=[[0, 1, 10], [1, 2, 20]]
    )
    client.add(job_id, circuits={"c": BELL}, shot_groups=[[0, 1, 30]])
    assert client.wait(job_id) == "COMPLETED"
    shots = [sum(entry["results"].values()) for entry in counts(client.results(job_id))]
    assert shots == [10, 20, 30]


def test_circuit_ham_map_counts_from_the_start_of_the_job(client):
    """Hazard of wire-protocol 5.2: every chunk carries the same global ranges."""
    circuits = {f"c{i}": ROTATION.replace("(a)", f"(0.{i + 1})") for i in range(5)}
    words, ranges = "ZI|XX;IZ|ZZ", [[0, 2], [2, 3], [3, 4]]
    job_id = client.open("EXPECTATION")
    items = list(circuits.items())
    for start, stop in ((0, 1), (1, 4), (4, 5)):
        client.add(
            job_id,
            finalized="true" if stop == 5 else "false",
            circuits=dict(items[start:stop]),
            observables=words,
            circuit_ham_map=ranges,
        )
    assert client.wait(job_id) == "COMPLETED"
    found = client.results(job_id)
    expected = direct(circuits, ham_ops=words, circuit_ham_map=ranges)
    assert [list(entry["results"]) for entry in found] == [
        ["ZI"],
        ["ZI"],
        ["XX", "IZ"],
        ["ZZ"],
        ["ZI", "XX", "IZ", "ZZ"],
    ]
    for entry, right in zip(found, expected, strict=True):
        assert entry["results"] == pytest.approx(right["results"], abs=1e-12)


@pytest.mark.parametrize("finalized", ["true", True])
def test_nothing_starts_before_the_last_upload(client, finalized):
    job_id = client.open()
    client.add(job_id, finalized="false", circuits={"a": BELL}, shots=10)
    assert client.status(job_id) == "PENDING"
    status, reason = client.refused("GET", f"job/{job_id}/resultsV2/")
    assert (status, reason) == (400, "Job results not available, likely job is still running")
    client.add(job_id, finalized=finalized, circuits={"b": BELL}, shots=10)
    assert client.wait(job_id) == "COMPLETED"
    assert [entry["label"] for entry in client.results(job_id)] == ["a", "b"]
    assert client.get(f"job/{job_id}/status/")["run_time"] > 0


def test_an_upload_sent_twice_counts_once(client):
    """Hazard 13.2: the answer was lost, and the client sends the same request again."""
    job_id = client.open()
    first = body(finalized="false", circuits={"a": BELL}, shots=10)
    last = body(circuits={"b": BELL}, shots=10)
    for upload in (first, first, last, last):
        client.post(f"job/{job_id}/add_circuits/", upload)
    assert client.wait(job_id) == "COMPLETED"
    assert [entry["label"] for entry in client.results(job_id)] == ["a", "b"]
    client.post(f"job/{job_id}/add_circuits/", last)


def test_a_label_of_an_earlier_upload_is_refused_and_nothing_of_the_new_one_kept(client):
    job_id = client.open()
    client.add(job_id, finalized="false", circuits={"a": BELL}, shots=10)
    twice = body(circuits={"new": BELL, "a": BELL}, shots=20)
    status, reason = client.refused("POST", f"job/{job_id}/add_circuits/", json=twice)
    assert status == 400
    assert reason.startswith("Duplicate circuit label 'a'")
    assert client.status(job_id) == "PENDING"
    client.add(job_id, circuits={"b": BELL}, shots=10)
    assert client.wait(job_id) == "COMPLETED"
    assert [entry["label"] for entry in client.results(job_id)] == ["a", "b"]


def test_uploads_after_the_last_one_are_refused(client):
    job_id = client.submit(circuits={"a": BELL})
    late = body(circuits={"b": BELL})
    assert client.refused("POST", f"job/{job_id}/add_circuits/", json=late) == (
        409,
        "Job is not in PENDING status, or its last upload has arrived",
    )


def test_pages_tile_the_results(client):
    rows = [(f"{i}", [0.1]) for i in range(257)]
    job_id = client.submit(**template(rows, shots=5))
    assert client.wait(job_id) == "COMPLETED"
    labels = [label for label, _ in rows]
    for limit in (1, 7, 100, 257, 1000):
        if limit > 1:
            assert [entry["label"] for entry in client.results(job_id, limit)] == labels
        page = client.get(f"job/{job_id}/resultsV2/", params={"limit": limit, "offset": 256})
        assert (page["count"], page["next"]) == (257, None)
        assert [entry["label"] for entry in page["results"]] == ["256"]
    assert len(client.get(f"job/{job_id}/resultsV2/")["results"]) == 100
    assert client.get(f"job/{job_id}/resultsV2/?offset=9999")["results"] == []


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "limit=x", "offset=-1", "offset=1e3", f"offset={10**30}"]
)
def test_bad_pages_are_refused(client, query):
    job_id = client.submit(circuits={"a": BELL}, shots=1)
    assert client.refused("GET", f"job/{job_id}/resultsV2/?{query}")[0] == 400


def test_wide_registers_travel_as_qh2(client):
    job_id = client.submit(circuits={"wide": ghz(300)}, shots=20)
    assert client.wait(job_id) == "COMPLETED"
    entry = client.results(job_id)[0]["results"]
    assert (entry["encoding"], entry["n_bits"]) == ("qh2", 300)
    assert set(decode_histogram(entry)) <= {"0" * 300, "1" * 300}


def test_a_job_is_cancelled_while_it_runs(client):
    job_id = client.submit(circuits={f"c{i}": slow_circuit(i) for i in range(60)}, shots=100)
    client.wait(job_id, lambda status: status != "PENDING")
    reply = client.post(f"job/{job_id}/cancel/")
    assert (reply["status"], reply["job_id"]) == ("cancelled", job_id)
    assert 0 < reply["circuits_cancelled"] <= 60
    assert client.status(job_id) == "CANCELLED"
    assert client.refused("GET", f"job/{job_id}/resultsV2/") == (
        400,
        "Its owner cancelled it.",
    )
    assert client.refused("POST", f"job/{job_id}/cancel/") == (
        409,
        "Can only cancel a PENDING or RUNNING job",
    )
    # The workers are free again, and the job stays what it is.
    jobs = [client.submit(circuits={"bell": BELL}, shots=5) for _ in range(4)]
    assert {client.wait(other) for other in jobs} == {"COMPLETED"}
    assert client.status(job_id) == "CANCELLED"


def test_a_job_is_cancelled_before_it_starts(client):
    job_id = client.open()
    client.add(job_id, finalized="false", circuits={"a": BELL, "b": BELL})
    assert client.post(f"job/{job_id}/cancel/")["circuits_cancelled"] == 2
    late = body(circuits={"c": BELL})
    assert client.refused("POST", f"job/{job_id}/add_circuits/", json=late)[0] == 409


def test_jobs_are_deleted(client):
    job_id = client.submit(circuits={"a": BELL}, shots=5)
    running = client.submit(circuits={f"c{i}": slow_circuit(i) for i in range(60)}, shots=100)
    client.wait(job_id)
    for doomed in (job_id, running):
        response = client.call("DELETE", f"job/{doomed}")
        assert (response.status_code, response.content) == (204, b"")
        assert client.refused("GET", f"job/{doomed}/status/") == (404, "No such job.")
        assert client.refused("DELETE", f"job/{doomed}") == (404, "No such job.")
    last = client.submit(circuits={"a": BELL}, shots=5)
    assert client.wait(last) == "COMPLETED"


def test_circuits_that_cannot_run_fail_the_job_with_the_reason(client):
    wide = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[40]; creg c[1]; h q[0]; measure q[0] -> c[0];'
    job_id = client.submit(circuits={"fine": BELL, "wide": wide}, config={"simulation_type": 0})
    assert client.wait(job_id) == "FAILED"
    status, reason = client.refused("GET", f"job/{job_id}/resultsV2/")
    assert status == 400
    assert "Circuit 'wide' has 40 qubits; this server runs at most 26 with the method Statevector." in reason


def test_noise_is_seeded_by_the_place_in_the_job(client):
    circuits = {f"c{i}": BELL for i in range(40)}
    noise = [{"method": "set_all_depolarizing", "args": [2, 0.3], "kwargs": {}}]
    config = {"noise_model": noise, "noise_realizations": 1, "seed": 5, "noise_seed": 11}
    job_id = client.open(maestro_config=config)
    items = list(circuits.items())
    client.add(job_id, finalized="false", circuits=dict(items[:3]), shots=50)
    client.add(job_id, circuits=dict(items[3:]), shots=50)
    assert client.wait(job_id) == "COMPLETED"
    import maestro

    model = maestro.NoiseModel()
    model.set_all_depolarizing(2, 0.3)
    options = {"noise_model": model, "noise_realizations": 1, "noise_seed": 11}
    with MaestroSimulator(shots=50, seed=5, **options) as simulator:
        assert counts(client.results(job_id)) == plain(simulator.submit_circuits(circuits))


def test_circuit_cutting_takes_one_circuit(client):
    job_id = client.open("CIRCUIT_CUT")
    two = body(circuits={"a": BELL, "b": BELL}, shots=5)
    assert client.refused("POST", f"job/{job_id}/add_circuits/", json=two) == (
        400,
        "Only one circuit allowed for circuit-cutting jobs, got 2.",
    )
    client.add(job_id, circuits={"a": BELL}, shots=5)
    assert client.wait(job_id) == "COMPLETED"


@pytest.mark.parametrize(
    ("old", "members"), [("SIMULATE", {"shots": 9}), ("ESTIMATE", {"observables": "ZZ"})]
)
def test_older_job_types_do_what_the_newer_ones_do(client, old, members):
    job_id = client.submit(old, circuits={"a": BELL}, **members)
    assert client.wait(job_id) == "COMPLETED"
    assert len(client.results(job_id)) == 1


def test_one_shot_jobs_of_the_oldest_clients(client):
    one = {"circuits": {"a": compress_text(BELL), "b": compress_text(ghz(3))}, "shots": 100, "tag": "old"}
    response = client.call("POST", "job/", json=one | {"job_type": "SIMULATE", "qpu_system_name": None})
    assert response.status_code == 201
    job_id = response.json()["job_id"]
    assert client.wait(job_id) == "COMPLETED"
    found = client.get(f"job/{job_id}/results")
    assert [entry["label"] for entry in found] == ["a", "b"]
    assert set(found[0]["results"]) <= {"00", "11"}
    assert sum(found[0]["results"].values()) == 100


def test_a_one_shot_job_that_is_refused_leaves_no_job(client, server):
    assert client.refused("POST", "job/", json={"circuits": {"a": "AAAA"}})[0] == 400
    token = client.session.headers["Authorization"].removeprefix("Bearer ")
    assert "No jobs yet." in client.session.get(server.page, auth=("", token), timeout=10).text


def test_plain_results_wait_for_the_end(client):
    job_id = client.open()
    assert client.refused("GET", f"job/{job_id}/results") == (
        400,
        "Job results not available, likely job is still running",
    )


def test_jobs_that_have_failed_already(client):
    job_id = client.post("job/create_failed/", {"tag": "x"})["job_id"]
    assert client.status(job_id) == "FAILED"
    assert client.refused("GET", f"job/{job_id}/resultsV2/") == (400, "The job has no results.")


def test_jobs_end_when_their_time_is_up(client):
    job_id = client.open(execution_configuration={"api_meta": {"max_execution_time": 0}})
    client.add(job_id, circuits={f"c{i}": slow_circuit(i) for i in range(40)}, shots=5)
    assert client.wait(job_id) == "TIMED_OUT"
    assert client.refused("GET", f"job/{job_id}/resultsV2/") == (
        400,
        "It ran for 0 s.",
    )
    patient = client.open(execution_configuration={"api_meta": {"max_execution_time": 3600}})
    client.add(patient, circuits={"bell": BELL}, shots=5)
    assert client.wait(patient) == "COMPLETED"


def test_many_clients_at_once(account, server):
    """Every job runs once, with the results of a run of its own, and the ledger adds up."""
    client = account()
    token = client.session.headers["Authorization"].removeprefix("Bearer ")

    def submit(index):
        mine = Client(server.url, token)
        circuits = {f"{index} {i}": ROTATION.replace("(a)", f"(0.{index + 1}{i})") for i in range(10)}
        job_id = mine.submit(circuits=circuits, shots=50, config={"seed": index})
        assert mine.wait(job_id) == "COMPLETED"
        assert counts(mine.results(job_id)) == direct(circuits, seed=index, shots=50)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(submit, range(32))) == [None] * 32
    lines = client.get("credits/transactions/", params={"page_size": 100})["results"]
    assert [line["amount"] for line in lines] == ["-0.01"] * 32 + ["1000000.00"]
    assert client.get("credits/")["balance"] == lines[0]["balance_after"] == "999999.68"
