"""Names that load their module on first use, so that importing Vivace stays cheap."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["lazy_names"]


def lazy_names(
    package: str, sources: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Module-level ``__getattr__`` and ``__dir__`` for a package whose names live elsewhere.

    Args:
        package: ``__name__`` of the package.
        sources: Name to the module that defines it; a name that is the last part of its module is that
            module.

    >>> getattr_, dir_ = lazy_names("vivace", {"errors": "vivace.errors"})
    >>> getattr_("errors").__name__
    'vivace.errors'
    """

    def load(name: str) -> Any:
        source = sources.get(name)
        if source is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = importlib.import_module(source)
        value = module if source == f"{package}.{name}" else getattr(module, name)
        setattr(sys.modules[package], name, value)
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *sources})

    return load, names
