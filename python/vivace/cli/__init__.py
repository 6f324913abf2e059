"""The ``vivace`` command: one module for each of its commands."""

from vivace.cli.application import app, main
from vivace.cli.serve_command import serve
from vivace.cli.sweep_command import sweep

__all__ = ["app", "main", "serve", "sweep"]
