"""Circuits to submit, and the job they became."""

from support.cloud import Job
from vivace.backends import CircuitPayload

HEAD = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2];'


def circuits(number, start=0):
    return {
        f"c{i}": f"{HEAD} rx({i / 7}) q[0]; cx q[0],q[1]; measure q -> c;"
        for i in range(start, start + number)
    }


def only_job(cloud) -> Job:
    (job,) = cloud.jobs.values()
    return job


def sweep(rows, names=40):
    text = HEAD + "".join(f"rx(a{k}) q[0];" for k in range(names)) + " measure q -> c;"
    values = [[1 / (k + i + 1) for k in range(names)] for i in range(rows)]
    return CircuitPayload.from_matrix(text, [f"a{k}" for k in range(names)], values)
