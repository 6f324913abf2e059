"""The command: what it prints and writes, and that bad input is one clear error with exit code 2."""

import importlib.metadata
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
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


@pytest.mark.parametrize("backend", [[], ["--backend", "aer", "--device", "FakeManilaV2"]])
def test_energies_are_estimated_in_all_bases(tmp_path, backend):
    out = tmp_path / "sweep.npz"
    arguments = ["--observable", WORDS, "--shots", 400, "--seed", 1, "--unit", "Ha", "--out", out, *backend]
    done = vivace("sweep", ANSATZ, *GRID, *arguments)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0] == "rows           15 of theta_d, theta_s, 400 shots each in 5 bases"
    with np.load(out) as stored:
        best = int(stored["energies"].argmin())
        energy, error = stored["energies"][best], stored["standard_errors"][best]
    assert lines[2].startswith(f"lowest         {energy:.8f} +- {error:.2g} Ha   row {best} ")


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
    (
        ["coin.qasm", "--range", "a=0:1:2", "--shots", "9", "--method", "Statevektor"],
        "--method must be one of Statevector, MatrixProductState, Stabilizer, TensorNetwork, "
        "PauliPropagator, ExtendedStabilizer, PathIntegral, DensityMatrix, MatrixProductOperator; got "
        "'Statevektor' (did you mean 'Statevector'?).",
    ),
    (
        ["coin.qasm", "--range", "a=0:1:2", "--shots", "9", "--method", "Statevector", "--backend", "aer"],
        "--method goes with Maestro, not with --backend aer",
    ),
    (
        ["coin.qasm", "--range", "a=0:1:2", "--shots", "9", "--device", "FakeManilaV2"],
        "--device goes with --backend aer",
    ),
    (
        ["silent.qasm", "--range", "a=0:1:2", "--shots", "9"],
        "The template measures nothing, so there is nothing to sample. Add measurements, or give an "
        "observable.",
    ),
    (
        [
            "coin.qasm",
            "--range",
            "a=0:1:2",
            "--observable",
            "x.txt",
            "--backend",
            "aer",
            "--device",
            "FakeManilaV2",
        ],
        "QiskitSimulator has no exact expectation values with these options. Give shots (this runner has "
        "5000), to estimate them from samples.",
    ),
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
        ["coin.qasm", "--range", "a=0:1:2", "--shots", "9", "--observable", "long.txt"],
        "Observable 'XX' has 2 letters but circuit '0' has 1 qubits. Drop the letters beyond the last qubit.",
    ),
]


FAULTS += [
    (
        ["coin.qasm", "--range", "a=0:2pi:2", "--shots", "9"],
        "--range a=0:2pi:2: '2pi' is neither a number nor an expression such as 3*pi/4 (2*pi, not 2pi)",
    ),
    (
        ["coin.qasm", "--range", "a=0:1); x q[0:2", "--shots", "9"],
        "--range a=0:1); x q[0:2: '1); x q[0' is neither a number nor an expression such as 3*pi/4 "
        "(2*pi, not 2pi)",
    ),
    (
        ["coin.qasm", "--range", "a=0:1:1e9", "--shots", "9"],
        "--range a=0:1:1e9: expected a whole number of values",
    ),
    (
        ["coin.qasm", "--range", "a=0:1:" + "9" * 4000, "--range", "b=0:1:" + "9" * 4000, "--shots", "9"],
        "The grid has more than 1e300 rows of 2 values: too many. Coarsen a range.",
    ),
    (
        ["coin.qasm", "--range", "a=-1e308:1e308:3", "--shots", "9"],
        "Range of 'a': -1e+308 to 1e+308 is too wide.",
    ),
    (
        ["coin.qasm", "--range", "\udcff=0:1:2", "--shots", "9"],
        "'\\udcff' cannot be the name of a parameter.",
    ),
    (
        ["coin.qasm", "--range", "a=0:1:2", "--shots", "99999999999999999999999"],
        "Shots must be at most 1099511627776.",
    ),
    (
        ["coin.qasm", "--range", "a=0:1:2", "--shots", "9", "--seed", "99999999999999999999"],
        "seed must be between 0 and 18446744073709551615, got 99999999999999999999.",
    ),
    (
        ["empty.qasm", "--range", "a=0:1:2", "--shots", "9"],
        "empty.qasm: Expected OPENQASM at 1:1, got EOF\n  Line 1: \n          ^",
    ),
    (
        ["coin.qasm", "--range", "a=0:1:2", "--observable", "wide.txt"],
        "Observable 'ZZ' has 2 letters but circuit '0' has 1 qubits. Drop the letters beyond the last qubit.",
    ),
    (
        ["coin.qasm", "--range", "a=0:1:2", "--observable", "exact.txt", "--exact"],
        "Diagonalisation is for at most 14 qubits, the observable has 15.",
    ),
    (
        ["explodes.qasm", "--range", "a=0:1:2", "--shots", "9"],
        "Circuit '0': With the gate definitions spread out, the angles take more than 16777216 steps to work "
        "out. Nest the definitions less deeply, or shorten their expressions.",
    ),
    (
        ["coin.qasm", "--parameters", "nan.csv", "--shots", "9"],
        "nan.csv:3:1: expected a finite number, found 'nan'.",
    ),
    (["coin.qasm", "--range", "a=0:1:2", "--shots", "9", "--out", "x.txt/o"], "x.txt/o: Not a directory"),
    (
        ["coin.qasm", "--range", "a=0:1:2", "--shots", "9", "--out", "folder"],
        "folder/sweep.npz: Is a directory",
    ),
]


