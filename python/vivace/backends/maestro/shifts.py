"""The parameter shift: exact derivatives from values at shifted angles."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Shifts"]

_NEAR: Final = (2**0.5 + 1) / (4 * 2**0.5)
_FAR: Final = (2**0.5 - 1) / (4 * 2**0.5)


class Shifts:
    """The parameter shift by the angles of a circuit.

    With one frequency (G. E. Crooks, arXiv:1905.13311) it takes two values, with the frequencies 1/2 and 1 of
    controlled rotations four (arXiv:2104.05695).

    Args:
        terms: For each angle of the full circuit, the number of values that its derivative takes.
        members: For each place where the circuit occurs, the angles of the full circuit that are its own.
    """

    def __init__(self, terms: NDArray[np.uint8], members: list[NDArray[np.uint32]]) -> None:
        import numpy as np

        own = np.max([terms[slots] for slots in members], axis=0)
        # Angles with one frequency, and with the frequencies ½ and 1.
        self._one, self._two = np.flatnonzero(own == 2), np.flatnonzero(own == 4)
        both = np.concatenate([self._one, self._two])
        steps = np.eye(len(own)) * (np.pi / 2)
        up = np.concatenate([steps[both], 3 * steps[self._two]])
        self._offsets = np.concatenate([np.zeros((1, len(own))), up, -up])

    @property
    def n_runs(self) -> int:
        """Evaluations for every row."""
        return len(self._offsets)

    def of_each(
        self, values_at: Callable[[NDArray[np.float64]], NDArray[np.float64]], angles: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Values, rows × words, and their derivatives, rows × words × angles.

        Args:
            values_at: Values, rows × words, at rows of angles: `n_runs` of them for each given row.
            angles: Rows × angles of the circuit.
        """
        import numpy as np

        shifted = angles[:, None] + self._offsets
        found = values_at(shifted.reshape(len(angles) * self.n_runs, angles.shape[1]))
        values = found.reshape(len(angles), self.n_runs, -1)
        up, down = np.split(values[:, 1:], 2, axis=1)
        differences = (up - down).transpose(0, 2, 1)
        one, near, far = np.split(differences, [len(self._one), len(self._one) + len(self._two)], axis=2)
        jacobian = np.zeros((len(angles), values.shape[2], angles.shape[1]))
        jacobian[:, :, self._one] = one / 2
        jacobian[:, :, self._two] = _NEAR * near - _FAR * far
        return values[:, 0], jacobian
