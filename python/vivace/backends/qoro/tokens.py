"""The token: where it is looked for, and how it is kept from sight."""

from __future__ import annotations

import hmac
import os
from typing import Any, Final

from vivace.errors import ConfigError

__all__ = ["URL", "Token", "find_token"]

URL: Final = "QORO_API_URL"
"""Where the address of the service is looked for."""

_NAME: Final = "QORO_API_KEY"


class Token:
    """An API key that does not show itself.

    Args:
        value: The key.
        origin: Where it is from.
        base_url: Address of the service that it is for, where it is from a file that says so.

    >>> Token("secret")
    Token(***)
    >>> Token("secret").authorization
    'Bearer secret'
    """

    __slots__ = ("_value", "base_url", "origin")

    def __init__(self, value: str, origin: str = "auth_token=", base_url: str | None = None) -> None:
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
        self.origin = origin
        self.base_url = base_url

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

    An entry without a value does not count. A key from a file is for the service that the same file names as
    ``QORO_API_URL``, if it does.

    Raises:
        ConfigError: There is none.
    """
    if given is not None:
        return Token(given)
    from dotenv import dotenv_values, find_dotenv

    path = find_dotenv(usecwd=True)
    try:
        in_file = dotenv_values(path) if path else {}
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not text in UTF-8.", "auth_token") from None
    key = in_file.get(_NAME) or ""
    if key.strip():
        return Token(key, f"{_NAME} in {path}", (in_file.get(URL) or "").strip() or None)
    key = os.environ.get(_NAME, "")
    if key.strip():
        return Token(key, f"{_NAME} in the environment")
    raise ConfigError(
        f"Qoro API key not provided nor found in a .env file or {_NAME} environment variable.", "auth_token"
    )
