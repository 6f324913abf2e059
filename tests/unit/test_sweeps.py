"""Sweeps: what they read, how they chunk, what they return and write."""

from threading import Event

import numpy as np
import pytest

from vivace.backends import CircuitRunner
from vivace.errors import (
    ConfigError,
    ExecutionCancelledError,
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
    read_observable,
    read_parameters,
    read_template,
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


def written(folder, name, data):
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


LETTERS = "Hamiltonian operators must contain only I, X, Y, Z characters."
LENGTHS = "All Hamiltonian operators must have the same length."
REPEATS = "Hamiltonian operators must not repeat."

OBSERVABLE_FAULTS = [
    ("", ": there are no terms; expected lines of '<coefficient> <word>'."),
    ("# only a comment\n\n", ": there are no terms; expected lines of '<coefficient> <word>'."),
    ("1.0 ZZ\n0.5\n", ":2:1: expected '<coefficient> <word>', found 1 field."),
    ("1.0 ZZ\n 0.5 XX YY\n", ":2:9: expected '<coefficient> <word>', found 3 fields."),
    ("ZZ 1.0\n", ":1:1: expected a number, found 'ZZ'."),
    ("1_0 ZZ\n", ":1:1: expected a number, found '1_0'."),
    (" nan ZZ\n", ":1:2: expected a finite number, found 'nan'."),
    ("-inf ZZ\n", ":1:1: expected a finite number, found '-inf'."),
    ("1e999 ZZ\n", ":1:1: expected a finite number, found '1e999'."),
    ("1 ZZ\n1 ZQZ\n", f":2:3: {LETTERS} Word 'ZQZ' has 'Q' at position 1."),
    ("1 zz\n", f":1:3: {LETTERS} Word 'zz' has 'z' at position 0."),
    ("1 ZZ\n1 Z\n", f":2:3: {LENGTHS} Word 'Z' has 1 letter, the first word of its group has 2."),
    ("1 ZZ # a\n\n2 ZZ\n", f":3:3: {REPEATS} Word 'ZZ' was given before."),
    ("1 XX\n1 ZZ\n2 IZ\n 2 ZZ\n3 IZ\n", f":4:4: {REPEATS} Word 'ZZ' was given before."),
    ("1 Z;X\n", ":1:3: Word 'Z;X' is several words; give each on its own."),
    (b"1 ZZ\n1 \xe9\xff\n", ":2:3: not UTF-8 text."),
    (b"1 Z\0\n", ":1:4: not a text file (NUL byte)."),
    (b"1" * (1 << 21), ":1:1: the line is longer than 1048576 bytes."),
]

CSV_FAULTS = [
    ("", ": the file is empty; expected a header of parameter names, then rows."),
    ("a,b\n", ": there is a header but no row of values."),
    ("1,2\n3,4\n", ":1:1: expected a header of parameter names, found numbers."),
    ("a,b\n1,2\n3\n", ":3:1: expected 2 values, found 1."),
    ("a,b\n1,2\n\n3,4,5\n", ":4:1: expected 2 values, found 3."),
    ("a,b\n1, x\n", ":2:4: expected a number, found 'x'."),
    ("a,b\n1,\n", ":2:3: expected a number, found nothing."),
    ("a,b\n1,nan\n", ":2:3: expected a finite number, found 'nan'."),
    ("a,b\ninf,1\n", ":2:1: expected a finite number, found 'inf'."),
    ("a,b\n1,1_0\n", ":2:3: expected a number, found '1_0'."),
    ("a,b,a\n1,2,3\n", ":1: columns 1 and 3 are both named 'a'."),
    ("a,\n1,2\n", ":1: column 2 has no name."),
    (b"a\n\xff\n", ":2:1: not UTF-8 text."),
]


@pytest.mark.parametrize(("data", "message"), OBSERVABLE_FAULTS)
def test_a_wrong_words_file_is_one_clear_error(tmp_path, data, message):
    path = written(tmp_path, "words.txt", data)
    with pytest.raises(ObservableError) as caught:
        read_observable(path)
    assert str(caught.value) == f"{path}{message}"


@pytest.mark.parametrize(("data", "message"), CSV_FAULTS)
def test_a_wrong_csv_file_is_one_clear_error(tmp_path, data, message):
    path = written(tmp_path, "rows.csv", data)
    with pytest.raises(ParameterError) as caught:
        read_parameters(path)
    assert str(caught.value) == f"{path}{message}"


def test_many_columns_are_quick(tmp_path):
    names = [f"p{index}" for index in range(100_000)]
    path = written(tmp_path, "rows.csv", ",".join(names) + "\n" + ",".join(["1"] * len(names)) + "\n")
    found, values = read_parameters(path)
    assert (list(found), values.shape) == (names, (1, 100_000))
    with pytest.raises(QasmError, match="Unknown symbol 'a'"):
        sweep(ONE, found, values, observable=Z, runner=Fake())


@pytest.mark.parametrize(
    "header",
    [
        f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({10**30}, 1)}}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, 1)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (",
        "{'descr': '|O', 'fortran_order': False, 'shape': (1, 1)}",
        "{'descr': ['x'], 'fortran_order': False, 'shape': (1, 1)}",
        "'''",
        "(" * 9000,
        "",
    ],
)
def test_a_broken_npy_header_is_one_clear_error(tmp_path, header):
    head = header.encode() + b"\n"
    data = b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + bytes(64)
    path = written(tmp_path, "rows.npy", data)
    with pytest.raises(ParameterError) as caught:
        read_parameters(path, ["a"])
    assert str(caught.value).startswith(f"{path}: not a .npy file of numbers: ")


