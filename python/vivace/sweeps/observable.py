"""`Observable`: a real combination of Pauli words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from vivace import _core
from vivace.errors import ObservableError, ResultError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Observable", "check_words", "quantity", "shown"]

_MAX_EXACT_QUBITS: Final = 14
_DENSE_QUBITS: Final = 8
_ROUNDING: Final = 1e-12


# `init` is written out, as it takes more than the attributes are.
@dataclass(frozen=True, slots=True, init=False, eq=False)
class Observable:
    """A real linear combination of Pauli words.

    Attributes:
        words: Pauli words of equal length, each once; leftmost letter = qubit 0.
        coefficients: float64, one per word; any unit, values of the observable come out in the same one.

    Raises:
        ObservableError: No words, a bad letter, unequal lengths, a repeated word, or coefficients that do
            not fit, or are not real and finite.

    >>> observable = Observable(("ZI", "XX"), [0.5, -1.0])
    >>> observable.width, observable.is_diagonal, round(observable.ground_energy(), 6)
    (2, False, -1.118034)
    """

    words: tuple[str, ...]
    coefficients: NDArray[np.float64]

    def __init__(self, words: Iterable[str], coefficients: ArrayLike) -> None:
        import numpy as np

        words = tuple(words)
        numbers = _numbers(coefficients)
        if not words or numbers.shape != (len(words),):
            raise ObservableError(
                f"Expected one coefficient per word and at least one word, got {len(words)} words and "
                f"coefficients of shape {numbers.shape}."
            )
        if not np.isfinite(numbers).all():
            word = words[int(np.isfinite(numbers).argmin())]
            raise ObservableError(f"The coefficient of {word!r} is not finite.", word)
        if numbers.imag.any():
            place = int(numbers.imag.astype(bool).argmax())
            message = f"The coefficient of {shown(words[place])} is not real: {numbers[place]}."
            raise ObservableError(message, words[place])
        check_words(words)
        object.__setattr__(self, "words", words)
        object.__setattr__(self, "coefficients", numbers.real.copy())

    @classmethod
    def of(cls, operator: Any) -> Self:
        """An observable as it is, or one of Qiskit's.

        Args:
            operator: An `Observable`, or a ``SparsePauliOp``, whose labels have qubit 0 on the right.
                Repeated labels are added up; imaginary parts below 1e-12 of the largest coefficient are
                rounding, and dropped.

        Raises:
            TypeError: Neither of the two.
            ObservableError: A coefficient is not a real, finite number.

        >>> from qiskit.quantum_info import SparsePauliOp
        >>> Observable.of(SparsePauliOp.from_list([("IZ", 1.0), ("XX", 0.5), ("IZ", 1.0)]))
        Observable(words=('ZI', 'XX'), coefficients=array([2. , 0.5]))
        """
        import numpy as np

        if isinstance(operator, cls):
            return operator
        if not (hasattr(operator, "paulis") and hasattr(operator, "to_list")):
            raise TypeError(
                f"Expected an Observable or a SparsePauliOp, got {type(operator).__name__}. Example: "
                'Observable(["ZZ", "XI"], [1.0, 0.5]), words (leftmost letter = qubit 0) and coefficients.'
            )
        if operator.coeffs.dtype.kind not in "fc":
            raise ObservableError("The coefficients of the operator have parameters. Bind them first.")
        found: dict[str, complex] = {}
        for label, coefficient in operator.to_list():
            word = label[::-1]
            found[word] = found.get(word, 0) + complex(coefficient)
        largest = max(map(abs, found.values()))
        for word, total in found.items():
            if abs(total.imag) > _ROUNDING * largest:
                raise ObservableError(f"The coefficient of {shown(word)} is not real: {total}.", word)
        return cls(tuple(found), np.array([total.real for total in found.values()]))

    @property
    def width(self) -> int:
        """Number of qubits the words speak of."""
        return len(self.words[0])

    @property
    def is_diagonal(self) -> bool:
        """Whether all words are made of I and Z, so that counts give their values."""
        return all(set(word) <= {"I", "Z"} for word in self.words)

    def check_diagonalisable(self) -> None:
        """Refuse what is too wide for `ground_energy`.

        Raises:
            ObservableError: More than 14 qubits.
        """
        if self.width > _MAX_EXACT_QUBITS:
            raise ObservableError(
                f"Diagonalisation is for at most {_MAX_EXACT_QUBITS} qubits, the observable has {self.width}."
            )

    def ground_energy(self) -> float:
        """Lowest eigenvalue, by diagonalisation; in the unit of the coefficients.

        Raises:
            ObservableError: More than 14 qubits.
            ResultError: The iteration does not converge.
        """
        import numpy as np
        from qiskit.quantum_info import SparsePauliOp

        self.check_diagonalisable()
        # Qiskit labels have qubit 0 on the right.
        operator = SparsePauliOp([word[::-1] for word in self.words], self.coefficients)
        if self.width <= _DENSE_QUBITS:
            return float(np.linalg.eigvalsh(operator.to_matrix())[0])
        from scipy.sparse.linalg import ArpackError, eigsh

        # A fixed random start: repeatable, and not orthogonal to the ground state by symmetry.
        start = np.random.default_rng(0).normal(size=1 << self.width)
        matrix = operator.to_matrix(sparse=True)
        try:
            return float(eigsh(matrix, k=1, which="SA", v0=start, return_eigenvectors=False)[0])
        except ArpackError as error:
            raise ResultError(f"Diagonalisation failed: {error}") from error


def _numbers(coefficients: ArrayLike) -> NDArray[np.complex128]:
    import numpy as np

    try:
        return np.array(coefficients, dtype=np.complex128)
    except (TypeError, ValueError, OverflowError) as error:
        message = f"Expected one real number per word as coefficients, got {coefficients!r:.60}: {error}."
        raise ObservableError(message) from None


def check_words(words: Sequence[str]) -> None:
    """Refuse words that are not of I, X, Y, Z, not equally long, or repeated.

    Raises:
        ObservableError: What is wrong first.
    """
    # What no encoding can hold is no letter either.
    text = ";".join(words).encode("utf-8", "replace").decode()
    if _core.parse_observables(text) != [list(words)]:
        word = next(word for word in words if ";" in word or "|" in word)
        raise ObservableError(f"Word {shown(word)} is several words; give each on its own.", word)


def shown(text: str) -> str:
    """Text from a file in quotes, cut to a length that fits a message."""
    return repr(text if len(text) <= 40 else text[:37] + "...")


def quantity(number: int, noun: str) -> str:
    """``3 words``, ``1 word``."""
    return f"{number} {noun}" + ("" if number == 1 else "s")
