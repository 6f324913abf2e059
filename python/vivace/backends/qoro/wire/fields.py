"""JSON as it travels: strict parsing, exact writing, and reading members of objects with clear errors."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final, NoReturn, TypeVar

from vivace.errors import ProtocolError

__all__ = [
    "check_answer",
    "dump_json",
    "optional_text",
    "parse_json",
    "parse_object",
    "read_flag",
    "read_list",
    "read_number",
    "read_object",
    "read_text",
    "read_whole",
]

T = TypeVar("T")

_REQUIRED: Final[Any] = object()
_LARGEST: Final = 1 << 63


def parse_json(data: bytes | str, what: str = "body") -> Any:
    """Parse JSON strictly: UTF-8, no NaN or Infinity, no name twice in one object, bounded depth.

    Raises:
        ProtocolError: The text is not such JSON.

    >>> parse_json(b'{"a": 1, "a": 2}')
    Traceback (most recent call last):
    ...
    vivace.errors.ProtocolError: body is not valid JSON: the name 'a' appears twice in one object.
    """
    try:
        text = data if isinstance(data, str) else data.decode()
        return json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_finite)
    except UnicodeDecodeError as error:
        raise ProtocolError(f"{what} is not valid JSON: byte {error.start} is not UTF-8.") from None
    except RecursionError:
        raise ProtocolError(f"{what} is not valid JSON: it is nested too deeply.") from None
    except ValueError as error:
        raise ProtocolError(f"{what} is not valid JSON: {str(error).rstrip('.')}.") from None


def check_answer(data: bytes) -> None:
    """See that an answer whose content does not matter is of the service: JSON, or nothing.

    Raises:
        ProtocolError: It is something else.
    """
    if data.strip():
        parse_json(data, "The answer")


def parse_object(data: bytes | str, what: str = "body") -> dict[str, Any]:
    """`parse_json`, for text that must hold an object."""
    value = parse_json(data, what)
    if not isinstance(value, dict):
        raise ProtocolError(f"Expected {what} to be a JSON object, got {_shown(value)}.")
    return value


def dump_json(value: Any) -> bytes:
    """Compact JSON in UTF-8; what it writes, `parse_json` reads.

    Raises:
        ProtocolError: A number is not finite, or a text has no UTF-8 form.

    >>> dump_json({"β": [1, 2.5]}).decode()
    '{"β":[1,2.5]}'
    """
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except UnicodeEncodeError as error:
        raise ProtocolError(f"Text {error.object!r:.60} cannot be encoded as UTF-8.") from None
    except ValueError:
        raise ProtocolError(
            "Expected finite numbers, got NaN or infinity, which JSON cannot express."
        ) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        name = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ValueError(f"the name {name!r:.60} appears twice in one object")
    return found


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text:.60} is too large for a number")
    return number


def _shown(value: Any) -> str:
    return f"{type(value).__name__} {value!r:.60}"


def _member(where: Mapping[str, Any], name: str, default: Any) -> Any:
    value = where.get(name)
    if value is not None:
        return value
    if default is _REQUIRED:
        raise ProtocolError(f"Missing {name!r}.", name)
    return default


def _wrong(name: str, expected: str, value: Any) -> ProtocolError:
    return ProtocolError(f"Expected {expected} in {name!r}, got {_shown(value)}.", name)


def read_text(where: Mapping[str, Any], name: str, default: str = _REQUIRED) -> str:
    """Member ``name`` as text; null and missing read as ``default``, or are errors without one.

    >>> read_text({"tag": "a"}, "tag")
    'a'
    """
    value = _member(where, name, default)
    if not isinstance(value, str):
        raise _wrong(name, "text", value)
    return value


def optional_text(where: Mapping[str, Any], name: str) -> str | None:
    """Member ``name`` as text; null and missing read as None."""
    return None if where.get(name) is None else read_text(where, name)


def read_whole(where: Mapping[str, Any], name: str, default: T = _REQUIRED, *, minimum: int = 0) -> int | T:
    """Member ``name`` as a whole number from ``minimum`` up, below 2**63.

    >>> read_whole({"count": 3}, "count"), read_whole({}, "count", None)
    (3, None)
    """
    value = _member(where, name, default)
    if value is default:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or not minimum <= value < _LARGEST:
        raise _wrong(name, f"a whole number of at least {minimum}", value)
    return value


def read_number(where: Mapping[str, Any], name: str, default: float = _REQUIRED) -> float:
    """Member ``name`` as a finite number; a text that holds one counts too.

    >>> read_number({"run_time": "1.5"}, "run_time", 0.0), read_number({"run_time": None}, "run_time", 0.0)
    (1.5, 0.0)
    """
    value = _member(where, name, default)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _wrong(name, "a number", value)
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise _wrong(name, "a number", value) from None
    if not math.isfinite(number):
        raise _wrong(name, "a finite number", value)
    return number


def read_flag(where: Mapping[str, Any], name: str, default: bool = _REQUIRED) -> bool:
    """Member ``name`` as a boolean; the texts ``"true"`` and ``"false"`` count too.

    >>> read_flag({"finalized": "true"}, "finalized"), read_flag({"finalized": False}, "finalized")
    (True, False)
    """
    value = _member(where, name, default)
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise _wrong(name, "true or false", value)


def read_list(where: Mapping[str, Any], name: str, default: list[Any] = _REQUIRED) -> list[Any]:
    """Member ``name`` as a list."""
    value = _member(where, name, default)
    if not isinstance(value, list):
        raise _wrong(name, "a list", value)
    return value


def read_object(where: Mapping[str, Any], name: str, default: dict[str, Any] = _REQUIRED) -> dict[str, Any]:
    """Member ``name`` as an object."""
    value = _member(where, name, default)
    if not isinstance(value, dict):
        raise _wrong(name, "an object", value)
    return value
