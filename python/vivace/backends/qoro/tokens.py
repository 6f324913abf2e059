"""The token: where it is looked for, and how it is kept from sight."""

from __future__ import annotations

import hmac
import os
from typing import Any, Final

from vivace.errors import ConfigError

__all__ = ["Token", "find_token"]

_NAME: Final = "QORO_API_KEY"


class Token:
    """An API key that does not show itself.

    >>> Token("secret")
    Token(***)
    >>> Token("secret").authorization
    'Bearer secret'
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        key = value.strip()
        if key.lower().startswith("bearer "):
            key = key[7:].strip()
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise ConfigError(
                "The Qoro API key is empty, or has characters that a key cannot have. Copy it again from "
                "your account.",
                "auth_token",
            )
        self._value = key

    @property
    def authorization(self) -> str:
        """Value of the ``Authorization`` header."""
        return f"Bearer {self._value}"

    def account(self, base_url: str) -> str:
        """What tells this key from others of a service, and leads to none."""
        return hmac.new(self._value.encode(), base_url.encode(), "sha256").hexdigest()[:32]

    def __repr__(self) -> str:
        return "Token(***)"

    def __reduce__(self) -> Any:
        raise TypeError("Tokens are not pickled.")


def find_token(given: str | None = None) -> Token:
    """The token given, else `QORO_API_KEY` in a ``.env`` file from here upward, else in the environment.

    An entry without a value does not count.

    Raises:
        ConfigError: There is none.
    """
    if given is not None:
        return Token(given)
    from dotenv import dotenv_values, find_dotenv

    path = find_dotenv(usecwd=True)
    in_file = dotenv_values(path).get(_NAME) if path else None
    for value in (in_file, os.environ.get(_NAME)):
        if value is not None and value.strip():
            return Token(value)
    raise ConfigError(
        f"Qoro API key not provided nor found in a .env file or {_NAME} environment variable.", "auth_token"
    )
