"""The options of the command, and that wrong ones are one line with exit code 2."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from vivace.cli import app
from vivace.sweeps import read_parameters

H2 = Path(__file__).parents[1] / "data" / "h2"
ANSATZ, WORDS = str(H2 / "ansatz.qasm"), str(H2 / "hamiltonian.txt")
GRID = ["--range", "theta_d=-pi/2:pi/2:5", "--range", "theta_s=0:pi/4:3"]
COIN = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[1]; creg c[1]; ry(a) q[0]; measure q -> c;'


def vivace(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def coin(tmp_path):
    path = tmp_path / "coin.qasm"
    path.write_text(COIN)
    return path


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sweep"], "Missing argument 'TEMPLATE'. Try: {vivace} sweep --help"),
        (["swep"], "No such command 'swep'. Did you mean 'sweep'? Try: {vivace} --help"),
        (["jobs", "nonsense"], "No such command 'nonsense'. Try: {vivace} jobs --help"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(arguments, message):
    done = vivace(*arguments)
    name = re.search(r"Try: (.*?) ((sweep|jobs) )?--help", done.stderr)[1]  # as it was called
    expected = f"vivace: error: {message.format(vivace=name)}\n"
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", expected)


@pytest.mark.parametrize(
    ("arguments", "start"),
    [
        (["sweep", ANSATZ, "--bogus"], "No such option: --bogus"),
        (["sweep", ANSATZ, "--shots", "0"], "Invalid value for '--shots': "),
        (
            ["run", ANSATZ, "--backend", "nowhere"],
            "Invalid value for '--backend': 'nowhere' is not one of 'maestro', 'aer', 'qoro'. Try: ",
        ),
    ],
)
def test_wrong_options_are_one_line_and_exit_code_2(arguments, start):
    done = vivace(*arguments)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f"vivace: error: {start}")
    assert done.stderr.endswith(f"{arguments[0]} --help\n")


def test_without_a_command_there_is_help():
    done = vivace()
    assert (done.exit_code, done.stderr) == (2, "")
    assert done.stdout.startswith("Usage: ")


INTERRUPTED_IMPORT = """
import runpy, signal, sys
class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
sys.argv = ["vivace", "--help"]
runpy.run_module("vivace", run_name="__main__")
"""


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c_while_modules_load_is_no_traceback():
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_IMPORT], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "vivace: interrupted\n")


def test_a_file_is_all_that_is_written(tmp_path, coin):
    assert (
        vivace("sweep", coin, "--range", "a=0:1:3", "--shots", 9, "--out", tmp_path / "r.csv").exit_code == 0
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["coin.qasm", "r.csv"]
    picture = ["--out", tmp_path / "r.npz", "--plot", tmp_path / "p.png"]
    assert vivace("sweep", coin, "--range", "a=0:1:3", "--shots", 9, *picture).exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["coin.qasm", "p.png", "r.csv", "r.npz"]


def test_one_shot_has_no_error_to_print(tmp_path):
    arguments = ["--observable", WORDS, "--shots", 1, "--seed", 1, "--out", tmp_path / "sweep.npz"]
    done = vivace("sweep", ANSATZ, *GRID, *arguments)
    assert done.exit_code == 0, done.output
    assert "nan" not in done.output
    assert "+-" not in done.output


def test_what_fails_in_the_checks_leaves_no_directory(tmp_path, coin, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for more in ([], ["--plot", "pictures/x.png"]):
        done = vivace("sweep", coin, "--range", "b=0:1:3", "--shots", 9, "--out", "deep/out", *more)
        assert done.exit_code == 2
        assert sorted(path.name for path in tmp_path.iterdir()) == ["coin.qasm"]
    assert vivace("sweep", coin, "--range", "a=0:1:3", "--shots", 9, "--out", "deep/out").exit_code == 0
    assert sorted(path.name for path in (tmp_path / "deep/out").iterdir()) == ["landscape.png", "sweep.npz"]


def test_a_directory_that_cannot_be_made_is_told_before_anything_runs(tmp_path, coin, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = vivace("sweep", coin, "--range", "a=0:1:3", "--shots", 9, "--out", "coin.qasm/out")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "vivace: error: coin.qasm/out: Not a directory\n"


@pytest.mark.skipif(os.name == "nt", reason="limits of files")
@pytest.mark.parametrize(("limit", "name"), [(2000, "sweep.npz"), (20_000, "landscape.png")])
def test_a_full_disk_is_told_with_the_file(tmp_path, coin, limit, name):
    """A limit on the size of files is as good."""
    import resource

    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "vivace",
            "sweep",
            "coin.qasm",
            "--range",
            "a=0:1:300",
            "--shots",
            "9",
            "--out",
            ".",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"vivace: error: {name}: File too large")
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("both", [False, True])
def test_output_that_nobody_reads_any_more_ends_quietly(tmp_path, coin, both):
    """As in ``vivace jobs | head -3``."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "vivace", "run", "coin.qasm", "--shots", "9"]
    coin.write_text(COIN.replace("ry(a)", "ry(1)"))
    with os.fdopen(writing, "wb") as unread:
        done = subprocess.run(
            command, cwd=tmp_path, stdout=unread, stderr=unread if both else subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr) == (1, None if both else b"")


def test_a_sweep_on_aer_finds_the_same(tmp_path):
    pytest.importorskip("qiskit_aer")
    shared = ["sweep", ANSATZ, *GRID, "--observable", WORDS, "--out"]
    assert vivace(*shared, tmp_path / "maestro.npz").exit_code == 0
    assert vivace(*shared, tmp_path / "aer.npz", "--backend", "aer").exit_code == 0
    with np.load(tmp_path / "maestro.npz") as maestro, np.load(tmp_path / "aer.npz") as aer:
        assert aer["energies"] == pytest.approx(maestro["energies"], abs=1e-9)


@pytest.mark.filterwarnings("ignore:Circuit .* runs with MatrixProductState and max_bond")
def test_a_method_of_maestro(tmp_path):
    cut = ["--method", "MatrixProductState", "--bond-dimension", 1]
    done = vivace(
        "sweep",
        ANSATZ,
        "--range",
        "theta_d=0.1:0.2:2",
        "--range",
        "theta_s=0:0:1",
        "--observable",
        WORDS,
        "--out",
        tmp_path / "o.npz",
        *cut,
    )
    assert done.exit_code == 0, done.stderr
    exact = vivace(
        "sweep",
        ANSATZ,
        "--range",
        "theta_d=0.1:0.2:2",
        "--range",
        "theta_s=0:0:1",
        "--observable",
        WORDS,
        "--out",
        tmp_path / "e.npz",
    )
    assert exact.exit_code == 0
    with np.load(tmp_path / "o.npz") as one, np.load(tmp_path / "e.npz") as other:
        assert abs(one["energies"] - other["energies"]).max() > 1e-4


@pytest.mark.parametrize("suffix", [".csv", ".npz"])
def test_results_of_a_sweep_are_rows_of_the_next(tmp_path, suffix):
    first, second = tmp_path / f"first{suffix}", tmp_path / f"second{suffix}"
    observed = ["--observable", WORDS, "--out"]
    assert vivace("sweep", ANSATZ, *GRID, *observed, first).exit_code == 0
    done = vivace("sweep", ANSATZ, "--parameters", first, *observed, second)
    assert done.exit_code == 0, done.stderr
    names, values = read_parameters(first)
    again = read_parameters(second)
    assert (names, values.shape) == (("theta_d", "theta_s"), (15, 2))
    assert (again[0], again[1].tolist()) == (names, values.tolist())
