"""What is seen on a terminal while a job is on its way or out; elsewhere nothing is."""

import json
import os
import re
import subprocess
import sys

import pytest

from support.cloud import TOKEN

RUN = """
import sys
from vivace.backends import QoroService

text = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; creg c[1]; h q[0]; measure q -> c;'
with QoroService(sys.argv[2], base_url=sys.argv[1], journal=None, polling_interval=0.2) as service:
    print(len(service.run([text] * 8).results))
"""
STATUS = "job status"


def running(**facts):
    return (200, {}, json.dumps({"status": "RUNNING", "run_time": 0.0, **facts}))


@pytest.fixture
def seen(cloud):
    """What a client shows on its terminal."""
    pty = pytest.importorskip("pty")

    def run():
        main, terminal = pty.openpty()
        environment = os.environ | {"TERM": "xterm", "COLUMNS": "110", "LINES": "30"}
        command = [sys.executable, "-c", RUN, cloud.url, TOKEN]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=terminal, env=environment, text=True)
        os.close(terminal)
        shown = b""
        while True:
            try:
                shown += os.read(main, 1 << 16)
            except OSError:  # nobody holds the other end any more
                break
        os.close(main)
        assert child.communicate()[0] == "8\n"
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())

    return run


def test_a_bar_follows_the_circuits_that_are_done(cloud, seen):
    cloud.faults[STATUS].extend([running(circuits_done=3, circuits=8)] * 8)
    shown = seen()
    assert re.search(r"Job \w+ is RUNNING\. Polling attempt \d+ / 5000 .* 3/8", shown)


@pytest.mark.parametrize("facts", [{}, {"circuits_done": "x"}, {"circuits_done": 9, "circuits": 8}])
def test_where_the_service_does_not_say_the_status_is_shown(cloud, seen, facts):
    cloud.faults[STATUS].extend([running(**facts)] * 8)
    shown = seen()
    assert re.search(r"Job \w+ is RUNNING\. Polling attempt \d+ / 5000 ", shown)
    assert not re.search(r"\d+/(\?|\d)", shown[shown.index("RUNNING") :])


def test_a_status_that_looks_like_markup_is_shown_as_it_is(cloud, seen):
    cloud.faults[STATUS].extend([running(status="[/x] [red]")] * 8)
    assert re.search(r"Job \w+ is \[/x\] \[red\]\. Polling attempt ", seen())


def test_off_a_terminal_nothing_is_shown(cloud):
    cloud.faults[STATUS].extend([running(circuits_done=3, circuits=8)] * 2)
    done = subprocess.run(
        [sys.executable, "-c", RUN, cloud.url, TOKEN], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("8\n", "")
