"""Upstream's own clients against our server: `python benches/server_upstream.py`.

Each release runs in a venv of its own, submits, polls and fetches over HTTP; its answers are compared with
those of `MaestroSimulator` run directly. Not part of the tests: it installs upstream's packages.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from measure import console
from upstream import interpreter
from vivace.backends import CircuitPayload, MaestroSimulator
from vivace.server import LocalServer

RELEASES = ("0.12.1", "0.15.1")
HEAD = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[3]; creg c[3]; '
BODY = "ry({a}) q[0]; cx q[0],q[1]; ry({b}) q[2]; cx q[1],q[2]; "
TAIL = "measure q[0] -> c[0]; measure q[1] -> c[1]; measure q[2] -> c[2];"
ROWS = [[0.1 * row, 0.7 - 0.2 * row] for row in range(8)]
WORDS = "ZZI;IXX;ZIZ;III"
SHOTS = 20_000
FAR = 0.05  # total variation distance between two samples of SHOTS that are as they should be: below 0.02


def main() -> None:
    texts = {f"c{i}": HEAD + BODY.format(a=f"{a:.8f}", b=f"{b:.8f}") + TAIL for i, (a, b) in enumerate(ROWS)}
    template = HEAD + BODY.format(a="alpha", b="beta") + TAIL
    labels = list(texts)
    rows = list(zip(labels, ROWS, strict=True))
    with MaestroSimulator(shots=SHOTS) as simulator:
        payload = CircuitPayload(template, ["alpha", "beta"], rows)
        right = {
            "counts": simulator.submit_circuits(texts).results,
            "values": simulator.submit_circuits(texts, ham_ops=WORDS).results,
            "template counts": simulator.submit_circuits([payload]).results,
            "template values": simulator.submit_circuits([payload], ham_ops=WORDS).results,
        }
    task = {"texts": texts, "template": template, "rows": rows, "words": WORDS, "shots": SHOTS}
    bad, out = 0, console()
    with LocalServer() as server:
        for release in RELEASES:
            place = Path(__file__).parent.parent / f".venv-upstream-{release}"
            python = interpreter(place, out, f"qoro-divi=={release}")
            order = task | {"url": server.url, "token": server.token}
            done = subprocess.run(
                [python, Path(__file__).with_name("server_upstream_client.py")],
                input=json.dumps(order),
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
            found = json.loads(done.stdout.splitlines()[-1])
            for name, expected in right.items():
                verdict = _compare(found.pop(name), expected)
                bad += verdict != "same"
                out.print(f"{release:8} {name:18} {verdict}")
            for name, told in found.items():
                out.print(f"{release:8} {name:18} {told}")
    sys.exit(bool(bad))


def _compare(found: list[dict], expected: list[dict]) -> str:
    if [entry["label"] for entry in found] != [entry["label"] for entry in expected]:
        return "other labels"
    for one, other in zip(found, expected, strict=True):
        mine, theirs = other["results"], one["results"]
        if set("".join(mine)) <= {"0", "1"}:
            keys = mine.keys() | theirs.keys()
            apart = sum(abs(mine.get(key, 0) - theirs.get(key, 0)) for key in keys) / (2 * SHOTS)
            if apart > FAR or sum(theirs.values()) != SHOTS:
                return f"{one['label']}: counts {apart:.3f} apart"
        elif mine.keys() != theirs.keys() or any(abs(mine[k] - theirs[k]) > 1e-9 for k in mine):
            return f"{one['label']}: {theirs} instead of {mine}"
    return "same"


if __name__ == "__main__":
    main()
