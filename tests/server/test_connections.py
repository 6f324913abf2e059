"""Connections and requests that waste the server's time or memory: ended, and others are answered."""

import contextlib
import http.client
import json
import socket
import time
from urllib.parse import urlsplit

import pytest

from support.server import BELL, Client, body, template
from vivace.server import Limits, LocalServer, Settings

QUICK = Limits(connections=20, head_time=0.5, body_time=0.5)


@pytest.fixture(scope="module")
def settings():
    return Settings(limits=QUICK)


def connect(server):
    address = urlsplit(server.url)
    return socket.create_connection((address.hostname, address.port), timeout=30)


def ended(connection):
    """What comes until the server closes the connection, with a reset if it has not read all."""
    found = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := connection.recv(65536):
            found += chunk
    return found


@pytest.mark.parametrize("start", [b"", b"GET /api/ HTTP/1.1\r\nHost: a\r\nX-Slow: "])
def test_connections_that_ask_for_nothing_are_closed(server, client, start):
    with contextlib.ExitStack() as closing:
        idle = [closing.enter_context(connect(server)) for _ in range(QUICK.connections + 5)]
        for connection in idle:
            with contextlib.suppress(ConnectionError):  # closed already
                connection.sendall(start)
        assert [ended(connection) for connection in idle] == [b""] * len(idle)
    assert client.get("credits/")


REFUSED = b"GET /api/ HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.mark.parametrize("start", [b"", b"GET /api/ HTTP/1.1\r\nHost: a\r\nX-Slow: ", REFUSED])
def test_a_flood_of_idle_connections_keeps_nobody_out(start):
    """The server would wait for an hour for each of them; who asks for something is answered all the same."""
    with LocalServer(settings=Settings(limits=Limits(head_time=3600.0))) as server:
        client = Client(server.url, server.token)
        assert client.get("credits/")  # a connection that is kept, and keeps its place
        with contextlib.ExitStack() as closing:
            idle = [closing.enter_context(connect(server)) for _ in range(300)]
            for connection in idle:
                with contextlib.suppress(ConnectionError):  # closed already
                    connection.sendall(start)
                    if start == REFUSED:
                        connection.recv(65536)
            for _ in range(3):
                assert Client(server.url, server.token).get("credits/")
            assert client.get("credits/")
            ended(idle[0])  # the oldest have made room
            idle[-1].settimeout(0.1)
            with pytest.raises(TimeoutError):
                ended(idle[-1])


def test_idle_connections_take_little_memory(tmp_path, processes):
    process = processes(tmp_path / "server.db")
    assert process.client.get("credits/")
    before = process.peak_memory()
    head = b"GET /api/ HTTP/1.1\r\nHost: a\r\nX-Slow: " + b"x" * 60_000
    with contextlib.ExitStack() as closing:
        for _ in range(600):
            connection = closing.enter_context(connect(process))
            with contextlib.suppress(ConnectionError):
                connection.sendall(head)
        assert process.client.get("credits/")
        assert process.peak_memory() - before < 64 << 20


def test_connections_without_a_valid_token_are_not_kept_for_long(server, client):
    with connect(server) as connection:
        connection.sendall(b"GET /api/credits/ HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer nobody\r\n\r\n")
        assert ended(connection).startswith(b"HTTP/1.1 401 ")
    address = urlsplit(server.url)
    kept = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
    with contextlib.closing(kept):
        for _ in range(2):  # on one connection, with more than that time between
            kept.request("GET", "/api/credits/", headers=dict(client.session.headers))
            answer = kept.getresponse()
            assert (answer.status, answer.headers["Connection"]) == (200, None)
            assert answer.read()
            time.sleep(1.5 * QUICK.head_time)


def test_a_body_that_never_ends(server, client):
    token = client.session.headers["Authorization"].encode()
    with connect(server) as connection:
        connection.sendall(
            b"POST /api/job/init/ HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\nAuthorization: "
            + token
            + b"\r\n\r\n{"
        )
        told = ended(connection)
    assert told.startswith(b"HTTP/1.1 408 ")
    assert told.endswith(b'{"detail":"The body did not arrive in time."}')


