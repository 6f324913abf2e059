"""QUBO problems on the wire: the comma form of any degree, and the factored form of quadratic ones.

``factored_v1`` says ``Q = F · diag(signs) · Fᵀ + diag(diag)`` with Q symmetric, so that a coefficient of the
problem sits half above and half below the diagonal.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from vivace.backends.qoro.wire import fields
from vivace.errors import ProtocolError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["EncodedQubo", "Terms", "decode_qubo", "encode_qubo"]

Terms: TypeAlias = Mapping[tuple[int, ...], float]
"""Coefficient by the variables it multiplies. The empty tuple is a constant, which does not travel."""

_FORMAT: Final = "factored_v1"
_MIN_FACTORED: Final = 64
# Terms per element of the matrix below which it is not made: half is a dense problem (wire protocol 10.2).
_DENSE: Final = 0.5
_LOSSY_BYTES: Final = 950_000
_LOSSY_SHARE: Final = 0.01
_LOSSY_ERROR: Final = 1e-3


@dataclass(frozen=True, slots=True)
class EncodedQubo:
    """A QUBO ready to send.

    Attributes:
        body: The JSON object.
        form: ``"terms"``, ``"factored"`` or ``"factored_lossy"``.
        max_error: Largest difference between a matrix element sent and the true one.
    """

    body: dict[str, Any]
    form: str
    max_error: float = 0.0


def encode_qubo(terms: Terms, n_variables: int, *, lossy: bool = False) -> EncodedQubo:
    """The smallest form that says the same; ``lossy=True`` allows one that says nearly the same.

    Only dense problems have forms to choose from: those in which nearly all pairs of variables have a term.

    Args:
        terms: The problem; zero coefficients are dropped.
        n_variables: Number of variables.
        lossy: Whether small eigenvalues may be cut off where the error stays below 0.1 % of the largest
            element. `EncodedQubo.max_error` then says how large it is.

    Raises:
        ProtocolError: A coefficient is not finite, or a variable is out of range.

    >>> encode_qubo({(0,): -1.0, (0, 1): 2.0}, 2).body
    {'0': -1.0, '0,1': 2.0}
    """
    comma = _comma_form(terms, n_variables)
    sparse = n_variables < _MIN_FACTORED or len(comma) < _DENSE * n_variables**2
    if sparse or any(len(key) > 2 for key in terms):
        return EncodedQubo(comma, "terms")
    candidates = _factored_forms(_symmetric(terms, n_variables), lossy=lossy)
    size = len(fields.dump_json(comma))
    best = EncodedQubo(comma, "terms")
    for candidate in candidates:
        length = len(fields.dump_json(candidate.body))
        if length < size:
            best, size = candidate, length
    return best


def _comma_form(terms: Terms, n_variables: int) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for key, coefficient in terms.items():
        if not math.isfinite(coefficient):
            raise ProtocolError(
                f"Expected finite coefficients, got {coefficient} for variables {key}.", "qubo"
            )
        if any(not 0 <= index < n_variables for index in key):
            raise ProtocolError(f"Variables {key} are out of range for {n_variables} variables.", "qubo")
        if coefficient != 0 and key:
            body[",".join(map(str, key))] = float(coefficient)
    return body


def _symmetric(terms: Terms, n: int) -> NDArray[np.float64]:
    import numpy as np

    matrix = np.zeros((n, n))
    for key, coefficient in terms.items():
        if not key:
            continue
        first, last = key[0], key[-1]
        matrix[first, last] += coefficient / 2
        matrix[last, first] += coefficient / 2
    return matrix


def _factored_forms(matrix: NDArray[np.float64], *, lossy: bool) -> list[EncodedQubo]:
    """Candidates, best first among equals: without the diagonal, whole, and cut short."""
    import numpy as np

    n = len(matrix)
    diagonal = np.diagonal(matrix).copy()
    hollow = matrix - np.diag(diagonal)
    values, vectors = np.linalg.eigh(hollow)
    forms = []
    for eigenvalues, eigenvectors, rest in (
        (values, vectors, diagonal),
        (*np.linalg.eigh(matrix), np.zeros(n)),
    ):
        bound = max(1e-12, n * np.finfo(float).eps) * np.abs(eigenvalues).max(initial=0.0)
        keep = np.abs(eigenvalues) > bound
        forms.append(_factored(matrix, eigenvalues[keep], eigenvectors[:, keep], rest, "factored"))
    if lossy:
        order = np.argsort(-np.abs(values))[: max(1, _LOSSY_BYTES // (16 * n))]
        order = order[np.abs(values[order]) >= _LOSSY_SHARE * np.abs(values).max(initial=0.0)]
        kept = (vectors[:, order] * values[order]) @ vectors[:, order].T
        folded = diagonal - np.diagonal(kept)
        cut = _factored(matrix, values[order], vectors[:, order], folded, "factored_lossy")
        if cut.max_error <= _LOSSY_ERROR * np.abs(matrix).max(initial=0.0):
            forms.append(cut)
    return forms


def _factored(
    matrix: NDArray[np.float64],
    eigenvalues: NDArray[np.float64],
    vectors: NDArray[np.float64],
    diagonal: NDArray[np.float64],
    form: str,
) -> EncodedQubo:
    import numpy as np

    factor = vectors * np.sqrt(np.abs(eigenvalues))
    signs = np.where(eigenvalues < 0, -1.0, 1.0)
    sent = (factor * signs) @ factor.T + np.diag(diagonal)
    body = {
        "_format": _FORMAT,
        "n": len(matrix),
        "k": len(signs),
        "F": np.ascontiguousarray(factor, dtype="<f8").tobytes().hex(),
        "signs": signs.tolist(),
        "diag": np.ascontiguousarray(diagonal, dtype="<f8").tobytes().hex(),
    }
    return EncodedQubo(body, form, float(np.abs(sent - matrix).max(initial=0.0)))


def decode_qubo(
    body: Mapping[str, Any], *, max_variables: int = 1 << 16
) -> tuple[dict[tuple[int, ...], float], int]:
    """Terms and number of variables of a QUBO in either form.

    Args:
        body: The JSON object.
        max_variables: Most variables to accept. The matrix of a factored form has that many, squared.

    Raises:
        ProtocolError: The object is neither form, or too large.

    >>> decode_qubo({"0": -1.0, "1,0": 2.0, "1,1": 3})
    ({(0,): -1.0, (0, 1): 2.0, (1,): 3.0}, 2)
    """
    if "_format" in body:
        return _decode_factored(body, max_variables)
    terms: dict[tuple[int, ...], float] = {}
    for key, value in body.items():
        parts = key.split(",")
        if not all(part.isascii() and part.isdigit() and len(part) <= 9 for part in parts):
            raise ProtocolError(
                f"Expected variables such as '0,1' as a key of the QUBO, got {key!r:.60}.", "qubo"
            )
        variables = tuple(sorted({int(part) for part in parts}))  # binary variables: x·x = x
        if variables[-1] >= max_variables:
            raise ProtocolError(f"Variable {variables[-1]} is beyond the limit of {max_variables}.", "qubo")
        if isinstance(value, str):
            raise ProtocolError(f"Expected a number as coefficient {key!r:.60}.", "qubo")
        terms[variables] = terms.get(variables, 0.0) + fields.read_number(body, key)
    return terms, max((key[-1] + 1 for key in terms), default=0)


def _decode_factored(body: Mapping[str, Any], max_variables: int) -> tuple[dict[tuple[int, ...], float], int]:
    import numpy as np

    if body["_format"] != _FORMAT:
        raise ProtocolError(f"Unknown QUBO format {body['_format']!r:.60}; expected {_FORMAT!r}.", "_format")
    n, k = int(fields.read_whole(body, "n", minimum=1)), int(fields.read_whole(body, "k"))
    if n > max_variables or k > n:
        raise ProtocolError(f"Expected n up to {max_variables} and k up to n, got n={n}, k={k}.", "n")
    signs = fields.read_list(body, "signs")
    if len(signs) != k or not all(sign in (1, -1) for sign in signs):
        raise ProtocolError(f"Expected {k} signs of 1 or -1.", "signs")
    factor = _floats(body, "F", n * k).reshape(n, k)
    matrix = (factor * np.array(signs, dtype=float)) @ factor.T + np.diag(_floats(body, "diag", n))
    terms: dict[tuple[int, ...], float] = {(i,): float(matrix[i, i]) for i in range(n) if matrix[i, i] != 0}
    above = np.triu(matrix, 1) * 2
    for i, j in zip(*(axis.tolist() for axis in np.nonzero(above)), strict=True):
        terms[i, j] = float(above[i, j])
    return terms, n


def _floats(body: Mapping[str, Any], name: str, count: int) -> NDArray[np.float64]:
    import numpy as np

    text = fields.read_text(body, name)
    if len(text) != 16 * count:
        raise ProtocolError(f"Expected {16 * count} hex digits in {name!r}, got {len(text)}.", name)
    try:
        values = np.frombuffer(bytes.fromhex(text), dtype="<f8")
    except ValueError:
        raise ProtocolError(f"Expected hex digits in {name!r}.", name) from None
    if len(values) != count or not np.isfinite(values).all():
        raise ProtocolError(f"Expected {count} finite numbers in {name!r}.", name)
    return values.astype(np.float64)
