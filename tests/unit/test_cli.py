"""The command: what it prints and writes, and that bad input is one clear error with exit code 2."""

import importlib.metadata
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from vivace.cli import app
from vivace.sweeps import read_observable

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


def test_version():
    assert vivace("--version").output == f"vivace {importlib.metadata.version('vivace')}\n"


def test_a_sweep_prints_and_writes(tmp_path):
    out = tmp_path / "out"
    done = vivace("sweep", ANSATZ, *GRID, "--observable", WORDS, "--exact", "--unit", "Ha", "--out", out)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0] == "rows           15 of theta_d, theta_s"
    assert lines[1].startswith("time ")
    assert lines[1].endswith(" rows/s")
    assert lines[2] == "lowest         -1.11668513 Ha   row 6   theta_d = 0   theta_s = 0"
    assert lines[3] == "exact ground   -1.13726980 Ha   lowest is 20.585 mHa above it"
    assert lines[4:] == [f"results        {out}/sweep.npz", f"plot           {out}/landscape.png"]
    with np.load(out / "sweep.npz") as stored:
        assert stored["values"].shape == (15, 2)
        assert stored["words"].tolist() == list(read_observable(WORDS).words)
    assert (out / "landscape.png").stat().st_size > 10_000


def test_rows_from_a_file_and_sampling(tmp_path, coin):
    rows, out = tmp_path / "rows.npy", tmp_path / "out.csv"
    np.save(rows, np.array([[0.0], [np.pi]]))
    done = vivace(
        "sweep", coin, "--parameters", rows, "--names", "a", "--shots", 50, "--out", out, "--no-plot"
    )
    assert done.exit_code == 0, done.output
    assert "rows           2 of a, 50 shots each" in done.stdout
    assert "most certain   0 in 100.0% of the shots of row 0   a = 0" in done.stdout
    assert out.read_text() == f"a,<outcome>,<count>\n0.0,0,50\n{np.pi!r},1,50\n"
    assert not out.with_suffix(".png").exists()


def test_a_seed_repeats(tmp_path, coin):
    def run(seed):
        out = tmp_path / "out.csv"
        arguments = ["--range", "a=1:2:9", "--shots", 300, "--seed", seed, "--out", out, "--no-plot"]
        assert vivace("sweep", coin, *arguments).exit_code == 0
        return out.read_text()

    assert run(1) == run(1) != run(2)


FAULTS = [
    (["nope.qasm", "--range", "a=0:1:2", "--shots", "9"], "nope.qasm: No such file or directory"),
    ([".", "--range", "a=0:1:2", "--shots", "9"], ".: Is a directory"),
    (["binary.qasm", "--range", "a=0:1:2", "--shots", "9"], "binary.qasm:1:1: not a text file (NUL byte)"),
    (
        ["big.qasm", "--range", "a=0:1:2", "--shots", "9"],
        "big.qasm: larger than 64 MiB; this is no circuit template",
    ),
    (
        ["coin.qasm", "--range", "a=0:1:2", "--observable", "big.qasm"],
        "big.qasm:1:1: the line is longer than 1048576 bytes.",
    ),
    (["coin.qasm", "--shots", "9"], "give either --range (once per parameter) or --parameters"),
    (["coin.qasm", "--range", "a=0:1:2"], "give --observable, --shots or both"),
    (["coin.qasm", "--range", "a=0:1:2", "--exact", "--shots", "9"], "--exact needs --observable"),
    (
        ["coin.qasm", "--range", "a=0:1:2", "--names", "a", "--shots", "9"],
        "--names goes with --parameters FILE.npy",
    ),
    (
        ["coin.qasm", "--range", "a", "--shots", "9"],
        "--range a: expected NAME=START:STOP:NUM, such as theta=-pi:pi:101",
    ),
    (
        ["coin.qasm", "--range", "a=0:1:2.5", "--shots", "9"],
        "--range a=0:1:2.5: expected a whole number of values",
    ),
    (
        ["coin.qasm", "--range", "a=0:tau:2", "--shots", "9"],
        "--range a=0:tau:2: 'tau' is neither a number nor an expression such as 3*pi/4 (2*pi, not 2pi)",
    ),
    (
        ["coin.qasm", "--range", "a=0:1:2", "--range", "a=0:1:2", "--shots", "9"],
        "--range a=0:1:2: 'a' has a range already",
    ),
    (
        ["coin.qasm", "--range", "a=0:1:2", "--range", "b1=0:1:2", "--shots", "9"],
        "The template has no parameter 'b1'.",
    ),
    (["coin.qasm", "--range", "a=0:inf:2", "--shots", "9"], "Range of 'a': 0.0 to inf is not finite."),
    (
        ["coin.qasm", "--range", "a=0:1:2", "--shots", "9", "--out", "o.json"],
        "o.json: results are written as .npz or .csv, not '.json'.",
    ),
    (
        ["coin.qasm", "--range", "a=0:1:2", "--shots", "9", "--plot", "o.pdf"],
        "o.pdf: pictures are written as .png",
    ),
    (
        ["coin.qasm", "--range", "a=0:1:2", "--shots", "9", "--observable", "x.txt"],
        "Word 'X' cannot be estimated from counts: they are of one basis, which gives words of I and Z only. "
        "Leave shots out for exact expectation values.",
    ),
]


