"""What a sweep reads: templates, parameter rows, observables.

Files may be wrong in every way. A wrong one gives one error, which begins with ``file:line:column:``.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vivace.errors import ObservableError, ParameterError, QasmError, VivaceError
from vivace.sweeps.observable import Observable, check_words, quantity, shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["check_finite", "read_observable", "read_parameters", "read_template"]

_MAX_LINE: Final = 1 << 20
_MAX_TEMPLATE: Final = 64 << 20


def read_template(path: str | Path) -> str:
    """Text of a template file; whether it is OpenQASM is for the core to say.

    Raises:
        QasmError: Longer than 64 MiB, or not UTF-8 text.
        OSError: The file cannot be read.
    """
    with Path(path).open("rb") as file:
        data = file.read(_MAX_TEMPLATE + 1)
    if len(data) > _MAX_TEMPLATE:
        raise QasmError(f"{path}: larger than {_MAX_TEMPLATE >> 20} MiB; this is no circuit template")
    place = data.find(b"\0")
    if place >= 0:
        raise QasmError(f"{path}:{_position(data, place)}: not a text file (NUL byte)")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = error.start
    raise QasmError(f"{path}:{_position(data, place)}: not UTF-8 text")


def read_parameters(
    path: str | Path, names: Sequence[str] | None = None
) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    r"""Parameter rows from a file.

    Args:
        path: ``.csv``: a header of names, then one row of numbers a line, separated by commas.
            ``.npy``: a matrix of rows × parameters, or a structured array whose fields are the names.
            Of the files that `SweepResult.save` writes, ``.csv`` or ``.npz``, the parameters are taken, and
            the results (columns ``<…>`` and ``d<H>/d…``) left out.
        names: Names of the columns; for a ``.npy`` matrix only.

    Returns:
        Names, and a float64 matrix of rows × names.

    Raises:
        ParameterError: What is wrong with the file, and where.
        OSError: The file cannot be read.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "rows.csv")
    ...     _ = path.write_text("a,b\n0.5,1\n1.5,2\n")
    ...     read_parameters(path)
    (('a', 'b'), array([[0.5, 1. ],
           [1.5, 2. ]]))
    """
    suffix = Path(path).suffix.lower()
    if suffix == ".npy":
        return _read_npy(path, names)
    if suffix not in (".csv", ".npz"):
        raise ParameterError(f"{path}: expected a .csv, .npy or .npz file of parameter rows.")
    if names is not None:
        raise ParameterError(f"{path}: a {suffix} file names its columns itself; give names for .npy only.")
    return _read_csv(path) if suffix == ".csv" else _read_npz(path)


def read_observable(path: str | Path) -> Observable:
    r"""An observable from a words file.

    One term a line: ``<coefficient> <word>``, separated by blanks; leftmost letter = qubit 0; letters I, X,
    Y, Z; all words equally long, each once. ``#`` starts a comment, blank lines are ignored.

    Raises:
        ObservableError: What is wrong with the file, and where.
        OSError: The file cannot be read.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "words.txt")
    ...     _ = path.write_text("# two terms\n 0.5 ZI\n-1.0 XX\n")
    ...     read_observable(path).words
    ('ZI', 'XX')
    """
    words: list[str] = []
    places: list[tuple[int, int]] = []
    coefficients = array("d")
    for number, line in _lines(path, ObservableError):
        text = line.partition("#")[0]
        fields = text.split()
        if not fields:
            continue
        if len(fields) != 2:
            message = f"expected '<coefficient> <word>', found {quantity(len(fields), 'field')}"
            raise ObservableError(f"{path}:{number}:{_column(text, len(fields) > 2)}: {message}.")
        coefficient = _number(fields[0])
        if isinstance(coefficient, str):
            raise ObservableError(f"{path}:{number}:{text.index(fields[0]) + 1}: {coefficient}.")
        word = fields[1]
        place = number, text.rindex(word) + 1
        try:
            # Letters and length; to tell the line, as only it can be wrong.
            check_words((words[0], word) if words else (word,))
        except ObservableError as error:
            raise _in_file(error, path, place) from None
        words.append(word)
        places.append(place)
        coefficients.append(coefficient)
    if not words:
        raise ObservableError(f"{path}: there are no terms; expected lines of '<coefficient> <word>'.")
    try:
        return Observable(tuple(words), _vector(coefficients))
    except ObservableError as error:
        # Only a repeated word is left.
        again = [place for place, word in zip(places, words, strict=True) if word == error.word]
        raise _in_file(error, path, again[-1] if len(again) < 2 else again[1]) from None


def _in_file(error: ObservableError, path: str | Path, place: tuple[int, int]) -> ObservableError:
    """The core's error with the place in the file instead of that in the text it was given."""
    message = re.sub(r" \(group \d+, term \d+\)", "", str(error))
    return ObservableError(f"{path}:{place[0]}:{place[1]}: {message}", error.word)


