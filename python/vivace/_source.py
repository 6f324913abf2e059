"""Program texts as they come in."""

from __future__ import annotations

from vivace.errors import QasmError

__all__ = ["encodable"]


def encodable(src: str, label: str | None = None) -> str:
    """``src`` itself, unless it holds what no encoding can (bytes read with ``surrogateescape``).

    Raises:
        QasmError: There is such a character.
    """
    if not isinstance(src, str):
        raise TypeError(f"Expected OpenQASM 2 text as str, got {type(src).__name__}.")
    if src.isascii():
        return src
    try:
        src.encode()
    except UnicodeEncodeError as error:
        line, start = src.count("\n", 0, error.start) + 1, src.rfind("\n", 0, error.start) + 1
        column, shown = error.start - start + 1, ascii(src[error.start])
        prefix = "" if label is None else f"Circuit '{label}' is not a valid QASM: "
        message = f"{prefix}Illegal character at {line}:{column}: {shown}"
        raise QasmError(message, label, line, column, src[start : error.start]) from None
    return src
