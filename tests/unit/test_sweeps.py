"""Sweeps: what they read, how they chunk, what they return and write."""

import copy
from threading import Event

import numpy as np
import pytest

from vivace.backends import CircuitRunner, MaestroSimulator
from vivace.errors import (
    ConfigError,
    ExecutionCancelledError,
    MaxRetriesReachedError,
    ObservableError,
    ParameterError,
    QasmError,
    ResultError,
)
from vivace.results import ExecutionResult, ExpectationTable
from vivace.sweeps import (
    Observable,
    SweepCounts,
    SweepResult,
    parameter_grid,
    read_parameters,
    sweep,
    sweep_parts,
)

ONE = "OPENQASM 2.0; qreg q[1]; creg c[1]; ry(a+b) q[0]; measure q -> c;"
Z = Observable(("Z",), [2.0])


class Fake(CircuitRunner):
    """Answers as `ONE` would, and remembers what it was asked."""

    supports_expval = True
    is_async = False
    resolves_parameters = True

    def __init__(self, shots=100, after=None):
        super().__init__(shots)
        self.payloads, self.options, self.seeds = [], [], []
        self.after = after

    def set_seed(self, seed):
        self.seeds.append(seed)

    def submit_circuits(self, circuits, *, cancellation_event=None, **options):
        (payload,) = circuits
        self.payloads.append(payload)
        self.options.append(options)
        if self.after is not None and len(self.payloads) >= self.after:
            cancellation_event.set()
        angles = payload.values.sum(axis=1)
        if "ham_ops" in options:
            words = options["ham_ops"].split(";")
            return ExecutionResult(ExpectationTable(payload.labels, words, np.cos(angles)[:, None]))
        ones = np.round(self.shots * np.sin(angles / 2) ** 2).astype(int).tolist()
        counts = [{k: n for k, n in (("0", self.shots - one), ("1", one)) if n} for one in ones]
        entries = zip(payload.labels, counts, strict=True)
        return ExecutionResult([{"label": label, "results": found} for label, found in entries])


class FakeJobs(Fake):
    is_async = True

    def submit_circuits(self, circuits, **options):
        self.done = super().submit_circuits(circuits, **options)
        return ExecutionResult(job_id="job")

    def poll_job_status(self, result, *, loop_until_complete, verbose, cancellation_event):
        assert (result.job_id, loop_until_complete, verbose) == ("job", True, False)

    def get_job_results(self, result):
        return self.done


class Stopping(FakeJobs):
    """Polls end in an error, and cancelling may, too."""

    def __init__(self, error, failure=None):
        super().__init__()
        self.error, self.failure, self.cancelled = error, failure, []

    def poll_job_status(self, *_, **__):
        raise self.error

    def cancel_job(self, job):
        self.cancelled.append(job.job_id)
        if self.failure is not None:
            raise self.failure


STOPPED = [ExecutionCancelledError(), MaxRetriesReachedError("job", 3), KeyboardInterrupt()]


