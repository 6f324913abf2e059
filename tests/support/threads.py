"""Many runs at once, where one does little but wait."""

from concurrent.futures import ThreadPoolExecutor

__all__ = ["at_once"]


def at_once(one, cases):
    """Call ``one`` with each of the cases; the first error is raised when all are over."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, cases))
