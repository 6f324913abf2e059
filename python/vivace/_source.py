"""Program texts as they come in."""

from __future__ import annotations

import os

from vivace.errors import QasmError

__all__ = ["encodable"]


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
