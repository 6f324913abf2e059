"""The cloud client beside upstream's, on the same circuits and the same local server. `make bench-cloud`.

Each measurement is a client process of its own, in a venv of its own, that talks HTTP to one server in this
process. Uploads go to a server without workers, so that nothing but the clients computes. Processor time
counts all threads of the client, from the circuits as texts to the job accepted, or from the job id to
the results; bytes are those of the requests, heads included, in gzip since the server takes that.

The circuits are those of sweeps: gradients by parameter shift (96 angles, one at a time off by ±π/2), a scan
of one parameter, 8 random parameters, or 96. An angle of 8 random decimals has log2(2π·10⁸) = 29 bits that no
encoding can leave out: the figures for bytes say how many times fewer there would be if only these were sent.
With 96 random angles in every circuit it is 3.7, with 8 it is 22; but the protocol wants decimal digits, on
which gzip spends more than they are worth, and labels. With 8 parameters even xz at its best gets no further
than 16.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from measure import Aim, Figure, console, digits, machine, table
from upstream import REQUIREMENT, VENV, interpreter
from vivace.backends import JobStatus, QoroService
from vivace.server import LocalServer, Settings

FETCHED = {"circuits": 200, "qubits": 20, "shots": 20_000}
KINDS: dict[str, tuple[str, float]] = {
    "angles": ("96 angles", 96),
    "gradients": ("parameter shifts", 0.5),
    "layers": ("8 parameters", 8),
    "one": ("1 parameter", 1),
}
"""What they are called, and the angles that are drawn for each circuit."""

ANGLE = math.log2(2 * math.pi * 1e8) / 8
"""Bytes of information in an angle."""


class Bench:
    """Clients of both sides. `ours` and `theirs` are their interpreters."""

    def __init__(self, ours: Path, theirs: Path, out: Console) -> None:
        self._python = {"vivace": ours, "upstream": theirs}
        self._out = out

    def ask(self, side: str, server: LocalServer, **task: Any) -> dict[str, float]:
        """What a client process of that side found."""
        order = {"side": side, "url": server.url, "token": server.token, "shots": 1000, **task}
        done = subprocess.run(
            [self._python[side], Path(__file__).with_name("cloud_upstream_client.py")],
            input=json.dumps(order),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        shown = "  ".join(f"{name} {digits(value)}" for name, value in found.items())
        self._out.print(f"[dim]{side:8} {task['work']} {task.get('kind', '')} {task['circuits']:>6}  {shown}")
        return found

    def submit(self, sizes: list[int], theirs: list[int]) -> list[Figure]:
        figures = []
        with LocalServer(settings=Settings(workers=0)) as server:
            for kind, (name, angles) in KINDS.items():
                mine, other = {}, {}
                for size in sizes:
                    task = {"work": "submit", "kind": kind, "circuits": size}
                    mine[size] = self.ask("vivace", server, **task)
                    if size in theirs:
                        other[size] = self.ask("upstream", server, **task)
                figures += _submitted(name, angles, mine, other)
        return figures

    def fetch(self, rounds: int) -> list[Figure]:
        with LocalServer() as server:
            job_id = _histograms(server)
            task = {"work": "fetch", "job_id": job_id, **FETCHED}
            found: dict[str, list[dict[str, float]]] = {"upstream": [], "vivace": []}
            for _ in range(rounds):
                for side, runs in found.items():
                    runs.append(self.ask(side, server, **task))
        if len({run["outcomes"] for runs in found.values() for run in runs}) != 1:
            raise SystemExit("The two sides fetched different counts.")
        figures = []
        for what, suffix in (("to dicts", ""), ("to arrays, upstream's to dicts", " to arrays")):
            for measure, name in (("wall", "wall"), ("cpu", "client CPU")):
                mine = statistics.median(run[measure + suffix] for run in found["vivace"])
                other = statistics.median(run[measure] for run in found["upstream"])
                figures.append(_ratio("fetch+decode", f"{what}: {name}", mine, other, Aim("≥", 4), "s"))
        return figures


def _submitted(
    name: str, angles: float, mine: dict[int, dict[str, float]], other: dict[int, dict[str, float]]
) -> list[Figure]:
    figures = []
    largest = max(other)
    for size, run in mine.items():
        # What upstream was not asked to do is what it would take at the pace of its largest submission.
        scale = 1.0 if size in other else size / largest
        against = other.get(size, other[largest])
        told = f"{size:,} circuits" + ("" if scale == 1 else " (scaled)")
        most = against["bytes"] * scale / (size * angles * ANGLE)
        ratios = (
            ("CPU", "cpu", Aim("≥", 100), "s"),
            (f"bytes (at most {digits(most)})", "bytes", Aim("≥", 20), "B"),
        )
        for what, key, aim, unit in ratios:
            figures.append(_ratio(name, f"{told}: {what}", run[key], against[key] * scale, aim, unit))
    size = max(mine)
    peaks = mine[size]["peak"] / 2**20, other[largest]["peak"] / 2**20
    told = f"{size:,} circuits (upstream {largest:,}): peak memory"
    figures.append(_ratio(name, told, *peaks, Aim("≥", 1), "MiB"))
    return figures


def _ratio(group: str, what: str, mine: float, other: float, aim: Aim | None, unit: str) -> Figure:
    """A figure whose value is the ratio; both sides are told beside it."""
    sides = f"{digits(other)} {unit} against {digits(mine)} {unit}"
    return Figure(group, what, other / mine, "×", aim, None, sides)


def _histograms(server: LocalServer) -> str:
    """A job that has ended, with about one outcome for every shot."""
    qubits, shots = FETCHED["qubits"], FETCHED["shots"]
    head = f'OPENQASM 2.0; include "qelib1.inc"; qreg q[{qubits}]; creg c[{qubits}]; '
    texts = [
        head + "".join(f"ry({1.4 + 0.001 * index:.3f}) q[{q}]; " for q in range(qubits)) + "measure q -> c;"
        for index in range(FETCHED["circuits"])
    ]
    with QoroService(server.token, base_url=server.url, journal=None) as service:
        job = service.submit_circuits(texts, override_job_config=service.job_config.override(shots=shots))
        status = service.poll_job_status(job, loop_until_complete=True, verbose=False)
    assert status is JobStatus.COMPLETED
    assert job.job_id is not None
    return job.job_id


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="200 circuits, one round")
    parser.add_argument("--full", action="store_true", help="upstream at 20 000 circuits, too: minutes")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    options = parser.parse_args()
    out = console()
    bench = Bench(Path(sys.executable), interpreter(VENV, out), out)
    sizes = [200] if options.quick else [200, 2_000, 20_000]
    began = time.perf_counter()
    figures = bench.submit(sizes, sizes if options.full else sizes[:2])
    figures += bench.fetch(1 if options.quick else 5)
    out.print(table(figures, f"Vivace and {REQUIREMENT} as clients of one server: 12 qubits, 4 layers"))
    out.print(f"{time.perf_counter() - began:.0f} s; {machine()}")
    if options.json is not None:
        records = [figure.record() for figure in figures]
        options.json.write_text(json.dumps({"machine": machine(), "figures": records}, indent=1) + "\n")


if __name__ == "__main__":
    main()