def test_csv_as_spreadsheets_write_it(tmp_path):
    path = written(tmp_path, "rows.csv", b'\xef\xbb\xbf"a", b\r\n1,2.5\r\n\r\n-3e-1, 4\r\n')
    names, values = read_parameters(path)
    assert names == ("a", "b")
    assert values.tolist() == [[1, 2.5], [-0.3, 4]]
    assert values.dtype == np.float64


def test_huge_but_finite_values_are_read(tmp_path):
    path = written(tmp_path, "rows.csv", "a,b\n1.7e308,1.7e308\n")
    assert read_parameters(path)[1].tolist() == [[1.7e308, 1.7e308]]


def test_npy_matrix_and_structured_array(tmp_path):
    path = tmp_path / "rows.npy"
    np.save(path, np.array([[1, 2], [3, 4]]))
    names, values = read_parameters(path, ["a", "b"])
    assert (names, values.tolist()) == (("a", "b"), [[1, 2], [3, 4]])
    np.save(path, np.array([(1.0, 2.0)], dtype=[("b", float), ("a", float)]))
    names, values = read_parameters(path)
    assert (names, values.tolist()) == (("b", "a"), [[1, 2]])


@pytest.mark.parametrize(
    ("array", "names", "message"),
    [
        (np.ones((2, 2)), None, "a plain matrix has no names; give them (--names a,b)."),
        (np.ones((2, 2)), ["a"], r"expected rows x 1 values, found shape \(2, 2\)"),
        (np.ones(2), ["a"], r"expected rows x 1 values, found shape \(2,\)"),
        (np.array([[1, np.nan]]), ["a", "b"], "row 0 has nan for 'b'; parameters must be finite."),
        (np.ones((2, 1), complex), ["a"], "expected real numbers, found dtype complex128"),
        (np.ones((2, 2)), ["a", "a"], "columns 1 and 2 are both named 'a'"),
    ],
)
def test_a_wrong_npy_file_is_one_clear_error(tmp_path, array, names, message):
    path = tmp_path / "rows.npy"
    np.save(path, array)
    with pytest.raises(ParameterError, match=message.replace("(--", r"\(--").replace("b).", r"b\).")):
        read_parameters(path, names)