@pytest.mark.parametrize("error", STOPPED, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("failure", [None, LookupError("gone")])
def test_a_sweep_that_stops_waiting_stops_its_job_and_tells(error, failure):
    """§17.8: upstream leaves the remote job running when polls run out."""
    error = copy.copy(error)
    runner = Stopping(error, failure)
    with pytest.raises(type(error)) as caught:
        sweep(ONE, ["a", "b"], [[0, 0]], observable=Z, runner=runner, cancellation_event=Event())
    assert caught.value is error
    assert runner.cancelled == ["job"]
    told = "could not be cancelled, and may go on: gone" if failure else "was cancelled."
    assert error.__notes__ == [f"Job job {told}"]


@pytest.mark.parametrize(
    ("names", "values", "message"),
    [
        ("ab", [[1.0]], "Expected a sequence of names, such as ['ab'], got text."),
        (["ab"], [["x"]], "Expected rows x 1 real numbers: could not convert string to float: 'x'."),
    ],
)
def test_names_and_numbers_are_told_apart_from_text(names, values, message):
    with pytest.raises(ParameterError) as caught:
        sweep("OPENQASM 2.0; qreg q[1]; rx(ab) q[0];", names, values, observable=Observable(("Z",), [1.0]))
    assert str(caught.value) == message


def test_there_must_be_something_to_sample():
    template = "OPENQASM 2.0; qreg q[1]; creg c[1]; rx(a) q[0];"
    with pytest.raises(ConfigError) as caught:
        sweep(template, ["a"], [[0.5]], shots=5)
    assert str(caught.value) == (
        "The template measures nothing, so there is nothing to sample. Add measurements, or give an "
        "observable."
    )
    result = sweep(template + "measure q -> c;", ["a"], [[0.5]], shots=5)
    assert repr(result) == "SweepResult(<1 row of a; 5 shots each>)"


@pytest.mark.parametrize(
    ("words", "coefficients", "message"),
    [
        ((), [], "at least one word"),
        (("Z", "X"), [1.0], "one coefficient per word"),
        (("Z", "X"), [1.0, np.inf], "coefficient of 'X' is not finite"),
        (("Z", "Z"), [1.0, 1.0], "must not repeat. Word 'Z'"),
        (("Z", "ZZ"), [1.0, 1.0], "has 2 letters, the first word of its group has 1"),
        (("A",), [1.0], "has 'A' at position 0"),
        (("Z|X",), [1.0], "is several words"),
        (("\udcff",), [1.0], "only I, X, Y, Z"),
    ],
)
def test_observables_refuse(words, coefficients, message):
    with pytest.raises(ObservableError, match=message):
        Observable(words, coefficients)


def test_ground_energy_dense_and_sparse_agree():
    chain = ["I" * i + "ZZ" + "I" * (7 - i) for i in range(8)] + [
        "I" * i + "X" + "I" * (8 - i) for i in range(9)
    ]
    nine = Observable(tuple(chain), -np.ones(len(chain)))
    dense = sum(c * _matrix(w) for c, w in zip(nine.coefficients, nine.words, strict=True))
    assert nine.ground_energy() == pytest.approx(np.linalg.eigvalsh(dense)[0], abs=1e-9)
    with pytest.raises(ObservableError, match="at most 14 qubits, the observable has 15"):
        Observable(("Z" * 15,), [1.0]).ground_energy()


def _matrix(word):
    letters = {"I": np.eye(2), "X": np.array([[0, 1], [1, 0]]), "Z": np.diag([1, -1])}
    product = np.eye(1)
    for letter in word:
        product = np.kron(product, letters[letter])
    return product


def test_rows_go_out_in_growing_chunks_and_come_back_in_order():
    names, values = parameter_grid({"a": (0, 3, 50), "b": (0, 3, 100)})
    runner, seen = Fake(), []
    result = sweep(ONE, names, values, observable=Z, runner=runner, progress=lambda *at: seen.append(at))
    np.testing.assert_allclose(result.energies, 2 * np.cos(values.sum(axis=1)))
    assert [len(payload.labels) for payload in runner.payloads] == [512, 4096, 392]
    assert [label for payload in runner.payloads for label in payload.labels] == [str(i) for i in range(5000)]
    assert seen == [(512, 5000), (4608, 5000), (5000, 5000)]
    assert result.shots is None
    assert result.rows_per_second > 0


def test_counts_and_estimates():
    runner = Fake(shots=100)
    values = np.array([[0.0, 0.0], [np.pi, 0.0], [np.pi / 2, 0.0]])
    result = sweep(ONE, ["a", "b"], values, observable=Z, shots=100, runner=runner, seed=4)
    assert runner.seeds == [4]
    assert "ham_ops" not in runner.options[0]
    assert [result.counts.row(i) for i in range(3)] == [{"0": 100}, {"1": 100}, {"0": 50, "1": 50}]
    assert result.energies.tolist() == [2.0, -2.0, 0.0]
    assert result.counts.frequencies().tolist() == [1, 1, 0.5]
    assert result.counts.frequencies(0).tolist() == [0, 1, 0.5]


def test_wide_counts_keep_their_order():
    bits = np.array([[0b1, 0b00000001], [0, 0b10000000]], np.uint8)
    counts = SweepCounts(bits, np.array([3, 1]), np.array([0, 2]), 9)
    assert counts.row(0) == {"100000001": 3, "010000000": 1}
    words = ["ZIIIIIIII", "IIIIIIIZI", "ZIIIIIIIZ", "I" * 9]
    assert counts.word_values(words).tolist() == [[-0.5, 0.5, 1.0, 1.0]]
    with pytest.raises(ObservableError, match="has 1 letter, the circuit has 9 classical bits"):
        counts.word_values(["Z"])
    with pytest.raises(ObservableError, match=r"Give the observable to sweep\(\), which measures in all"):
        counts.word_values(["X" * 9])


def test_jobs_are_waited_for():
    result = sweep(ONE, ["a", "b"], [[0.0, 0.5]], observable=Z, runner=FakeJobs())
    assert result.energies.tolist() == [2 * np.cos(0.5)]


def test_runners_that_know_no_parameters_get_texts():
    class Plain(Fake):
        resolves_parameters = False

        def submit_circuits(self, circuits, **options):
            assert list(circuits) == ["0"]
            assert "0.5" in circuits["0"]
            return ExecutionResult([{"label": "0", "results": {"Z": 0.25}}])

    assert sweep(ONE, ["a", "b"], [[0.5, 0.0]], observable=Z, runner=Plain()).energies.tolist() == [0.5]


def test_cancelling_keeps_finished_parts():
    event, parts = Event(), []
    values = np.zeros((9000, 2))
    with pytest.raises(ExecutionCancelledError, match="Sweep cancelled after 4608 of 9000 rows"):
        for part in sweep_parts(
            ONE, ["a", "b"], values, observable=Z, runner=Fake(after=2), cancellation_event=event
        ):
            parts.append(part)  # noqa: PERF402 - the loop ends in an exception
    assert len(SweepResult.joined(parts)) == 4608


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((ONE, ["a"], [[1.0]]), {}, QasmError, "b"),
        ((ONE, ["a", "b", "x1"], [[1.0, 2, 3]]), {}, ParameterError, "The template has no parameter 'x1'."),
        ((ONE, ["a", "a"], [[1.0, 2]]), {}, ParameterError, "Parameter 'a' is named twice."),
        ((ONE, ["a", "b"], [[1.0]]), {}, ParameterError, r"Expected rows x 2 values, got shape \(1, 1\)."),
        ((ONE, ["a", "b"], np.empty((0, 2))), {}, ParameterError, "at least one row"),
        ((ONE, ["a", "b"], [[1.0, 2], [1, np.nan]]), {}, ParameterError, "row 1 has nan for 'b'"),
        (
            (ONE, ["a", "b"], [[1.0, 2]]),
            {"observable": Observable(("XX",), [1.0]), "shots": 100},
            ObservableError,
            "Observable 'XX' has 2 letters but circuit '0' has 1 qubits",
        ),
        (
            (ONE, ["a", "b"], [[1.0, 2]]),
            {"shots": 7},
            ConfigError,
            "^The runner has 100 shots, the sweep asks for 7. Make the runner with shots=7, or give "
            "shots=100 to the sweep.$",
        ),
        (
            (ONE, ["a"], np.linspace(0, 1, 4)),
            {},
            ParameterError,
            r"^Expected rows x 1 values, got shape \(4,\). Give values\[:, None\], a column.$",
        ),
        (
            (ONE, ["a", "b"], [1.0, 2.0]),
            {},
            ParameterError,
            r"^Expected rows x 2 values, got shape \(2,\). Give \[values\], a single row.$",
        ),
        (
            ("OPENQASM 2.0; qreg q[1]; ry(sin(pi)) q[0];", ["sin"], [[1.0]]),
            {"observable": Z},
            ParameterError,
            "^Parameter name 'sin' has a meaning of its own in OpenQASM: rename it.$",
        ),
        (
            ("OPENQASM 2.0; qreg q[1]; ry(a-1) q[0];", ["a-1", "a"], [[1.0, 2.0]]),
            {"observable": Z},
            ParameterError,
            "^Parameter name 'a-1' reads as an expression of another parameter: rename one.$",
        ),
        (
            (ONE, ["a", "b"], [[1.0, 2]]),
            {"gradients": True},
            ConfigError,
            "^Gradients are of an observable: give one.$",
        ),
        (
            (ONE, ["a", "b"], [[1.0, 2]]),
            {"gradients": True, "observable": Z, "shots": 100},
            ConfigError,
            "^Gradients are exact: leave out shots.$",
        ),
        (
            (ONE, ["a", "b"], [[1.0, 2]]),
            {"gradients": True, "observable": Z},
            ConfigError,
            "^Fake has no gradients; run on MaestroSimulator.$",
        ),
    ],
)
def test_sweeps_refuse_before_anything_runs(arguments, options, error, message):
    runner = Fake()
    with pytest.raises(error, match=message):
        sweep_parts(*arguments, runner=runner, **options)
    assert runner.payloads == []