def _read_csv(path: str | Path) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    rows = ((number, line) for number, line in _lines(path, ParameterError) if line and not line.isspace())
    header = next(rows, None)
    if header is None:
        raise ParameterError(f"{path}: the file is empty; expected a header of parameter names, then rows.")
    names = _csv_header(path, *header)
    kept = [column for column, name in enumerate(names) if not _is_result(name)]
    values = array("d")
    for number, line in rows:
        fields = line.split(",")
        if len(fields) != len(names):
            found = f"expected {quantity(len(names), 'value')}, found {len(fields)}"
            raise ParameterError(f"{path}:{number}:1: {found}.")
        try:
            numbers = [float(field) for field in fields]
        except ValueError:
            raise ParameterError(_csv_problem(path, number, fields, range(len(fields)))) from None
        if len(kept) < len(names):
            numbers = [numbers[column] for column in kept]
        # The sum of finite numbers may overflow, so a bad sum only asks for a closer look.
        if "_" in line or not math.isfinite(sum(numbers)):
            problem = _csv_problem(path, number, fields, kept)
            if problem:
                raise ParameterError(problem)
        values.extend(numbers)
    if not values:
        raise ParameterError(f"{path}: there is a header but no row of values.")
    return tuple(names[column] for column in kept), _vector(values).reshape(-1, len(kept))


def _csv_header(path: str | Path, number: int, line: str) -> tuple[str, ...]:
    names = tuple(field.strip().strip('"') for field in line.split(","))
    if not any(isinstance(_number(name), str) for name in names):
        raise ParameterError(f"{path}:{number}:1: expected a header of parameter names, found numbers.")
    _check_names(names, f"{path}:{number}: ")
    if "<outcome>" in names:
        raise ParameterError(
            f"{path}:{number}:1: these are counts, one line per outcome, not one per row of parameters. "
            "Save the sweep as .npz to read its rows."
        )
    if all(map(_is_result, names)):
        raise ParameterError(f"{path}:{number}:1: expected names of parameters, found results only.")
    return names


def _is_result(name: str) -> bool:
    """Whether a column holds results, as `SweepResult.save` names them."""
    return name.startswith("d<H>/d") or (name.startswith("<") and name.endswith(">"))


def _csv_problem(path: str | Path, number: int, fields: list[str], columns: Sequence[int]) -> str:
    """The first field in these columns that is not a finite number, as a message; empty if there is none."""
    column = 1
    for index, field in enumerate(fields):
        value = _number(field.strip())
        if isinstance(value, str) and index in columns:
            return f"{path}:{number}:{column + len(field) - len(field.lstrip())}: {value}."
        column += len(field) + 1
    return ""


def _read_npy(path: str | Path, names: Sequence[str] | None) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    import numpy as np

    try:
        stored = np.lib.format.open_memmap(path, mode="r")
    except Exception as error:  # NumPy lets through whatever a broken header does to its parts
        if isinstance(error, OSError) and error.filename is not None:
            raise
        raise ParameterError(f"{path}: not a .npy file of numbers: {str(error)[:200]}") from None
    fields = stored.dtype.names
    if fields is not None and names is not None:
        raise ParameterError(
            f"{path}: the array names its fields itself; give names for a plain matrix only."
        )
    if fields is None and names is None:
        raise ParameterError(f"{path}: a plain matrix has no names; give them (--names a,b).")
    found = tuple(fields if fields is not None else names or ())
    _check_names(found, f"{path}: ")
    columns = [stored[field] for field in fields] if fields is not None else [stored]
    if any(column.dtype.kind not in "iuf" for column in columns):
        raise ParameterError(f"{path}: expected real numbers, found dtype {stored.dtype}.")
    if stored.ndim != (2 if fields is None else 1) or (fields is None and stored.shape[1] != len(found)):
        expected = f"rows x {len(found)} values" if fields is None else "a one-dimensional structured array"
        raise ParameterError(f"{path}: expected {expected}, found shape {stored.shape}.")
    if any(column.ndim != stored.ndim for column in columns):
        raise ParameterError(f"{path}: expected one number per field, found dtype {stored.dtype}.")
    if not len(stored):
        raise ParameterError(f"{path}: there are no rows.")
    matrix = np.array(stored if fields is None else np.stack(columns, axis=1), dtype=np.float64, order="C")
    check_finite(found, matrix, f"{path}: ")
    return found, matrix