def test_what_is_no_npy_file(tmp_path):
    with pytest.raises(ParameterError, match="not a .npy file of numbers"):
        read_parameters(written(tmp_path, "rows.npy", b"a,b\n1,2\n" * 50), ["a"])
    with pytest.raises(ParameterError, match="expected a .csv, .npy or .npz file"):
        read_parameters(tmp_path / "rows.xlsx")
    with pytest.raises(FileNotFoundError):
        read_parameters(tmp_path / "rows.csv")


def test_templates_must_be_text(tmp_path):
    assert read_template(written(tmp_path, "a.qasm", b"\xef\xbb\xbfOPENQASM 2.0;")) == "OPENQASM 2.0;"
    with pytest.raises(QasmError, match=r":2:2: not a text file \(NUL byte\)"):
        read_template(written(tmp_path, "b.qasm", b"a\nb\0"))
    with pytest.raises(QasmError, match=r":1:3: not UTF-8 text"):
        read_template(written(tmp_path, "c.qasm", b"ab\xff"))


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
        sweep(template, ["a"], [[0.5]], observable=Observable(("Z",), [1.0]), shots=5)
    assert str(caught.value) == (
        "The template measures nothing, so there is nothing to sample. Add measurements, or give an "
        "observable and no shots for exact expectation values."
    )
    result = sweep(template + "measure q -> c;", ["a"], [[0.5]], shots=5)
    assert repr(result) == "SweepResult(<1 row of a; 5 shots each>)"


EXPECTED = "expected (start, stop, number of values): two numbers and an integer, got"


@pytest.mark.parametrize(
    ("ranges", "message"),
    [
        ([("a", (0, 1, 2))], "Expected a mapping of name to (start, stop, number of values), got list."),
        ({1: (0, 1, 2)}, "Expected names of parameters as text, got 1."),
        ({"a": (0, 1)}, f"Range of 'a': {EXPECTED} (0, 1)."),
        ({"a": 3}, f"Range of 'a': {EXPECTED} 3."),
        ({"a": ("x", 1, 2)}, f"Range of 'a': {EXPECTED} ('x', 1, 2)."),
        ({"a": (0, 1j, 2)}, f"Range of 'a': {EXPECTED} (0, 1j, 2)."),
        ({"a": (0, 1, 2.5)}, f"Range of 'a': {EXPECTED} (0, 1, 2.5)."),
        ({"a": (0, 10**400, 2)}, f"Range of 'a': {EXPECTED} (0, 1000"),
        ({"a": (0, 1, True)}, "Range of 'a': expected at least 1 value, got 0."),
        ({"a": (0, 1, -3)}, "Range of 'a': expected at least 1 value, got -3."),
    ],
)
def test_what_is_no_range_is_told(ranges, message):
    with pytest.raises(ParameterError) as caught:
        parameter_grid(ranges)
    assert str(caught.value).startswith(message)


def test_a_range_may_fall_and_hold_one_value():
    assert parameter_grid({"a": (1, 0, 3), "b": (0.5, 9, 1)})[1].tolist() == [[1, 0.5], [0.5, 0.5], [0, 0.5]]


@pytest.mark.parametrize("suffix", [".csv", ".npz"])
def test_results_are_read_back_as_rows(tmp_path, suffix):
    template = "OPENQASM 2.0; qreg q[2]; ry(a) q[0]; rx(a*b) q[1];"
    rows = np.random.default_rng(3).normal(size=(5, 2))
    observable = Observable(("ZI", "IX"), [1.0, 0.5])
    path = tmp_path / f"results{suffix}"
    sweep(template, ["b", "a"], rows, observable=observable, gradients=True).save(path)
    names, values = read_parameters(path)
    assert (names, values.tolist()) == (("b", "a"), rows.tolist())


