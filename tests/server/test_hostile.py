"""Requests meant to hurt: refused with a reason, in bounded memory, and the server goes on."""

import base64
import functools
import gzip
import http.client
import json
import sys
import zlib
from urllib.parse import urlsplit

import numpy as np
import pytest

from support.server import BELL, Client, ServerProcess, body
from vivace.backends.qoro.wire.endpoints import MAX_BODY
from vivace.codecs import compress_text
from vivace.server import Limits

MEMORY = 400 << 20
"""More than the server ever takes here: about 150 MB of it is there before the first request."""

HEAD = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2];'


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    running = ServerProcess(tmp_path_factory.mktemp("hostile") / "server.db")
    yield running
    peak = running.peak_memory()
    _, errors, code = running.stop()
    sys.stdout.write(f"peak memory of the server: {peak >> 20} MB\n")
    assert (errors, code) == ("", 0)
    assert peak < MEMORY


@pytest.fixture
def client(process):
    return process.client


@functools.cache
def bomb(n_bytes):
    """Base64 of a gzip stream of that many bytes, made without holding them."""
    packer = zlib.compressobj(9, wbits=31)
    block = b" " * (1 << 20)
    packed = b"".join(packer.compress(block) for _ in range(n_bytes >> 20)) + packer.flush()
    return base64.b64encode(packed).decode()


def raw(value, **kwargs):
    return json.dumps(value, **kwargs).encode()


def observed(text):
    return raw(body(circuits={"a": BELL}, observables=text))


UPLOADS = {
    "empty": (b"", "body is not valid JSON"),
    "list": (b"[]", "Expected body to be a JSON object, got list []."),
    "deep lists": (b"[" * 900_000, "body is not valid JSON: it is nested too deeply."),
    "deep objects": (b'{"a":' * 150_000, "body is not valid JSON: it is nested too deeply."),
    "rather deep": (b'{"finalized":' + b"[" * 900 + b"]" * 900 + b"}", ""),
    "bad UTF-8": (b'{"finalized": "\xff"}', "body is not valid JSON: byte 15 is not UTF-8."),
    "UTF-16": ('{"finalized": "true"}'.encode("utf-16"), "body is not valid JSON: byte 0 is not UTF-8."),
    "half a character": (rb'{"finalized": "true", "circuits": {"\ud800": "x"}}', "Text"),
    "a name twice": (
        b'{"finalized": "true", "circuits": {"a": "x", "a": "y"}}',
        "body is not valid JSON: the name 'a' appears twice in one object.",
    ),
    "NaN": (b'{"finalized": "true", "shots": NaN}', "body is not valid JSON: NaN is not a JSON number."),
    "long number": (b'{"finalized": "true", "shots": ' + b"9" * 500_000 + b"}", "body is not valid JSON"),
    "large number": (
        b'{"finalized": "true", "shots": 1' + b"0" * 400 + b', "circuits": {"a":""}}',
        "Expected",
    ),
    "large value": (b'{"finalized": "true", "values": 1e999}', "body is not valid JSON: 1e999 is too large"),
    "gzip bomb": (
        raw(body() | {"circuits": {"a": bomb(200 << 20)}}),
        "Circuit 'a': decompressed text exceeds",
    ),
    "many bombs": (
        raw(body() | {"circuits": {f"c{i}": bomb(8 << 20) for i in range(60)}}),
        "Circuit 'c0' is not a valid QASM",
    ),
    "template bomb": (
        raw(
            body(circuit_template=bomb(200 << 20), parameter_names=["a"])
            | {"parameter_sets": [{"label": "a", "values": [1]}]}
        ),
        "Circuit 'a': decompressed text exceeds",
    ),
    "observable bomb": (observed("@gzs3:" + bomb(200 << 20)), ""),
    "2^40 in a width": (
        observed(f"@gzs{1 << 40}:{compress_text('Z0')}"),
        "Observables, group 0: word length must be",
    ),
    "2^40 in an index": (
        observed(f"@gzs3:{compress_text(f'Z{1 << 40}')}"),
        "Observables, group 0: term 0 has an index beyond the word length.",
    ),
    "wide words": (observed("@gzs1000000:" + compress_text("I;" * 10_000 + "I")), ""),
    "wide register": (
        raw(body(circuits={"a": f"OPENQASM 2.0; qreg q[{1 << 40}];"})),
        "Circuit 'a' is not a valid",
    ),
    "many qubits": (
        raw(body(circuits={"a": 'OPENQASM 2.0; include "qelib1.inc"; qreg q[1000000];' + "h q;" * 100})),
        "Circuit 'a' is not a valid QASM: Statement at",
    ),
    "deep expression": (
        raw(body(circuits={"a": f"{HEAD} rx({'(' * 90_000}1{')' * 90_000}) q[0];"})),
        "Circuit 'a' is not",
    ),
    "bad base64": (raw(body() | {"circuits": {"a": "!!!!"}}), "Circuit 'a':"),
    "cut gzip": (
        raw(body() | {"circuits": {"a": base64.b64encode(gzip.compress(BELL.encode())[:-9]).decode()}}),
        "Circuit 'a':",
    ),
    "not UTF-8 inside": (
        raw(body() | {"circuits": {"a": base64.b64encode(gzip.compress(b"\xff\xfe")).decode()}}),
        "Circuit 'a':",
    ),
}


