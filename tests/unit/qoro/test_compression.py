"""Uploads are compressed for services that ask for it, and only for these."""

import math

import numpy as np
import pytest

from support.cloud import Cloud
from vivace.backends import CircuitPayload, QoroHTTPError
from vivace.backends.qoro.wire import endpoints
from vivace.codecs import compress_text

HEAD = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2];'
LABELS = [f"c{i}" for i in range(100)]
TEXTS = {label: f"{HEAD} rx({i / 7}) q[0]; cx q[0],q[1]; measure q -> c;" for i, label in enumerate(LABELS)}
ROWS = [
    CircuitPayload.from_matrix(f"{HEAD} rx(a) q[0]; measure q -> c;", ["a"], [[i / 7] for i in range(500)])
]
REFUSED = (415, {}, '{"detail": "no"}')


@pytest.fixture
def service(connect):
    """Four uploads for `TEXTS`."""
    return connect(max_request_bytes=6000, factor_circuits=False)


def uploads(cloud: Cloud):
    """(coding, bytes) of every upload that came in, taken or not."""
    return [(headers.get("Content-Encoding"), body) for headers, body in cloud.sent(endpoints.ADD_CIRCUITS)]


def only_job(cloud):
    (job,) = cloud.jobs.values()
    return job


@pytest.mark.parametrize("told", [None, "", "*", "br", "gzip;q=0", "gzip;q=x", "gzip;level=1", "gzipped"])
def test_a_service_that_does_not_ask_for_gzip_gets_none(service, cloud, told):
    cloud.accept_encoding = told
    service.submit_circuits(TEXTS)
    assert uploads(cloud) == [(None, body) for body in only_job(cloud).bodies]


@pytest.mark.parametrize("told", ["gzip", "br, GZip ; Q=0.2", "x-gzip"])
@pytest.mark.parametrize("given", [ROWS, TEXTS], ids=["rows", "texts"])
def test_a_service_that_asks_for_gzip_gets_the_same_bodies_in_fewer_bytes(service, cloud, told, given):
    service.submit_circuits(given)
    plain = only_job(cloud)
    cloud.jobs.clear()
    cloud.requests.clear()
    cloud.accept_encoding = told
    service.submit_circuits(given)
    assert only_job(cloud).bodies == plain.bodies
    assert len(plain.bodies) > 2
    for (coding, body), whole in zip(uploads(cloud), plain.bodies, strict=True):
        assert coding == "gzip"
        assert len(body) < len(whole)


def ansatz(angles):
    """12 qubits, 4 layers; angles of 8 decimals."""
    values = iter(angles)
    layer = [f"{gate}({{}}) q[{qubit}];" for qubit in range(12) for gate in ("ry", "rz")]
    layer += [f"cx q[{qubit}],q[{qubit + 1}];" for qubit in range(11)]
    gates = "".join(line.format(f"{next(values):.8f}") if "{" in line else line for line in layer * 4)
    return f'OPENQASM 2.0; include "qelib1.inc"; qreg q[12]; creg c[12]; {gates} measure q -> c;'


def scan():
    """One angle in 1000 steps, wherever it stands."""
    return [ansatz([angle] * 96) for angle in np.linspace(-math.pi, math.pi, 1000)]


def gradients():
    """The circuits of a parameter shift, at five random points and a bit."""
    points = np.repeat(np.random.default_rng(1).uniform(-math.pi, math.pi, (6, 96)), 192, axis=0)[:1000]
    for index, point in enumerate(points):
        point[index // 2 % 96] += (-1) ** index * math.pi / 2
    return map(ansatz, points)


@pytest.mark.parametrize("sweep", [scan, gradients])
def test_a_sweep_of_bound_texts_takes_20_times_fewer_bytes_than_texts_compressed_one_by_one(
    connect, cloud, sweep
):
    cloud.accept_encoding = "gzip"
    texts = list(sweep())
    connect().submit_circuits(texts)
    alone = sum(len(compress_text(text)) for text in texts)
    assert 20 * sum(len(body) for _, body in uploads(cloud)) <= alone


@pytest.mark.parametrize("at", range(4))
def test_a_refused_body_goes_again_as_it_is_and_so_do_all_after_it(service, cloud, at):
    """Something on the way may not take what the service takes. Nothing is lost, sent twice, or left open."""
    cloud.accept_encoding = "gzip"
    cloud.faults["circuit upload"].extend([None] * at + [REFUSED])
    service.submit_circuits(TEXTS)
    job = only_job(cloud)
    assert [coding for coding, _ in uploads(cloud)] == ["gzip"] * (at + 1) + [None] * (4 - at)
    assert len(job.bodies) == 4
    assert [label for label, _, _ in job.circuits()] == LABELS
    cloud.requests.clear()
    service.submit_circuits(TEXTS)
    assert [coding for coding, _ in uploads(cloud)] == [None] * 4


def test_a_body_that_is_refused_as_it_is_too_is_an_error(service, cloud):
    cloud.accept_encoding = "gzip"
    cloud.faults["circuit upload"].extend([REFUSED] * 3)
    with pytest.raises(QoroHTTPError, match='^415 Unsupported Media Type: {"detail": "no"}'):
        service.submit_circuits(TEXTS)
    assert [coding for coding, _ in uploads(cloud)] == ["gzip", None]
    assert only_job(cloud).status == "CANCELLED"