# Gates that double their argument, over a long sum: gigabytes, were it spread.
EXPLODES = (
    'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[1];\ncreg c[1];\n'
    + f"gate g0(s) u {{ rx({'+'.join(['s'] * 3000)}) u; }}\n"
    + "".join(f"gate g{i + 1}(s) u {{ g{i}(s+s) u; }}\n" for i in range(21))
    + "g21(a) q[0];\nmeasure q -> c;\n"
)


@pytest.mark.parametrize(("arguments", "message"), FAULTS)
def test_bad_input_is_one_line_and_exit_code_2(tmp_path, monkeypatch, coin, arguments, message):
    monkeypatch.chdir(tmp_path)
    Path("binary.qasm").write_bytes(bytes(1000))
    Path("x.txt").write_text("1 X\n")
    Path("wide.txt").write_text("1 ZZ\n")
    Path("exact.txt").write_text(f"1 {'Z' * 15}\n")
    Path("empty.qasm").touch()
    Path("long.txt").write_text("1.0 XX")
    Path("silent.qasm").write_text(COIN.replace("measure q -> c;", ""))
    Path("nan.csv").write_text("a\n0.5\nnan\n")
    Path("explodes.qasm").write_text(EXPLODES)
    Path("folder/sweep.npz").mkdir(parents=True)
    if "big.qasm" in arguments:
        Path("big.qasm").write_bytes(b"a" * (100 << 20))
    done = vivace("sweep", *arguments)
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", f"vivace: error: {message}\n")


def test_a_template_that_is_no_qasm_shows_line_and_caret(tmp_path):
    path = tmp_path / "bad.qasm"
    path.write_text("OPENQASM 2.0;\nqreg q[1];\nfoo(a) q[0];\n")
    done = vivace("sweep", path, "--range", "a=0:1:2", "--shots", 9, "--out", tmp_path / "o")
    expected = f"vivace: error: {path}: Unknown gate 'foo' at 3:1\n  Line 3: foo(a) q[0];\n          ^^^\n"
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", expected)


def test_deep_nesting_is_an_error_like_any_other(tmp_path):
    path = tmp_path / "deep.qasm"
    path.write_text(f"OPENQASM 2.0; qreg q[1]; rx({'(' * 100_000}a{')' * 100_000}) q[0];")
    done = vivace("sweep", path, "--range", "a=0:1:2", "--shots", 9, "--out", tmp_path / "o")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"vivace: error: {path}: Expression nested deeper than 128 levels at 1:")
    assert len(done.stderr) < 1000


def test_ends_of_ranges_are_expressions(tmp_path, coin):
    out = tmp_path / "o.npz"
    arguments = ["--range", "a=-pi/2:pi*2:2", "--shots", 9, "--out", out, "--no-plot"]
    assert vivace("sweep", coin, *arguments).exit_code == 0
    with np.load(out) as stored:
        assert stored["values"].tolist() == [[-np.pi / 2], [2 * np.pi]]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (MemoryError("2 TiB"), "error: not enough memory: 2 TiB; the results are saved in {out}"),
        (KeyboardInterrupt(), "interrupted; the results are saved"),
    ],
)
def test_results_are_safe_before_diagonalisation(tmp_path, monkeypatch, error, message):
    def fail(_):
        raise error

    monkeypatch.setattr("vivace.sweeps.Observable.ground_energy", fail)
    out = tmp_path / "o.npz"
    done = vivace("sweep", ANSATZ, *GRID, "--observable", WORDS, "--exact", "--out", out, "--no-plot")
    assert done.exit_code == (2 if isinstance(error, MemoryError) else 130)
    assert done.stderr == f"vivace: {message.format(out=out)}\n"
    with np.load(out) as stored:
        assert len(stored["energies"]) == 15


def test_warnings_are_one_line(tmp_path, coin):
    words = tmp_path / "words.txt"
    words.write_text("1 Z\n")
    coin.write_text("OPENQASM 2.0; qreg q[2]; rx(a) q[0];")
    arguments = ["--range", "a=0:1:2", "--observable", words, "--out", tmp_path / "o.npz", "--no-plot"]
    done = subprocess.run(
        [*script(), "sweep", *map(str, [coin, *arguments])], capture_output=True, text=True, check=True
    )
    told = "Observable 'Z' has 1 letters but circuit '0' has 2 qubits; padding with I on the right."
    assert done.stderr == f"vivace: warning: {told}\n"


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
    # On a terminal, progress tells when the first part, of 512 rows, is done.
    terminal, end = os.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "120"}
    with subprocess.Popen(
        [*script(), *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=end, env=environment
    ) as process:
        os.close(end)
        told, interrupted = "", False
        while data := _read(terminal):
            told += data
            rows = [int(done) for done in re.findall(r"(\d+)/5000000", told)]
            if not interrupted and max(rows, default=0) > 512:
                process.send_signal(signal.SIGINT)
                interrupted = True
    os.close(terminal)
    assert interrupted
    assert process.returncode == 130
    assert "Traceback" not in told
    with np.load(out) as stored:
        done = len(stored["values"])
        assert len(stored["energies"]) == done >= 512
    assert f"vivace: interrupted: {done} of 5000000 rows done; the finished rows are saved" in told


def _read(terminal):
    """What is there next; nothing when the other end is closed, which Linux reports as an error."""
    try:
        return os.read(terminal, 4096).decode(errors="replace")
    except OSError:
        return ""
