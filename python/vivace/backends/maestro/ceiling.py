"""A ceiling on memory, for methods whose need of it nobody knows before they run."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import Final

__all__ = ["CEILING", "Ceiling"]

_SHARE: Final = 0.9  # of the memory that is free


class Ceiling:
    """While anybody is inside, allocations beyond the free memory fail, instead of the kernel ending all.

    It is the limit of the whole process on address space, lowered by the first one in and put back by the
    last one out; processes started meanwhile keep it. Does nothing except on Linux.

    >>> with Ceiling():
    ...     bytearray(10)[0]
    0
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._before = (0, 0)

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._lower()
            self._inside += 1

    def __exit__(self, *_exc: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0 and self._before != (0, 0):
                import resource

                resource.setrlimit(resource.RLIMIT_AS, self._before)

    def _lower(self) -> None:
        most = _address_space()
        if most is None:
            return
        import resource

        self._before = soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        limits = [most, *(limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY)]
        resource.setrlimit(resource.RLIMIT_AS, (min(limits), hard))


CEILING: Final = Ceiling()
"""That of this process."""


def _address_space() -> int | None:
    """Bytes of address space when free memory has run out; None where nobody says."""
    try:
        used = _kilobytes(Path("/proc/self/status"), "VmSize:")
        return 1024 * (used + int(_SHARE * _kilobytes(Path("/proc/meminfo"), "MemAvailable:")))
    except (OSError, StopIteration):
        return None


def _kilobytes(file: Path, name: str) -> int:
    lines = file.read_text(encoding="ascii", errors="replace").splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1])
