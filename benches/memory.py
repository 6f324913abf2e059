"""Peak memory of a long submission, beyond its input and its results. Run as a script: one line of JSON.

A template of eight parameters on four qubits: expectation values of three words, or 100 shots. In a process
of its own, because a peak is that of a process; Linux only.

    python benches/memory.py 1000000 values
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from vivace.backends import CircuitPayload, MaestroSimulator

KINDS = ("values", "counts")

_NAMES = [f"a{index}" for index in range(8)]
_TEXT = (
    "OPENQASM 2.0; qreg q[4]; creg c[4];"
    + "".join(f"ry({name}) q[{index}];" for index, name in enumerate(_NAMES[:4]))
    + "cx q[0],q[1]; cx q[1],q[2]; cx q[2],q[3];"
    + "".join(f"rx({name}) q[{index}];" for index, name in enumerate(_NAMES[4:]))
    + "measure q -> c;"
)


def measured(rows: int, kind: str) -> dict[str, float]:
    """`measure` in a new process."""
    command = [sys.executable, __file__, str(rows), kind]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measure(rows: int, kind: str) -> dict[str, float]:
    """Bytes at the peak of a run, and of reading its results as dicts, beyond input and results."""
    options = {"ham_ops": "ZZII;IZZI;IIZZ"} if kind == "values" else {}
    with MaestroSimulator(shots=100) as simulator:
        simulator.set_seed(1)
        _ = simulator.submit_circuits([_payload(100)], **options).results  # loads everything there is to load
        payload = _payload(rows)
        before = _reset_peak()
        result = simulator.submit_circuits([payload], **options)
        submitted = _status("VmHWM") - before
        _ = result.results
        read = _status("VmHWM") - before
    gc.disable()
    if kind == "values":
        labels, _, matrix = result.expectations()
        arrays = matrix.nbytes
    else:
        table = result.counts_table()
        labels = table.labels
        arrays = sum(own.nbytes for own in (table.widths, table.offsets, table.bits, table.counts))
    arrays += sum(map(sys.getsizeof, labels)) + sys.getsizeof(labels)
    number = sys.getsizeof(0.5) if kind == "values" else 0  # counts up to 256 are shared by all of Python
    dicts = sys.getsizeof(result.results) + sum(
        sys.getsizeof(entry) + sys.getsizeof(entry["results"]) + number * len(entry["results"])
        for entry in result.results
    )
    return {"run": submitted - arrays, "read": read - arrays - dicts, "arrays": arrays, "dicts": dicts}


def _payload(rows: int) -> CircuitPayload:
    return CircuitPayload.from_matrix(_TEXT, _NAMES, np.random.default_rng(1).uniform(0, 3, (rows, 8)))


def _reset_peak() -> int:
    """Resident bytes; the peak starts from there."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def _status(key: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(key))


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), sys.argv[2])))