@pytest.mark.parametrize(("arguments", "message"), FAULTS)
def test_bad_input_is_one_line_and_exit_code_2(tmp_path, monkeypatch, coin, arguments, message):
    monkeypatch.chdir(tmp_path)
    Path("binary.qasm").write_bytes(bytes(1000))
    Path("x.txt").write_text("1 X\n")
    with Path("big.qasm").open("wb") as file:
        file.write(b"a" * (65 << 20))
    done = vivace("sweep", *arguments)
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", f"vivace: error: {message}\n")


def test_a_template_that_is_no_qasm_shows_line_and_caret(tmp_path):
    path = tmp_path / "bad.qasm"
    path.write_text("OPENQASM 2.0;\nqreg q[1];\nfoo(a) q[0];\n")
    done = vivace("sweep", path, "--range", "a=0:1:2", "--shots", 9, "--out", tmp_path / "o")
    expected = f"vivace: error: {path}: Unknown gate 'foo' at 3:1\n  Line 3: foo(a) q[0];\n          ^^^\n"
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", expected)


def test_usage_errors_are_exit_code_2():
    for arguments in (["sweep"], ["sweep", ANSATZ, "--bogus"], ["nonsense"]):
        assert vivace(*arguments).exit_code == 2


def script():
    found = shutil.which("vivace", path=sysconfig.get_path("scripts"))
    return [found] if found else [sys.executable, "-c", "from vivace.cli import main; main()"]


def test_the_installed_script_reports_without_traceback(tmp_path):
    done = subprocess.run(
        [*script(), "sweep", "nope.qasm", "--range", "a=0:1:2", "--shots", "9"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "vivace: error: nope.qasm: No such file or directory\n"


def test_help_loads_no_heavy_library():
    code = (
        "import sys\nfrom vivace.cli import app\ntry: app(['sweep', '--help'])\nexcept SystemExit: pass\n"
        "heavy = {'numpy', 'qiskit', 'scipy', 'matplotlib', 'maestro'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c_saves_the_finished_rows(tmp_path):
    wide = tmp_path / "wide.qasm"
    gates = "".join(f"ry(a*{i}) q[{i % 12}]; cx q[{i % 12}],q[{(i + 1) % 12}];\n" for i in range(60))
    wide.write_text(f'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[12];\n{gates}')
    words = tmp_path / "words.txt"
    words.write_text(f"1 {'Z' * 12}\n")
    out = tmp_path / "o.npz"
    arguments = ["sweep", wide, "--range", "a=0:1:5000000", "--observable", words, "--out", out, "--no-plot"]
    process = subprocess.Popen(
        [*script(), *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    time.sleep(8)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in told
    if out.exists():
        with np.load(out) as stored:
            done = len(stored["values"])
        expected = f"vivace: interrupted: {done} of 5000000 rows done; the finished rows are saved\n"
    else:
        expected = "vivace: interrupted: 0 of 5000000 rows done; nothing is saved\n"
    assert told == expected
