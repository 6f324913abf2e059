"""One client process of `cloud_upstream.py`, ours or upstream's: an order on stdin, figures on stdout."""

from __future__ import annotations

import gc
import json
import re
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import requests

import corpus
import server_upstream_client

QUBITS, LAYERS = 12, 4


def texts(kind: str, count: int) -> dict[str, str]:
    """Bound circuits by label."""
    if kind == "angles":
        found = corpus.circuits(QUBITS, LAYERS, count)[0]
    elif kind == "gradients":
        found = corpus.shifted(QUBITS, LAYERS, count)
    else:
        # Qubits share their angles: two for each layer, or one for all.
        text, shape = corpus.template(QUBITS, LAYERS), (LAYERS, 1, 2) if kind == "layers" else (1, 1, 1)
        rows = np.random.default_rng(1).uniform(-np.pi, np.pi, (count, *shape)).round(8)
        angles = np.broadcast_to(rows, (count, LAYERS, QUBITS, 2)).reshape(count, -1)
        found = [text % tuple(row) for row in angles.tolist()]
    return {str(index): text for index, text in enumerate(found)}


class Meter:
    """Bytes of all requests, as `requests` hands them to the connection."""

    def __init__(self) -> None:
        self.sent = 0
        real = requests.adapters.HTTPAdapter.send

        def send(adapter: Any, request: Any, **options: Any) -> Any:
            head = sum(len(name) + len(value) + 4 for name, value in request.headers.items())
            self.sent += (
                len(request.method) + len(request.path_url) + 12 + head + 2 + len(request.body or b"")
            )
            return real(adapter, request, **options)

        requests.adapters.HTTPAdapter.send = send


class Ours:
    def __init__(self, task: dict[str, Any]) -> None:
        from vivace.backends import QoroService

        self.service = QoroService(task["token"], base_url=task["url"], journal=None)

    def submit(self, circuits: dict[str, str]) -> None:
        self.service.submit_circuits(circuits)

    def fetch(self, job_id: str) -> Any:
        return self.service.get_job_results(job_id)


class Theirs:
    def __init__(self, task: dict[str, Any]) -> None:
        server_upstream_client.redirect(task["url"])
        self.client = server_upstream_client.Client(task)

    def submit(self, circuits: dict[str, str]) -> None:
        self.client.submit(circuits)

    def fetch(self, job_id: str) -> Any:
        from divi.backends import ExecutionResult

        return self.client.service.get_job_results(ExecutionResult(job_id=job_id))


def timed(call: Callable[[], object], found: list[Any]) -> tuple[float, float]:
    """Wall and processor seconds; what the call returns goes into `found`."""
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    found.append(call())
    return time.perf_counter() - wall, time.process_time() - cpu


def peak() -> int:
    """Largest resident set so far, in bytes."""
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) << 10


def submitted(side: Any, task: dict[str, Any], meter: Meter) -> dict[str, float]:
    side.submit(texts("angles", 2))  # loads everything there is to load
    circuits = texts(task["kind"], task["circuits"])
    rounds = 5 if len(circuits) <= 200 else 1
    meter.sent = 0
    times = [timed(lambda: side.submit(circuits), []) for _ in range(rounds)]
    wall, cpu = (statistics.median(column) for column in zip(*times, strict=True))
    return {"wall": wall, "cpu": cpu, "bytes": meter.sent / rounds, "peak": peak()}


def fetched(side: Any, task: dict[str, Any]) -> dict[str, float]:
    wall, cpu = timed(lambda: side.fetch(task["job_id"]), found := [])
    wall_dicts, cpu_dicts = timed(lambda: found[0].results, found)
    counts = [entry["results"] for entry in found[1]]
    assert all(sum(own.values()) == task["shots"] for own in counts)
    return {
        "wall": wall + wall_dicts,
        "cpu": cpu + cpu_dicts,
        "wall to arrays": wall,
        "cpu to arrays": cpu,
        "outcomes": sum(map(len, counts)),
        "peak": peak(),
    }


def main() -> None:
    task = json.load(sys.stdin)
    meter = Meter()
    side = (Ours if task["side"] == "vivace" else Theirs)(task)
    found = submitted(side, task, meter) if task["work"] == "submit" else fetched(side, task)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