def test_counts_are_read_back_from_npz_only(tmp_path):
    template = "OPENQASM 2.0; qreg q[1]; creg c[1]; ry(a) q[0]; measure q -> c;"
    result = sweep(template, ["a"], [[1.0], [1.0]], shots=50)
    assert read_parameters(result.save(tmp_path / "r.npz"))[1].tolist() == [[1], [1]]
    with pytest.raises(ParameterError) as caught:
        read_parameters(result.save(tmp_path / "r.csv"))
    assert str(caught.value) == (
        f"{tmp_path / 'r.csv'}:1:1: these are counts, one line per outcome, not one per row of parameters. "
        "Save the sweep as .npz to read its rows."
    )


def test_results_without_parameters_are_no_rows(tmp_path):
    with pytest.raises(ParameterError, match="r.csv:1:1: expected names of parameters, found results only."):
        read_parameters(written(tmp_path, "r.csv", b"<H>,<ZZ>\n1,2\n"))


def test_what_is_no_npz_file(tmp_path):
    with pytest.raises(ParameterError, match="r.npz: not the results of a sweep: "):
        read_parameters(written(tmp_path, "r.npz", b"a,b\n1,2\n" * 50))
    np.savez(tmp_path / "other.npz", energies=np.ones(3))
    with pytest.raises(ParameterError, match="other.npz: not the results of a sweep: .*names"):
        read_parameters(tmp_path / "other.npz")
    np.savez(tmp_path / "flat.npz", names=["a"], values=np.ones(3))
    with pytest.raises(ParameterError, match=r"expected values as rows x 1 numbers, found float64 of shape"):
        read_parameters(tmp_path / "flat.npz")
    with pytest.raises(
        ParameterError, match="a .npz file names its columns itself; give names for .npy only"
    ):
        read_parameters(tmp_path / "flat.npz", ["a"])


@pytest.mark.parametrize(
    ("ranges", "message"),
    [
        ({}, "at least one range"),
        ({"a": (0, float("nan"), 2)}, "not finite"),
        ({"a": (0, 1, 0)}, "at least 1 value, got 0"),
        ({"a": (0, 1, 10**6), "b": (0, 1, 10**6)}, "too many"),
    ],
)
def test_grids_refuse(ranges, message):
    with pytest.raises(ParameterError, match=message):
        parameter_grid(ranges)


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
            {"observable": Observable(("X",), [1.0]), "shots": 100},
            ObservableError,
            "Word 'X' cannot be estimated from counts",
        ),
        ((ONE, ["a", "b"], [[1.0, 2]]), {"shots": 7}, ConfigError, "has 100 shots, the sweep asks for 7"),
        (
            (ONE, ["a", "b"], [[1.0, 2]]),
            {"gradients": True},
            ConfigError,
            "^Gradients are exact",
        ),
        (
            (ONE, ["a", "b"], [[1.0, 2]]),
            {"gradients": True, "observable": Z, "shots": 100},
            ConfigError,
            "^Gradients are exact: give an observable, and no shots.$",
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
    assert [path.name for path in tmp_path.iterdir()] == ["r.npz"]


def test_csv_of_values_and_of_counts(tmp_path):
    result = sweep(ONE, ["a", "b"], [[0.0, 0.0], [0.25, 0.5]], observable=Z, runner=Fake())
    value = float(np.cos(0.75))
    text = result.save(tmp_path / "r.csv").read_text()
    assert text == f"a,b,<H>,<Z>\n0.0,0.0,2.0,1.0\n0.25,0.5,{2 * value!r},{value!r}\n"
    counted = sweep(ONE, ["a", "b"], [[np.pi / 2, 0.0]], shots=100, runner=Fake())
    text = counted.save(tmp_path / "c.csv").read_text()
    assert text == f"a,b,<outcome>,<count>\n{np.pi / 2!r},0.0,0,50\n{np.pi / 2!r},0.0,1,50\n"
    with pytest.raises(ResultError, match="counts but no observable"):
        counted.best()
    with pytest.raises(ConfigError, match=r"written as .npz or .csv"):
        counted.save(tmp_path / "r.txt")
