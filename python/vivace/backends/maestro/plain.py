"""Arguments of noise models as plain values, which can be compared and written down."""

from __future__ import annotations

from typing import Any

__all__ = ["plain"]


def plain(value: Any) -> Any:
    """The value with lists in place of arrays and tuples, and Python's numbers in place of NumPy's.

    >>> import numpy as np
    >>> plain(("set", (np.eye(2), np.int64(1)), {"p": (0.5, 1j)}))
    ['set', [[[1.0, 0.0], [0.0, 1.0]], 1], {'p': [0.5, 1j]}]
    """
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value