def test_gradients_need_an_observable_whatever_is_measured():
    with pytest.raises(ConfigError, match=r"^Gradients are of an observable: give one.$"):
        sweep("OPENQASM 2.0; qreg q[1]; ry(a) q[0];", ["a"], [[1.0]], gradients=True)


@pytest.mark.parametrize(
    ("runner", "found"),
    [(MaestroSimulator, "the class MaestroSimulator"), ("aer", "'aer'"), (object, "the class object")],
)
def test_what_is_no_runner_is_told(runner, found):
    with pytest.raises(TypeError) as caught:
        sweep(ONE, ["a", "b"], [[1.0, 2.0]], runner=runner)
    assert str(caught.value) == f"Expected a runner, such as MaestroSimulator(), got {found}."


def test_gradients_come_with_the_rows(tmp_path):
    """Over several parts, of shared and scaled parameters; they are saved with the values."""
    text = "OPENQASM 2.0; qreg q[1]; ry(a*b) q[0];"
    rows = np.random.default_rng(3).uniform(-2, 2, (1500, 2))
    observable = Observable(("Z", "X"), [2.0, -1.0])
    result = sweep(text, ["a", "b"], rows, observable=observable, gradients=True)
    angle = rows.prod(axis=1)
    np.testing.assert_allclose(result.energies, 2 * np.cos(angle) - np.sin(angle), rtol=0, atol=1e-12)
    slope = -2 * np.sin(angle) - np.cos(angle)
    np.testing.assert_allclose(result.gradients, slope[:, None] * rows[:, ::-1], rtol=0, atol=1e-12)
    with np.load(result.save(tmp_path / "r.npz")) as stored:
        assert stored["gradients"].tolist() == result.gradients.tolist()
    header, first, *_ = result.save(tmp_path / "r.csv").read_text().splitlines()
    assert header == "a,b,<H>,<Z>,<X>,d<H>/da,d<H>/db"
    assert [float(number) for number in first.split(",")][-2:] == result.gradients[0].tolist()
    assert sweep(text, ["a", "b"], rows[:1], observable=observable).gradients is None


