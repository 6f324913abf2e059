"""What a sweep reads: files of words, of parameter rows and of templates, and ranges of a grid."""

import numpy as np
import pytest

from vivace.errors import ObservableError, ParameterError, QasmError
from vivace.sweeps import (
    Observable,
    parameter_grid,
    read_observable,
    read_parameters,
    read_template,
    sweep,
)


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
        sweep("OPENQASM 2.0; qreg q[1]; ry(a) q[0];", found, values, observable=Observable(("Z",), [2.0]))


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
        ({"a": (0, 1, True)}, f"Range of 'a': {EXPECTED} (0, 1, True)."),
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