def _read_npz(path: str | Path) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as stored:
            names, values = tuple(map(str, stored["names"].tolist())), stored["values"]
    except Exception as error:  # as for .npy
        if isinstance(error, OSError) and error.filename is not None:
            raise
        raise ParameterError(f"{path}: not the results of a sweep: {str(error)[:200]}") from None
    if values.dtype.kind != "f" or values.ndim != 2 or values.shape[1] != len(names) or not len(values):
        found = f"{values.dtype} of shape {values.shape}"
        raise ParameterError(f"{path}: expected values as rows x {len(names)} numbers, found {found}.")
    _check_names(names, f"{path}: ")
    check_finite(names, values, f"{path}: ")
    return names, values


def check_finite(names: Sequence[str], values: NDArray[np.float64], prefix: str = "") -> None:
    """Refuse NaN and infinities in a matrix of rows × names, telling the first one's place."""
    import numpy as np

    finite = np.isfinite(values)
    if not finite.all():
        row, column = divmod(int(finite.argmin()), values.shape[1])
        found = f"{prefix}row {row} has {values[row, column]} for {names[column]!r}"
        raise ParameterError(f"{found}; parameters must be finite.", name=names[column])


def _check_names(names: Sequence[str], prefix: str) -> None:
    columns: dict[str, int] = {}
    for index, name in enumerate(names):
        if not name:
            raise ParameterError(f"{prefix}column {index + 1} has no name.")
        first = columns.setdefault(name, index) + 1
        if first <= index:
            message = f"{prefix}columns {first} and {index + 1} are both named {shown(name)}."
            raise ParameterError(message, name=name)


def _lines(path: str | Path, error: type[VivaceError]) -> Iterator[tuple[int, str]]:
    """Numbered lines of a UTF-8 text file, without their ends, never more than one in memory."""
    with Path(path).open("rb") as file:
        number = 0
        while data := file.readline(_MAX_LINE):
            number += 1
            if len(data) == _MAX_LINE and not data.endswith(b"\n"):
                raise error(f"{path}:{number}:1: the line is longer than {_MAX_LINE} bytes.")
            place = data.find(b"\0")
            if place >= 0:
                raise error(f"{path}:{number}:{place + 1}: not a text file (NUL byte).")
            try:
                text = data.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as bad:
                column = len(data[: bad.start].decode("utf-8", "replace")) + 1
                raise error(f"{path}:{number}:{column}: not UTF-8 text.") from None
            yield number, text.rstrip("\r\n")


def _number(text: str) -> float | str:
    """A finite number, or what is wrong with it."""
    try:
        value = float(text)
    except ValueError:
        value = None
    if value is None or "_" in text:
        return f"expected a number, found {shown(text)}" if text else "expected a number, found nothing"
    return value if math.isfinite(value) else f"expected a finite number, found {shown(text)}"


def _column(text: str, third: bool) -> int:
    """Column of the third field, or of the first."""
    if not third:
        return len(text) - len(text.lstrip()) + 1
    return len(text) - len(text.split(maxsplit=2)[2]) + 1


def _position(data: bytes, place: int) -> str:
    """``line:column`` of a byte, both from 1."""
    before = data[:place].rpartition(b"\n")[2].decode("utf-8", "replace")
    return f"{data.count(10, 0, place) + 1}:{len(before) + 1}"


def _vector(values: array[float]) -> NDArray[np.float64]:
    import numpy as np

    return np.frombuffer(values, dtype=np.float64)
