"""The ``vivace`` command: one module for each of its commands."""

from vivace.cli.application import app, main
from vivace.cli.jobs_command import jobs
from vivace.cli.run_command import run
from vivace.cli.serve_command import serve
from vivace.cli.sweep_command import sweep

__all__ = ["app", "jobs", "main", "run", "serve", "sweep"]
