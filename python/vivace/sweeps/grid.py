"""Parameter rows on a grid."""

from __future__ import annotations

import math
from collections.abc import Mapping
from operator import index
from typing import TYPE_CHECKING, Any, Final

from vivace.errors import ParameterError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["parameter_grid"]

_MAX_VALUES: Final = 1 << 28


def parameter_grid(
    ranges: Mapping[str, tuple[float, float, int]],
) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """All combinations of evenly spaced values.

    Args:
        ranges: Name to (start, stop, number of values); both ends are included, one value means start. Values
            fall where stop is below start.

    Returns:
        Names, and a float64 matrix of rows × names in row-major order: the last name changes fastest.

    Raises:
        ParameterError: No range, something else than a range, an end that is not finite, a number of values
            below 1, or too many rows.

    >>> names, values = parameter_grid({"a": (0.0, 1.0, 2), "b": (0.0, 2.0, 3)})
    >>> names, values.tolist()
    (('a', 'b'), [[0.0, 0.0], [0.0, 1.0], [0.0, 2.0], [1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
    """
    import numpy as np

    spaced = _checked_ranges(ranges)
    for name, (start, stop, number) in spaced.items():
        if not (math.isfinite(start) and math.isfinite(stop)):
            raise ParameterError(f"Range of {name!r}: {start} to {stop} is not finite.", name=name)
        if number < 1:
            raise ParameterError(f"Range of {name!r}: expected at least 1 value, got {number}.", name=name)
        if not math.isfinite(stop - start):
            raise ParameterError(f"Range of {name!r}: {start} to {stop} is too wide.", name=name)
    rows = math.prod(number for _, _, number in spaced.values())
    if rows * len(spaced) > _MAX_VALUES:
        size = f"{rows:.3g}" if rows < 1e300 else "more than 1e300"
        raise ParameterError(f"The grid has {size} rows of {len(spaced)} values: too many. Coarsen a range.")
    axes = [_axis(*ends) for ends in spaced.values()]
    matrix = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(rows, len(axes))
    return tuple(spaced), matrix


def _checked_ranges(ranges: Any) -> dict[str, tuple[float, float, int]]:
    """Ranges of numbers, whatever was given."""
    if not isinstance(ranges, Mapping):
        raise ParameterError(
            f"Expected a mapping of name to (start, stop, number of values), got {type(ranges).__name__}."
        )
    if not ranges:
        raise ParameterError("A grid needs at least one range.")
    found = {}
    for name, given in ranges.items():
        if not isinstance(name, str) or not name:
            raise ParameterError(f"Expected names of parameters as text, got {name!r:.60}.")
        try:
            start, stop, number = given
            if isinstance(number, bool):
                raise TypeError
            found[name] = float(start), float(stop), index(number)
        except (TypeError, ValueError, OverflowError):
            expected = "(start, stop, number of values): two numbers and an integer"
            raise ParameterError(
                f"Range of {name!r}: expected {expected}, got {given!r:.60}.", name=name
            ) from None
    return found


def _axis(start: float, stop: float, number: int) -> NDArray[np.float64]:
    import numpy as np

    axis = np.linspace(start, stop, number)
    # Where a range crosses zero, rounding leaves 1e-16 instead of 0.
    axis[np.abs(axis) < 1e-15 * max(abs(start), abs(stop))] = 0.0
    return axis
