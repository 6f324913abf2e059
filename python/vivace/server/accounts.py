"""Accounts: tokens, credits, and the ledger."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from vivace.backends.qoro.wire.account import CreditBalance, CreditTransaction
from vivace.errors import ConfigError
from vivace.server.database import Database, now
from vivace.server.settings import Settings, Tier

__all__ = ["Account", "Accounts", "credits_of", "micros"]

_MICRO: Final = 1_000_000
_SHORTEST_TOKEN: Final = 8


def micros(amount: Decimal) -> int:
    """An amount of credits in the whole numbers that are stored.

    >>> micros(Decimal("0.001"))
    1000
    """
    return int((amount * _MICRO).to_integral_value())


def credits_of(amount: int) -> str:
    """A stored amount as the decimal text that travels.

    >>> credits_of(500_000_000), credits_of(-1000)
    ('500.00', '-0.001')
    """
    text = f"{Decimal(amount) / _MICRO:.6f}".rstrip("0")
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction:0<2}"


@dataclass(frozen=True)
class Account:
    """Who asks.

    Attributes:
        id: Number in the database.
        name: Name.
        tier: What it may do.
    """

    id: int
    name: str
    tier: Tier


class Accounts:
    """The accounts of a database.

    Args:
        database: The database.
        settings: Tier and credits of new accounts.
    """

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    def issue(
        self,
        name: str,
        token: str | None = None,
        *,
        tier: Tier | None = None,
        credits: Decimal | None = None,  # noqa: A002 - what they are called
    ) -> str:
        """A token for the account ``name``, which is made if there is none. Earlier tokens stay valid.

        One that was revoked is valid again. Only a hash of the token is stored: it is never seen again.

        Args:
            name: Name of the account.
            token: The token to use; a new one by default.
            tier: Tier of a new account.
            credits: Credits of a new account.

        Raises:
            ConfigError: The token is too short, has odd characters, or is another account's.
        """
        token = secrets.token_urlsafe(32) if token is None else token
        if len(token) < _SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
            raise ConfigError(
                f"Expected a token of at least {_SHORTEST_TOKEN} ASCII characters without spaces.", "token"
            )
        with self._database.write() as connection:
            row = connection.execute("SELECT id FROM accounts WHERE name = ?", (name,)).fetchone()
            account = self._new(connection, name, tier, credits) if row is None else row["id"]
            connection.execute(
                "INSERT INTO tokens (digest, account, active) VALUES (?, ?, 1) ON CONFLICT DO NOTHING",
                (_digest(token), account),
            )
            owner = connection.execute(
                "SELECT account FROM tokens WHERE digest = ?", (_digest(token),)
            ).fetchone()
            if owner["account"] != account:
                raise ConfigError("This token belongs to another account.", "token")
            connection.execute("UPDATE tokens SET active = 1 WHERE digest = ?", (_digest(token),))
        return token

    def _new(
        self, connection: sqlite3.Connection, name: str, tier: Tier | None, amount: Decimal | None
    ) -> int:
        tier = self._settings.tier if tier is None else tier
        time = now()
        cursor = connection.execute(
            "INSERT INTO accounts (name, tier, balance, used, created_at, updated_at) "
            "VALUES (?, ?, 0, 0, ?, ?)",
            (name, tier.name, time, time),
        )
        account = cursor.lastrowid
        assert account is not None  # noqa: S101 - a row was just inserted
        start = micros(self._settings.credits if amount is None else amount)
        if start:
            self.book(connection, account, start, "PURCHASE", "Credits of a new account", None)
        return account

    def others(self, token: str) -> int:
        """How many other tokens of the same account are valid."""
        with self._database.read() as connection:
            found = connection.execute(
                "SELECT count(*) FROM tokens AS other JOIN tokens AS this ON this.account = other.account "
                "WHERE this.digest = ? AND other.digest <> this.digest AND other.active",
                (_digest(token),),
            )
            number: int = found.fetchone()[0]
        return number

    def revoke_others(self, token: str) -> None:
        """Deactivate all other tokens of the same account."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE tokens SET active = 0 WHERE digest <> ? "
                "AND account = (SELECT account FROM tokens WHERE digest = ?)",
                (_digest(token), _digest(token)),
            )

    def exists(self, name: str) -> bool:
        """Whether there is an account of that name."""
        with self._database.read() as connection:
            found = connection.execute("SELECT 1 FROM accounts WHERE name = ?", (name,)).fetchone()
        return found is not None

    def of_token(self, token: str) -> Account | None:
        """The account of a token; None if the token is unknown or was deactivated."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT accounts.* FROM tokens JOIN accounts ON accounts.id = tokens.account "
                "WHERE digest = ? AND active",
                (_digest(token),),
            ).fetchone()
        return None if row is None else Account(row["id"], row["name"], Tier.named(row["tier"]))

    def book(
        self,
        connection: sqlite3.Connection,
        account: int,
        amount: int,
        kind: str,
        description: str,
        job_id: str | None,
    ) -> bool:
        """Add to the balance, within a transaction of the caller's; False if it would fall below zero."""
        used = 0 if kind == "PURCHASE" else -amount
        row = connection.execute(
            "UPDATE accounts SET balance = balance + ?, used = used + ?, updated_at = ? "
            "WHERE id = ? AND balance + ? >= 0 RETURNING balance",
            (amount, used, now(), account, amount),
        ).fetchone()
        if row is None:
            return False
        connection.execute(
            "INSERT INTO ledger (account, amount, balance_after, kind, description, job_id, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (account, amount, row["balance"], kind, description, job_id, now()),
        )
        return True

    def lacking(self, connection: sqlite3.Connection, account: int, price: int) -> str:
        """What something costs, and what the account has, for a text that says that it is too little."""
        row = connection.execute("SELECT balance FROM accounts WHERE id = ?", (account,)).fetchone()
        return f"{credits_of(price)} credits; the account has {credits_of(row['balance'])}"

    def balance(self, account: Account) -> CreditBalance:
        """What ``credits/`` answers."""
        with self._database.read() as connection:
            row = connection.execute("SELECT * FROM accounts WHERE id = ?", (account.id,)).fetchone()
        return CreditBalance(
            credits_of(row["balance"]), credits_of(row["used"]), row["created_at"], row["updated_at"]
        )

    def transactions(self, account: Account, page: int, size: int) -> tuple[int, list[CreditTransaction]]:
        """The number of lines in the ledger, and those of one page, newest first."""
        with self._database.read() as connection:
            count = connection.execute(
                "SELECT count(*) FROM ledger WHERE account = ?", (account.id,)
            ).fetchone()[0]
            rows = connection.execute(
                "SELECT * FROM ledger WHERE account = ? ORDER BY id DESC LIMIT ? OFFSET ?",
                (account.id, size, (page - 1) * size),
            ).fetchall()
        return count, [
            CreditTransaction(
                row["id"],
                credits_of(row["amount"]),
                credits_of(row["balance_after"]),
                row["kind"],
                row["description"],
                row["job_id"],
                row["created_at"],
            )
            for row in rows
        ]


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()