@pytest.mark.parametrize("case", UPLOADS)
def test_hostile_uploads_are_refused(client, case):
    upload, expected = UPLOADS[case]
    assert len(upload) <= MAX_BODY
    job_id = client.open("EXPECTATION" if b"observables" in upload else "EXECUTE")
    status, reason = client.refused("POST", f"job/{job_id}/add_circuits/", data=upload)
    assert (status, reason[: len(expected)]) == (400, expected)
    assert len(reason) < 2000
    assert client.post(f"job/{job_id}/cancel/")["circuits_cancelled"] == 0


NOISE = {
    "qubits of all": (
        [["set_all_depolarizing", (1 << 31) - 1, 0.01]],
        "Expected a whole number from 0 to 2048",
    ),
    "qubits by name": ([["set_all_t1", {"num_qubits": 1 << 31, "gamma": 0.1}]], "Expected a whole number"),
    "bands": ([["set_1_over_f_noise", 0, 1e-3, 1.0, 1e6, 1 << 30, 1e-7]], "Expected a whole number"),
    "place": ([["set_kraus_channel", [1 << 62], [[[1, 0], [0, 1]]]]], "Expected a whole number from 0 to"),
    "qubits times bands": (
        [["set_all_multi_correlated_ou", 2048, [[1.0, 0.5]] * 1000, 1e-7]],
        "The noise model sets more than 262144 values, which is 128 for each of 2048 qubits.",
    ),
    "calls": (
        [["set_all_depolarizing", 2048, 0.01]] * 10_000,
        "The noise model sets more than 262144 values",
    ),
    "huge part": ([["set_t1", 0, {"__complex__": [10**400, 0]}]], "The noise call set_t1 failed: "),
}


@pytest.mark.parametrize("case", NOISE)
def test_noise_for_more_than_a_circuit_has_is_refused(client, case):
    """What a setter of the library takes in memory is up to the numbers it is called with."""
    calls, expected = NOISE[case]
    model = [
        {"method": method, "args": [], "kwargs": rest[0]}
        if isinstance(rest[0], dict)
        else {"method": method, "args": rest}
        for method, *rest in calls
    ]
    sent = {"job_type": "EXECUTE", "maestro_config": {"noise_model": model}}
    status, reason = client.refused("POST", "job/init/", data=raw(sent))
    assert (status, reason[: len(expected)]) == (400, expected)


@pytest.mark.parametrize("path", ["job/init/", "job/", "job/create_failed/", "job/{}/execution_config/"])
@pytest.mark.parametrize("case", ["empty", "list", "deep lists", "deep objects", "bad UTF-8", "NaN"])
def test_hostile_bodies_are_refused_everywhere(client, path, case):
    job_id = client.open()
    status, reason = client.refused("POST", path.format(job_id), data=UPLOADS[case][0])
    assert status == 400
    assert reason


@pytest.mark.parametrize("tag", [rb'"\ud800"', rb'"\udfff\ud800"'])
def test_half_characters_are_refused(client, tag):
    status, reason = client.refused("POST", "job/init/", data=b'{"job_type": "EXECUTE", "tag": ' + tag + b"}")
    assert status == 400
    assert reason.endswith("cannot be encoded as UTF-8.")


