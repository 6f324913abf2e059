"""A plain HTTP client for tests of the server, and servers in processes of their own."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import requests

from vivace.codecs import compress_text

BELL = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; h q[0]; cx q[0],q[1]; measure q -> c;'
ROTATION = (
    'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; ry(a) q[0]; cx q[0],q[1]; measure q -> c;'
)
UNFINISHED = ("PENDING", "RUNNING")


class Client:
    """Requests with one token; `call` returns the response, `get` and `post` insist on success."""

    def __init__(self, url, token):
        self.url = url
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def call(self, method, path, **options):
        return self.session.request(method, f"{self.url}/{path}", timeout=120, **options)

    def get(self, path, **options):
        return self._good(self.call("GET", path, **options))

    def post(self, path, body=None, **options):
        return self._good(self.call("POST", path, json=body, **options))

    @staticmethod
    def _good(response):
        assert response.status_code < 300, response.text
        return response.json()

    def refused(self, method, path, **options):
        """Status and text of a refusal."""
        response = self.call(method, path, **options)
        body = response.json()
        assert response.status_code >= 400, body
        assert list(body) in (["detail"], ["error"])
        return response.status_code, next(iter(body.values()))

    def open(self, job_type="EXECUTE", **members):
        return self.post("job/init/", {"job_type": job_type, "tag": "test", **members})["job_id"]

    def add(self, job_id, *, finalized="true", **members):
        return self.post(f"job/{job_id}/add_circuits/", body(finalized=finalized, **members))

    def submit(self, job_type="EXECUTE", *, config=None, **members):
        given = {} if config is None else {"maestro_config": config}
        job_id = self.open(job_type, **given)
        self.add(job_id, **members)
        return job_id

    def status(self, job_id):
        return self.get(f"job/{job_id}/status/")["status"]

    def wait(self, job_id, until=lambda status: status not in UNFINISHED):
        """The status that ends the wait. The limit only ends tests of servers that hang."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            status = self.status(job_id)
            if until(status):
                return status
            time.sleep(0.01)
        raise AssertionError(f"job {job_id} is {status} still")

    def results(self, job_id, limit=100):
        """All entries, by following `next`."""
        page = self.get(f"job/{job_id}/resultsV2/", params={"limit": limit})
        entries = page["results"]
        while page["next"]:
            page = Client._good(self.session.get(page["next"], timeout=60))
            assert page["results"]
            entries += page["results"]
        assert len(entries) == page["count"]
        return entries


def plain(result):
    """The entries of a result without metadata, which does not travel."""
    return [{"label": entry["label"], "results": entry["results"]} for entry in result.results]


def body(*, finalized="true", circuits=None, **members):
    """A body of add_circuits; circuits are given as texts."""
    found = {"mode": "append", "finalized": finalized, **members}
    if circuits is not None:
        found["circuits"] = {label: compress_text(text) for label, text in circuits.items()}
    return found


def template(rows, **members):
    """The members of add_circuits for rows of `ROTATION`: pairs of label and values."""
    sets = [{"label": label, "values": values} for label, values in rows]
    return {
        "circuit_template": compress_text(ROTATION),
        "parameter_names": ["a"],
        "parameter_sets": sets,
        **members,
    }


def slow_circuit(index, qubits=16, layers=8):
    """A circuit that takes a while, and shares its structure with no other of another index."""
    gates = []
    for layer in range(layers):
        gates += [f"ry(0.{1 + (layer * qubits + q) % 97}) q[{q}];" for q in range(qubits)]
        gates += [f"cx q[{q}],q[{(q + 1 + (index + layer) % 5) % qubits}];" for q in range(qubits)]
    gates += [f"x q[{q}];" for q in range(qubits) if index >> q & 1]
    head = f'OPENQASM 2.0; include "qelib1.inc"; qreg q[{qubits}]; creg c[{qubits}];'
    return head + "".join(gates) + "measure q -> c;"


class ServerProcess:
    """`vivace serve` in a process of its own."""

    TOKEN = "token-for-tests"

    def __init__(self, db, *arguments, quiet=True):
        command = [sys.executable, "-c", "from vivace.cli import main; main()", "serve", "--port", "0"]
        command += ["--quiet"] * quiet
        self.process = subprocess.Popen(
            [*command, "--db", str(db), *arguments],
            env=os.environ | {"VIVACE_SERVER_TOKEN": self.TOKEN},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.head = []
        for line in self.process.stdout:
            self.head.append(line)
            if line.startswith("database"):
                break
        else:
            raise AssertionError(self.process.communicate()[1])
        self.url = re.match(r"url +(\S+)$", self.head[0])[1]

    @property
    def client(self):
        return Client(self.url, self.TOKEN)

    def peak_memory(self):
        """Largest resident set so far, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024

    def stop(self, number=signal.SIGTERM):
        """End it; what it wrote and its exit code."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)
        out, errors = self.process.communicate(timeout=60)
        return "".join(self.head) + out, errors, self.process.returncode
