"""Did you mean ...? The one place where unknown names meet known ones."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Iterable

__all__ = ["did_you_mean", "warn_unknown_keywords"]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`` (did you mean 'x'?)`` for the known name closest to ``name``, or nothing if none is close.

    >>> did_you_mean("shot", ["shots", "seed"])
    " (did you mean 'shots'?)"
    >>> did_you_mean("zzz", ["shots", "seed"])
    ''
    """
    by_lower = {candidate.lower(): candidate for candidate in sorted(known, reverse=True)}
    close = difflib.get_close_matches(name.lower(), by_lower, n=1)
    return f" (did you mean {by_lower[close[0]]!r}?)" if close else ""


def warn_unknown_keywords(
    given: Iterable[str], known: Iterable[str], *, where: str = "submit_circuits", stacklevel: int = 3
) -> None:
    """Warn about keywords a runner ignores, naming each and the closest one it knows.

    Args:
        given: Keywords that were not recognised.
        known: Keywords the method takes.
        where: Name of the method.
        stacklevel: As for `warnings.warn`, counted from here; 3 points at the caller of the method.

    >>> import warnings
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn_unknown_keywords(["ham_op"], ["ham_ops", "shot_groups"])
    >>> print(caught[0].message)
    submit_circuits ignores the unknown keyword 'ham_op' (did you mean 'ham_ops'?).
    """
    known = list(known)
    for name in given:
        warnings.warn(
            f"{where} ignores the unknown keyword {name!r}{did_you_mean(name, known)}.",
            UserWarning,
            stacklevel=stacklevel,
        )
