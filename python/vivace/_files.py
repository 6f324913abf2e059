"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

__all__ = ["check_creatable", "check_writable", "write_whole"]


def check_creatable(path: str | Path) -> None:
    """As `check_writable`, where directories may still have to be made for the file; none is left behind.

    Raises:
        OSError: As there, or a directory cannot be made.
    """
    parent = Path(path).parent
    missing = [directory for directory in (parent, *parent.parents) if not directory.exists()]
    try:
        parent.mkdir(parents=True, exist_ok=True)
        check_writable(path)
    finally:
        for directory in missing:
            with suppress(OSError):
                directory.rmdir()


def check_writable(path: str | Path) -> None:
    """Fail before a long run, not after it, where the results could not be written.

    Raises:
        OSError: The file cannot be written, or is a directory, or there is no directory for it.
    """
    path = Path(path)
    if not path.parent.is_dir():
        reason = errno.ENOTDIR if path.parent.exists() else errno.ENOENT
        raise OSError(reason, os.strerror(reason), str(path.parent))
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    write_whole(path, "wb", None)


def write_whole(path: Path, mode: str, write: Callable[[IO[Any]], None] | None) -> None:
    """Write beside the target, then move into place, so that a crash leaves no half file.

    Without ``write``, only the first step is tried, and undone.

    Raises:
        OSError: It cannot be written; names the file, also where the disk is full.
    """
    part = path.with_name(path.name + ".part")
    try:
        with part.open(
            mode, encoding=None if "b" in mode else "utf-8", newline=None if "b" in mode else ""
        ) as file:
            if write is None:
                return
            write(file)
        part.replace(path)
    except OSError as error:
        if error.filename is not None:
            raise
        raise OSError(error.errno or errno.EIO, error.strerror or str(error), str(path)) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
