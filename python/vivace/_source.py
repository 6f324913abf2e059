"""Program texts and labels as they come in."""

from __future__ import annotations

import os
from typing import Any

from vivace.errors import ParameterError, QasmError

__all__ = ["check_labels", "encodable"]


def encodable(src: str, label: str | None = None) -> str:
    """``src`` itself, unless it holds what no encoding can (bytes read with ``surrogateescape``).

    Raises:
        QasmError: There is such a character, or it is the path of a file.
    """
    if not isinstance(src, str):
        raise TypeError(f"Expected OpenQASM 2 text as str, got {type(src).__name__}.")
    if ";" not in src:
        _refuse_path(src, label)
    if src.isascii():
        return src
    try:
        src.encode()
    except UnicodeEncodeError as error:
        line, start = src.count("\n", 0, error.start) + 1, src.rfind("\n", 0, error.start) + 1
        column, shown = error.start - start + 1, ascii(src[error.start])
        message = f"{_prefix(label)}Illegal character at {line}:{column}: {shown}"
        raise QasmError(message, label, line, column, src[start : error.start]) from None
    return src


def check_labels(labels: list[Any]) -> None:
    """Labels are strings that an encoding can hold.

    Raises:
        TypeError: One is no string.
        ParameterError: One holds a surrogate.
    """
    odd = next((label for label in labels if not isinstance(label, str)), None)
    if odd is not None:
        raise TypeError(f"Expected circuit labels as str, got {odd!r} ({type(odd).__name__}).")
    for label in labels:
        if not label.isascii():
            try:
                label.encode()
            except UnicodeEncodeError:
                raise ParameterError(
                    f"Circuit label {label!a} holds half a character (a surrogate). Use another label."
                ) from None


def _refuse_path(src: str, label: str | None) -> None:
    is_line = bool(src) and "\n" not in src
    if is_line and (src.endswith(".qasm") or os.path.isfile(src)):  # noqa: PTH113 - Path raises on odd text
        message = (
            f"{_prefix(label)}Expected OPENQASM 2 text, got what looks like the path of a file. Read it: "
            f"pathlib.Path({src!r}).read_text()"
        )
        raise QasmError(message, label, 1, 1, src)


def _prefix(label: str | None) -> str:
    return "" if label is None else f"Circuit '{label}' is not a valid QASM: "
