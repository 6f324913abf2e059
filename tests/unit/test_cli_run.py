"""`vivace run` on this machine: what it prints and writes, and that what cannot be done is one line."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import vivace.backends
from support.cloud import TOKEN, Cloud
from vivace.cli import app
from vivace.cli.console import reported
from vivace.errors import VivaceError

HEAD = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[2]; creg c[2]; '
BELL = HEAD + "h q[0]; cx q[0],q[1]; measure q -> c;"
FLIP = HEAD + "x q[0]; measure q -> c;"


def run(*arguments):
    return CliRunner().invoke(app, ["run", *map(str, arguments)])


def rows_of(path):
    return list(csv.reader(Path(path).read_text().splitlines()))


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bell.qasm").write_text(BELL)
    (tmp_path / "flip.qasm").write_text(FLIP)
    (tmp_path / "words.txt").write_text("0.5 ZZ\n-1.0 XX\n")
    return tmp_path


def test_counts_of_several_circuits():
    done = run("flip.qasm", "bell.qasm", "--shots", 100, "--seed", 3, "--out", "results.json")
    assert done.exit_code == 0, done.stderr
    flip, bell = json.loads(Path("results.json").read_text())["results"]
    assert flip.pop("metadata")["method"] == bell["metadata"]["method"] == "Statevector"
    assert flip == {"label": "flip", "results": {"01": 100}}
    assert bell["label"] == "bell"
    common, rare = sorted(bell["results"].items(), key=lambda item: -item[1])
    assert common[1] + rare[1] == 100
    assert done.stdout == (
        "circuits       2 on maestro, 100 shots each\n"
        "circuit  outcome  count    share\n"
        "flip     01         100  100.00%\n"
        f"bell     {common[0]}          {common[1]}   {common[1]}.00%\n"
        f"bell     {rare[0]}          {rare[1]}   {rare[1]}.00%\n"
        "results        results.json\n"
    )


def test_values_of_an_observable():
    done = run("bell.qasm", "--observable", "words.txt", "--out", "values.csv")
    assert done.stdout == (
        "circuits       1 on maestro, 2 words each\n"
        "circuit  word        value\n"
        "bell     <H>   -0.50000000\n"
        "bell     ZZ     1.00000000\n"
        "bell     XX     1.00000000\n"
        "results        values.csv\n"
    )
    rows = rows_of("values.csv")
    assert rows[0] == ["circuit", "word", "value"]
    assert [(label, word) for label, word, _ in rows[1:]] == [("bell", "<H>"), ("bell", "ZZ"), ("bell", "XX")]
    assert [float(value) for _, _, value in rows[1:]] == pytest.approx([-0.5, 1, 1])


@pytest.mark.filterwarnings("default")
def test_what_a_bond_dimension_cuts_off_is_told_and_in_the_file(files):
    turns = "".join(f"ry(0.{q + 3}) q[{q}]; rx(0.{q + 1}) q[{q}]; " for q in range(6))
    meetings = "".join(f"cx q[{a}],q[{b}]; " for a in range(6) for b in range(a + 1, 6))
    (files / "mps.qasm").write_text(f"OPENQASM 2.0; qreg q[6]; {(turns + meetings) * 3}")
    (files / "six.txt").write_text("1 ZZZZZZ\n")
    cut = ["--method", "MatrixProductState", "--bond-dimension", 2]
    done = run("mps.qasm", "--observable", "six.txt", *cut, "--out", "cut.json")
    assert done.stderr == (
        "vivace: warning: Circuit 'mps' runs with MatrixProductState and --bond-dimension=2, which may cut "
        "off a part of it: results may be approximate. Leave the limit out for exact ones.\n"
    )
    (entry,) = json.loads(Path("cut.json").read_text())["results"]
    assert entry["metadata"]["bond_dimension"] == 2
    assert entry["metadata"]["may_truncate"] is True


def test_a_seed_repeats():
    def counts(seed):
        assert run("bell.qasm", "--shots", 10_000, "--seed", seed, "--out", "o.csv").exit_code == 0
        return rows_of("o.csv")

    assert counts(1) == counts(1) != counts(2)


def test_only_the_most_common_outcomes_are_printed(files):
    (files / "biased.qasm").write_text(HEAD + "ry(0.9) q[0]; ry(0.3) q[1]; measure q -> c;")
    done = run("biased.qasm", "--shots", 10_000, "--top", 2, "--out", "o.csv")
    outcomes = [line.split()[1] for line in done.stdout.splitlines()[2:4]]
    assert outcomes == ["00", "01"]
    assert "and 2 more outcomes; --top and --out give all\n" in done.stdout
    assert sum(int(count) for _, _, count in rows_of("o.csv")[1:]) == 10_000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["bell.qasm", "other/bell.qasm"],
            "bell.qasm and other/bell.qasm are both labelled 'bell'; rename one of them",
        ),
        (["bell.qasm", "bell.qasm"], "bell.qasm and bell.qasm are both labelled 'bell'; rename one of them"),
        (["nope.qasm"], "nope.qasm: No such file or directory"),
        (["bell.qasm", "--out", "o.npz"], "o.npz: results are written as .json or .csv."),
        (["bell.qasm", "--out", "words.txt/o.csv"], "words.txt: Not a directory"),
        (["bell.qasm", "--out", "nope/o.csv"], "nope: No such file or directory"),
        (
            ["bell.qasm", "--observable", "words.txt", "--shots", "5"],
            "--observable gives exact values, which take no --shots; give one of them",
        ),
        (["bell.qasm", "--detach"], "--detach goes with --backend qoro"),
        (["bell.qasm", "--base-url", "http://x"], "--base-url goes with --backend qoro"),
        (
            ["bell.qasm", "--detach", "--backend", "qoro", "--out", "o.csv"],
            "--detach waits for no results; get them with vivace jobs resume JOB_ID --out FILE",
        ),
        (
            ["free.qasm"],
            "Circuit 'free' is not a valid QASM: Unknown symbol 'a' in expression at 1:29\n"
            "  Line 1: OPENQASM 2.0; qreg q[1]; rx(a) q[0];\n"
            "                                      ^\n"
            "  If it is a parameter, give it values: vivace sweep.",
        ),
    ],
)
def test_bad_input_is_one_error_and_exit_code_2(files, arguments, message):
    (files / "other").mkdir()
    (files / "other" / "bell.qasm").write_text(BELL)
    (files / "free.qasm").write_text("OPENQASM 2.0; qreg q[1]; rx(a) q[0];")
    done = run(*arguments)
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", f"vivace: error: {message}\n")


def test_names_of_the_user_stay_though_they_are_keywords(files):
    (files / "b").mkdir()
    for name in ("ham_ops.qasm", "b/ham_ops.qasm"):
        (files / name).write_text(HEAD)
    done = run("ham_ops.qasm", "b/ham_ops.qasm")
    assert done.stderr == (
        "vivace: error: ham_ops.qasm and b/ham_ops.qasm are both labelled 'ham_ops'; rename one of them\n"
    )
    done = run("ham_ops.qasm")
    assert done.stderr == (
        "vivace: error: Circuit 'ham_ops' measures nothing, so there is nothing to sample. Add measurements, "
        "or give --observable for expectation values.\n"
    )
    (files / "max_bond_dimension").write_text("1 Q\n")
    done = run("bell.qasm", "--observable", "max_bond_dimension")
    assert done.stderr.startswith("vivace: error: max_bond_dimension:1:")


def test_what_the_library_logs_is_a_line_of_the_command(files, monkeypatch):
    monkeypatch.setenv("QORO_API_KEY", TOKEN)
    monkeypatch.setenv("XDG_DATA_HOME", str(files / "data"))
    with Cloud() as cloud:
        cloud.statuses = ["DAWDLING", "COMPLETED"]
        done = run("flip.qasm", "--backend", "qoro", "--base-url", cloud.url)
    assert (done.exit_code, done.stderr) == (
        0,
        "vivace: warning: The service reports the unknown job status 'DAWDLING'; polling goes on.\n",
    )


def test_advice_is_for_the_command_line(capsys):
    error = VivaceError("503 Service Unavailable: later")
    error.add_note("Job a-1 goes on: service.resume('a-1') waits for it, service.cancel_job('a-1') stops it.")
    with pytest.raises(typer.Exit), reported():
        raise error
    assert capsys.readouterr().err == (
        "vivace: error: 503 Service Unavailable: later Job a-1 goes on: vivace jobs resume a-1 waits for it, "
        "vivace jobs cancel a-1 stops it.\n"
    )


def test_without_a_token_there_is_no_cloud(monkeypatch):
    monkeypatch.delenv("QORO_API_KEY", raising=False)
    done = run("bell.qasm", "--backend", "qoro", "--base-url", "http://127.0.0.1:1/api")
    expected = "Qoro API key not provided nor found in a .env file or QORO_API_KEY environment variable."
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", f"vivace: error: {expected}\n")


def test_aer():
    pytest.importorskip("qiskit_aer")
    done = run("flip.qasm", "--backend", "aer", "--shots", 50, "--seed", 1)
    assert done.stdout.splitlines()[0] == "circuits       1 on aer, 50 shots each"
    assert done.stdout.splitlines()[2].split() == ["flip", "01", "50", "100.00%"]
    done = run("bell.qasm", "--backend", "aer", "--observable", "words.txt")
    assert done.stdout.splitlines()[2].split() == ["bell", "<H>", "-0.50000000"]


def test_a_device_of_aer_brings_noise_and_shots():
    pytest.importorskip("qiskit_aer")
    pytest.importorskip("qiskit_ibm_runtime")
    device = ["--backend", "aer", "--device", "FakeManilaV2", "--seed", 1, "--shots", 4000]
    done = run("bell.qasm", *device, "--observable", "words.txt", "--out", "o.csv")
    assert done.exit_code == 0
    values = {word: float(value) for _, word, value in rows_of("o.csv")[1:]}
    assert 0.8 < values["ZZ"] < 1
    lines = [line.split() for line in done.stdout.splitlines()]
    assert done.stdout.startswith("circuits       1 on aer, 2 words each, 4000 shots each\n")
    error = ((1 - values["ZZ"] ** 2) / 4000) ** 0.5
    assert lines[3] == ["bell", "ZZ", f"{values['ZZ']:.4f}", "+-", f"{error:.1g}"]
    assert lines[2] == ["bell", "<H>", f"{values['<H>']:.4f}"]
    assert run("bell.qasm", *device, "--out", "o.csv").exit_code == 0
    assert {outcome for _, outcome, _ in rows_of("o.csv")[1:]} == {"00", "01", "10", "11"}


def test_a_method_that_cannot_run_a_circuit_is_told_by_the_name_of_its_option():
    done = run("bell.qasm", "--method", "nonsense")
    assert done.stderr.startswith("vivace: error: --method must be one of Statevector, MatrixProductState, ")


def test_the_package_runs_as_a_module_and_knows_its_version(files):
    done = subprocess.run(
        [sys.executable, "-m", "vivace", "run", "flip.qasm"], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1].split() == ["flip", "01", "1000", "100.00%"]
    assert CliRunner().invoke(app, ["--version"]).output == f"vivace {vivace.__version__}\n"
