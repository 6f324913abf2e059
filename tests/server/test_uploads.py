"""Uploads that make no sense: refused with the reason, and nothing of them kept."""

import pytest

from support.server import BELL, Client, body, template
from vivace.codecs import compress_text
from vivace.server import Limits, LocalServer, Settings

REFUSED = {
    "no finalized": ({"circuits": {}}, "Missing 'finalized'."),
    "no content": ({"finalized": "true"}, "Expected exactly one of 'circuits' and 'circuit_template'."),
    "no circuits": ({"finalized": "true", "circuits": {}}, "Expected at least one circuit in 'circuits'."),
    "not text": ({"finalized": "true", "circuits": {"a": 1}}, "Expected circuit 'a' as compressed text."),
    "mode": (body(circuits={"a": BELL}) | {"mode": "replace"}, "Expected 'append' in 'mode', got 'replace'."),
    "shots": (
        body(circuits={"a": BELL}, shots=0),
        "Expected a whole number of at least 1 in 'shots', got int 0.",
    ),
    "many shots": (
        body(circuits={"a": BELL}, shots=10**9),
        "Expected at most 100000000 shots, got 1000000000.",
    ),
    "observables": (
        body(circuits={"a": BELL}, observables="ZZ"),
        "A job of type EXECUTE takes no 'observables'.",
    ),
    "gaps": (
        body(circuits={"a": BELL}, shot_groups=[[0, 2, 1]]),
        "Shot range 0 [0, 2) with 1 shots is out of bounds for n_circuits=1.",
    ),
    "broken": (
        body(circuits={"a": "OPENQASM 2.0; qreg q[1]; foo q[0];"}),
        "Circuit 'a' is not a valid QASM: Unknown gate 'foo'",
    ),
    "wide": (
        body(circuits={"a": "OPENQASM 2.0; qreg q[5000];"}),
        "Circuit 'a' has 5000 qubits; this server takes 2048.",
    ),
    "bits": (
        body(circuits={"a": "OPENQASM 2.0; qreg q[1]; creg c[5000];"}),
        "Circuit 'a' has 5000 bits; this server takes 4096.",
    ),
    "row": (
        body(**template([("a", [1, 2])])),
        "Parameter set 'a' has 2 values but template declares 1 parameter names.",
    ),
    "rows twice": (body(**template([("a", [1]), ("a", [2])])), "Duplicate circuit label 'a'"),
    "template": (
        body(**template([("a", [1])]))
        | {"circuit_template": compress_text("OPENQASM 2.0; qreg q[1]; rx(b) q[0];")},
        "Circuit template is not valid QASM:",
    ),
    "name": (
        body(circuits={"a" * 2000: BELL}),
        "Expected a label of at most 1024 characters, none of them NUL.",
    ),
    "not gzip": ({"finalized": "true", "circuits": {"a": "AAAA"}}, "Circuit 'a':"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_uploads_are_refused_with_the_reason(client, case):
    upload, expected = REFUSED[case]
    job_id = client.open()
    status, reason = client.refused("POST", f"job/{job_id}/add_circuits/", json=upload)
    assert status == 400
    assert reason.startswith(expected)
    # What was refused left nothing behind.
    client.add(job_id, circuits={"a": BELL}, shots=5)
    assert client.wait(job_id) == "COMPLETED"
    assert len(client.results(job_id)) == 1


REFUSED_WORDS = {
    "missing": ({"shots": 5}, "A job of type EXPECTATION needs 'observables'."),
    "long": ({"observables": "ZZZ"}, "Observable 'ZZZ' has 3 letters but a circuit has 2 qubits."),
    "letters": ({"observables": "ZA"}, "Hamiltonian operators must contain only I, X, Y, Z characters."),
    "twice": ({"observables": "ZZ;ZZ"}, "Hamiltonian operators must not repeat. Word 'ZZ'"),
    "shots": ({"observables": "ZZ", "shots": 5}, "'observables' are measured without shots."),
    "map": (
        {"observables": "ZZ|XX", "circuit_ham_map": [[0, 1]]},
        "circuit_ham_map length (1) must match number of ham_ops groups (2).",
    ),
    "reach": (
        {"observables": "ZZ|XX", "circuit_ham_map": [[0, 1], [1, 9]]},
        "'circuit_ham_map' reaches circuit 9, but the job has 1.",
    ),
    "backwards": ({"observables": "ZZ", "circuit_ham_map": [[1, 0]]}, "Expected start <= end in every range"),
}


@pytest.mark.parametrize("case", REFUSED_WORDS)
def test_bad_observables_are_refused_with_the_reason(client, case):
    members, expected = REFUSED_WORDS[case]
    job_id = client.open("EXPECTATION")
    upload = body(circuits={"a": BELL}, **members)
    status, reason = client.refused("POST", f"job/{job_id}/add_circuits/", json=upload)
    assert status == 400
    assert reason.startswith(expected)


def test_jobs_of_too_many_circuits_are_refused():
    with LocalServer(settings=Settings(limits=Limits(circuits=3))) as server:
        client = Client(server.url, server.token)
        job_id = client.open()
        client.add(job_id, finalized="false", circuits={"a": BELL, "b": BELL}, shots=5)
        many = body(circuits={"c": BELL, "d": BELL}, shots=5)
        status, reason = client.refused("POST", f"job/{job_id}/add_circuits/", json=many)
        assert (status, reason) == (400, "A job may have at most 3 circuits, got 4.")
        client.add(job_id, circuits={"c": BELL}, shots=5)
        assert client.wait(job_id) == "COMPLETED"
        assert [entry["label"] for entry in client.results(job_id)] == ["a", "b", "c"]


def test_texts_of_an_upload_are_bounded_together():
    """Each circuit is small enough, all of them are not: refused at the first that is too much."""
    with LocalServer(settings=Settings(limits=Limits(texts=3 * len(BELL)))) as server:
        client = Client(server.url, server.token)
        job_id = client.open()
        many = body(circuits={f"c{i}": BELL for i in range(4)}, shots=5)
        status, reason = client.refused("POST", f"job/{job_id}/add_circuits/", json=many)
        assert (status, reason[:13]) == (400, "Circuit 'c3':")
        client.add(job_id, circuits={f"c{i}": BELL for i in range(3)}, shots=5)
        assert client.wait(job_id) == "COMPLETED"
