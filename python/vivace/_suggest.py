"""Hints for users: the name they meant, the line of theirs that a warning is about, what to install."""

from __future__ import annotations

import difflib
import inspect
import warnings
from collections.abc import Iterable
from typing import Final

__all__ = ["did_you_mean", "install_hint", "warn_unknown_keywords", "warn_user"]

_ELSEWHERE: Final = {
    "shots": "Shots are the runner's, MaestroSimulator(shots=1000), or the job's, JobConfig(shots=1000); "
    "shot_groups gives ranges of circuits their own.",
    "seed": "Call the runner's set_seed() instead.",
}
"""What callers pass here and mean for somewhere else."""

_OTHERWISE: Final = {
    "aer": "QiskitAer",
    "backend": "simulator_type",
    "bond_dim": "max_bond_dimension",
    "chi": "max_bond_dimension",
    "clifford": "Stabilizer",
    "cutoff": "singular_value_threshold",
    "dm": "DensityMatrix",
    "method": "simulation_type",
    "mpo": "MatrixProductOperator",
    "mps": "MatrixProductState",
    "pp": "PauliPropagator",
    "sv": "Statevector",
    "tn": "TensorNetwork",
}
"""What things are called elsewhere, and here."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`` (did you mean 'x'?)`` for the known name closest to ``name``, or nothing if none is close.

    Closest in letters, or in meaning: some things have other names elsewhere.

    >>> did_you_mean("shot", ["shots", "seed"])
    " (did you mean 'shots'?)"
    >>> did_you_mean("zzz", ["shots", "seed"])
    ''
    """
    known = list(known)
    meant = _OTHERWISE.get(name.lower())
    if meant in known:
        return f" (did you mean {meant!r}?)"
    by_lower = {candidate.lower(): candidate for candidate in sorted(known, reverse=True)}
    close = difflib.get_close_matches(name.lower(), by_lower, n=1)
    return f" (did you mean {by_lower[close[0]]!r}?)" if close else ""


def install_hint(extra: str) -> str:
    """How to install an extra of Vivace, from wherever Vivace came.

    >>> install_hint("aer")
    "Install the extra 'aer': pip install 'vivace[aer]' (from a clone: pip install '.[aer]')"
    """
    return (
        f"Install the extra '{extra}': pip install 'vivace[{extra}]' (from a clone: pip install '.[{extra}]')"
    )


def warn_user(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the line that called into Vivace, however deep inside it this is.

    >>> import warnings
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn_user("odd")
    >>> print(caught[0].message)
    odd
    """
    frame, level = inspect.currentframe(), 1
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "vivace":
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def warn_unknown_keywords(
    given: Iterable[str], known: Iterable[str], *, where: str = "submit_circuits"
) -> None:
    """Warn about keywords a runner ignores, naming each and the closest one it knows.

    Args:
        given: Keywords that were not recognised.
        known: Keywords the method takes.
        where: Name of the method.

    >>> import warnings
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn_unknown_keywords(["ham_op"], ["ham_ops", "shot_groups"])
    >>> print(caught[0].message)
    submit_circuits ignores the unknown keyword 'ham_op' (did you mean 'ham_ops'?).
    """
    known = list(known)
    for name in given:
        elsewhere = _ELSEWHERE.get(name)
        hint = f". {elsewhere}" if elsewhere else f"{did_you_mean(name, known)}."
        warn_user(f"{where} ignores the unknown keyword {name!r}{hint}")