def test_a_request_with_a_key_opens_one_job(client, account):
    def init(who, key, **members):
        return who.call(
            "POST", "job/init/", json={"job_type": "EXECUTE"} | members, headers={"Idempotency-Key": key}
        )

    first = init(client, "k1")
    assert first.status_code == 201
    assert init(client, "k1").json() == first.json()
    assert init(client, "k2").json() != first.json()
    assert init(account(), "k1").json() != first.json(), "keys are an account's own"
    other = init(client, "k1", tag="other")
    assert (other.status_code, other.json()) == (
        409,
        {"error": "Another request was sent with this Idempotency-Key"},
    )
    assert init(client, "x" * 256).status_code == 400
    assert client.open() != client.open()


def test_uploads_to_a_cancelled_job_are_refused_even_if_it_has_them(client):
    job_id = client.open()
    upload = body(finalized="false", circuits={"a": BELL}, shots=5)
    client.post(f"job/{job_id}/add_circuits/", upload)
    client.post(f"job/{job_id}/cancel/")
    assert client.refused("POST", f"job/{job_id}/add_circuits/", json=upload)[0] == 409


def test_a_status_tells_whether_the_last_upload_has_arrived(client):
    job_id = client.open()
    assert client.get(f"job/{job_id}/status/")["finalized"] is False
    client.add(job_id, finalized="false", circuits={"a": BELL}, shots=5)
    assert client.get(f"job/{job_id}/status/")["finalized"] is False
    client.add(job_id, circuits={"b": BELL}, shots=5)
    assert client.get(f"job/{job_id}/status/")["finalized"] is True


def test_long_pages_are_cut_and_tile_the_results():
    with LocalServer(settings=Settings(limits=Limits(page=500))) as server:
        client = Client(server.url, server.token)
        rows = [(f"{i}", [0.1]) for i in range(40)]
        job_id = client.submit(**template(rows, shots=5))
        assert client.wait(job_id) == "COMPLETED"
        page = client.get(f"job/{job_id}/resultsV2/")
        assert 0 < len(page["results"]) < 40
        assert (
            sum(len(json.dumps(entry["results"], separators=(",", ":"))) for entry in page["results"]) <= 500
        )
        assert [entry["label"] for entry in client.results(job_id)] == [label for label, _ in rows]
        wide = client.submit(circuits={"a" * 600: BELL, "b" * 600: BELL}, shots=5)
        assert client.wait(wide) == "COMPLETED"
        assert len(client.get(f"job/{wide}/resultsV2/")["results"]) == 1
        assert len(client.get(f"job/{wide}/results")) == len(client.results(wide)) == 2


def test_counts_that_would_fill_the_memory_are_refused(client):
    wide = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[128]; creg c[128]; h q; measure q -> c;'
    job_id = client.open()
    many = body(circuits={"a": wide}, shots=50_000_000)
    status, reason = client.refused("POST", f"job/{job_id}/add_circuits/", json=many)
    assert (status, reason) == (
        400,
        "Circuit 'a' may have 50000000 outcomes of 128 bits; this server takes 1048576. Ask for fewer shots.",
    )
    groups = body(circuits={"a": BELL, "b": wide}, shot_groups=[[0, 1, 50_000_000], [1, 2, 100]])
    client.post(f"job/{job_id}/add_circuits/", groups)
    assert client.wait(job_id) == "COMPLETED"


def test_a_forged_name_is_not_repeated(server, client):
    job_id = client.submit(circuits={"a": BELL, "b": BELL}, shots=5)
    assert client.wait(job_id) == "COMPLETED"
    port = urlsplit(server.url).port
    for path in (f"job/{job_id}/resultsV2/?limit=1", "credits/transactions/?page_size=1"):
        page = client.get(path, headers={"Host": "evil.example"})
        assert page["next"].startswith(f"http://127.0.0.1:{port}/api/{path.split('?')[0]}?")
        page = client.get(path, headers={"Host": "localhost:9999"})  # such as an SSH tunnel
        assert page["next"].startswith(f"http://localhost:9999/api/{path.split('?')[0]}?")