def test_npz_holds_everything(tmp_path):
    runner = Fake()
    result = sweep(ONE, ["a", "b"], [[0.0, 0.0], [1.0, 0.5]], observable=Z, shots=100, runner=runner)
    with np.load(result.save(tmp_path / "r.npz")) as stored:
        assert stored["names"].tolist() == ["a", "b"]
        assert stored["words"].tolist() == ["Z"]
        assert stored["energies"].tolist() == result.energies.tolist()
        counts = SweepCounts(
            stored["outcomes"], stored["outcome_counts"], stored["row_offsets"], int(stored["n_bits"])
        )
        assert counts.row(1) == result.counts.row(1)
        assert int(stored["shots"]) == 100
        assert stored["standard_errors"].tolist() == result.standard_errors.tolist()
        assert "bases" not in stored  # the template's own measurements tell the word
    assert [path.name for path in tmp_path.iterdir()] == ["r.npz"]


def test_csv_of_values_and_of_counts(tmp_path):
    result = sweep(ONE, ["a", "b"], [[0.0, 0.0], [0.25, 0.5]], observable=Z, runner=Fake())
    value = float(np.cos(0.75))
    text = result.save(tmp_path / "r.csv").read_text()
    assert text == f"a,b,<H>,<Z>\n0.0,0.0,2.0,1.0\n0.25,0.5,{2 * value!r},{value!r}\n"
    estimated = sweep(ONE, ["a", "b"], [[np.pi / 2, 0.0]], observable=Z, shots=100, runner=Fake())
    text = estimated.save(tmp_path / "e.csv").read_text()
    error = float(2 / np.sqrt(99))
    assert text == f"a,b,<H>,<Z>,<standard error>\n{np.pi / 2!r},0.0,0.0,0.0,{error!r}\n"
    assert read_parameters(tmp_path / "e.csv")[0] == ("a", "b")
    counted = sweep(ONE, ["a", "b"], [[np.pi / 2, 0.0]], shots=100, runner=Fake())
    text = counted.save(tmp_path / "c.csv").read_text()
    assert text == f"a,b,<outcome>,<count>\n{np.pi / 2!r},0.0,0,50\n{np.pi / 2!r},0.0,1,50\n"
    with pytest.raises(ResultError, match="counts but no observable"):
        counted.best()
    with pytest.raises(ConfigError, match=r"written as .npz or .csv"):
        counted.save(tmp_path / "r.txt")