@pytest.mark.parametrize("path", ["job/init/", "job/", "job/{}/add_circuits/", "job/{}/execution_config/"])
def test_bodies_beyond_the_cap(client, path):
    path = path.format(client.open())
    reason = (413, f"The request body exceeds the limit of {MAX_BODY} bytes.")
    assert client.refused("POST", path, data=b" " * (MAX_BODY + 1)) == reason
    whole = raw({"finalized": "true", "job_type": "EXECUTE"})
    status, told = client.refused("POST", path, data=whole + b" " * (MAX_BODY - len(whole) + 1))
    assert (status, told) == reason

    def endless():
        for _ in range(MAX_BODY // 65536 + 1):
            yield b" " * 65536

    assert client.refused("POST", path, data=endless()) == reason


GZIP = {"Content-Encoding": "gzip"}
PACKED = gzip.compress(raw({"job_type": "EXECUTE", "finalized": "true", "pad": "x" * 1000}), mtime=0)
CORRUPT = {
    "nothing": (b"", "The gzip data of the request body end early."),
    "as it is": (b'{"job_type": "EXECUTE"}', "The request body is not valid gzip."),
    "zlib": (zlib.compress(b"{}"), "The request body is not valid gzip."),
    "half a head": (PACKED[:5], "The gzip data of the request body end early."),
    "cut": (PACKED[:-20], "The gzip data of the request body end early."),
    "no checksum": (PACKED[:-8], "The gzip data of the request body end early."),
    "bad checksum": (PACKED[:-8] + b"\0" * 4 + PACKED[-4:], "The request body is not valid gzip."),
    "bad length": (PACKED[:-4] + b"\0" * 4, "The request body is not valid gzip."),
    "bad data": (PACKED[:20] + b"\xff" * 30 + PACKED[50:], "The request body is not valid gzip."),
    "bytes after it": (PACKED + b"\0\0", "The request body has 2 bytes after its gzip data."),
    "twice": (PACKED * 2, f"The request body has {len(PACKED)} bytes after its gzip data."),
    "not JSON": (gzip.compress(b"[" * 900_000), "body is not valid JSON: it is nested too deeply."),
}
COMPRESSED_PATHS = ["job/init/", "job/", "job/{}/add_circuits/", "job/{}/execution_config/"]


@pytest.mark.parametrize("path", COMPRESSED_PATHS)
@pytest.mark.parametrize("case", CORRUPT)
def test_corrupt_gzip_is_refused(client, path, case):
    data, expected = CORRUPT[case]
    path = path.format(client.open())
    assert client.refused("POST", path, data=data, headers=GZIP) == (400, expected)


@pytest.mark.parametrize("path", COMPRESSED_PATHS)
@pytest.mark.parametrize("size", [MAX_BODY + 1, 200 << 20], ids=["a byte", "a bomb"])
def test_bodies_that_decompress_beyond_the_cap(client, path, size):
    data = base64.b64decode(bomb(size)) if size > MAX_BODY + 1 else gzip.compress(b" " * size)
    reason = (413, f"The request body exceeds the limit of {MAX_BODY} bytes.")
    assert client.refused("POST", path.format(client.open()), data=data, headers=GZIP) == reason


def test_gzip_beyond_the_cap_is_not_decompressed(client):
    """What travels is limited like what it holds, however little that is."""
    data = gzip.compress(np.random.default_rng(0).bytes(MAX_BODY), 0)
    reason = (413, f"The request body exceeds the limit of {MAX_BODY} bytes.")
    assert client.refused("POST", "job/init/", data=data, headers=GZIP) == reason


def test_a_body_in_gzip_of_exactly_the_cap_is_read(client):
    members = raw({"job_type": "EXECUTE", "tag": "t"})
    data = gzip.compress(members + b" " * (MAX_BODY - len(members)))
    response = client.call("POST", "job/init/", data=data, headers=GZIP)
    assert (response.status_code, response.headers["Accept-Encoding"]) == (201, "gzip")


@pytest.mark.parametrize("coding", ["X-GZip", "gzip, identity", "identity"])
def test_other_names_of_codings_that_are_taken(client, coding):
    members = raw({"job_type": "EXECUTE", "tag": "t"})
    data = members if coding == "identity" else gzip.compress(members)
    assert (
        client.call("POST", "job/init/", data=data, headers={"Content-Encoding": coding}).status_code == 201
    )


@pytest.mark.parametrize("coding", ["br", "deflate", "gzip, gzip", "zstd,gzip", "x" * 5000])
@pytest.mark.parametrize("path", [*COMPRESSED_PATHS, "job/{}/submit_qubo/"])
def test_codings_that_are_not_taken(client, path, coding):
    path = path.format(client.open())
    response = client.call("POST", path, data=b"x" * 500_000, headers={"Content-Encoding": coding})
    assert (response.status_code, response.headers["Accept-Encoding"]) == (415, "gzip")
    assert response.json()["detail"].startswith("Expected a body in gzip or as it is, got '")
    assert len(response.content) < 200


QUBO_CAP = Limits().qubo_body
FLOATS = np.linspace(-1, 1, 1024).astype("<f8").tobytes().hex()
QUBOS = {
    "beyond the cap": (
        b" " * (QUBO_CAP + 1),
        413,
        f"The request body exceeds the limit of {QUBO_CAP} bytes.",
    ),
    "a bomb": (
        base64.b64decode(bomb(200 << 20)),
        413,
        f"The request body exceeds the limit of {QUBO_CAP} bytes.",
    ),
    "deep lists": (b"[" * QUBO_CAP, 400, "body is not valid JSON: it is nested too deeply."),
    "2^40 variables": (
        raw({"qubo": {"_format": "factored_v1", "n": 1 << 40, "k": 1}, "target_states": []}),
        400,
        "Expected n up to 1024",
    ),
    "large indices": (
        raw({"qubo": {"9" * 9: 1.0}, "target_states": []}),
        400,
        "Variable 999999999 is beyond",
    ),
    "long indices": (
        raw({"qubo": {"9" * 10**6: 1.0}, "target_states": []}),
        400,
        "Expected variables such as",
    ),
    "not finite": (
        raw({"qubo": {"_format": "factored_v1", "n": 1, "k": 0, "F": "", "signs": [], "diag": "f" * 16}})[:-1]
        + b', "target_states": []}',
        400,
        "Expected 1 finite numbers in 'diag'.",
    ),
}


@pytest.mark.parametrize("case", QUBOS)
def test_hostile_qubos_are_refused(client, case):
    body, expected, reason = QUBOS[case]
    job_id = client.open("VALIDATE")
    headers = GZIP if body[:2] == b"\x1f\x8b" else None
    status, told = client.refused("POST", f"job/{job_id}/submit_qubo/", data=body, headers=headers)
    assert (status, told[: len(reason)]) == (expected, reason)
    assert client.status(job_id) == "PENDING"


def test_a_small_body_with_half_a_million_terms(client):
    """What 33 kB of factors say in full is analysed, in the memory that is allowed."""
    job_id = client.open("VALIDATE")
    qubo = {"_format": "factored_v1", "n": 1024, "k": 1, "F": FLOATS, "signs": [1.0], "diag": FLOATS}
    client.post(f"job/{job_id}/submit_qubo/", {"qubo": qubo, "target_states": []})
    hardness = client.get(f"job/{job_id}/validation_result/")["hardness"]
    assert hardness["n_variables"] == 1024
    assert hardness["energy_min"] is None


def test_a_body_of_exactly_the_cap_is_read(client):
    members = raw({"job_type": "EXECUTE", "tag": "t"})
    response = client.call("POST", "job/init/", data=members + b" " * (MAX_BODY - len(members)))
    assert response.status_code == 201


def test_a_body_that_never_comes(process, client):
    address = urlsplit(process.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
    connection.putrequest("POST", "/api/job/init/")
    connection.putheader("Authorization", f"Bearer {process.TOKEN}")
    connection.putheader("Content-Length", "1000")
    connection.endheaders(b"{")
    assert client.get("credits/"), "others are answered meanwhile"
    connection.close()
    assert client.get("credits/")


@pytest.mark.parametrize(
    "job_id", ["%00", "%ff", "..%2f..", "%F0%9F%98%80", "x" * 5000, "'; DROP TABLE jobs; --"]
)
def test_odd_ids(client, job_id):
    assert client.refused("GET", f"job/{job_id}/status/")[0] == 404
    assert client.open()


def test_gates_that_multiply(client):
    """Sixty definitions, each twice the one before: refused when they would be expanded."""
    definitions = "gate g0 a {x a;x a;}" + "".join(
        f"gate g{i} a {{g{i - 1} a;g{i - 1} a;}}" for i in range(1, 60)
    )
    job_id = client.submit(circuits={"a": f"{HEAD} {definitions} g59 q[0]; measure q -> c;"}, shots=5)
    assert client.wait(job_id) == "FAILED"
    assert "Circuit 'a'" in client.refused("GET", f"job/{job_id}/resultsV2/")[1]


def test_many_clients_at_once(process):
    from concurrent.futures import ThreadPoolExecutor

    upload = raw(body() | {"circuits": {"a": bomb(200 << 20)}})
    coded = base64.b64decode(bomb(200 << 20))

    def attack(number):
        client = Client(process.url, process.TOKEN)
        data, headers = (coded, GZIP) if number % 2 else (upload, None)
        return client.refused("POST", f"job/{client.open()}/add_circuits/", data=data, headers=headers)[0]

    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(attack, range(24))) == [400, 413] * 12
