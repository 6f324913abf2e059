"""Parameter sweeps: one circuit template, a matrix of parameter rows, arrays of values or counts back."""

from vivace._files import check_writable
from vivace.sweeps.grid import parameter_grid
from vivace.sweeps.inputs import read_observable, read_parameters, read_template
from vivace.sweeps.observable import Observable
from vivace.sweeps.result import BestRow, SweepCounts, SweepResult, output_format
from vivace.sweeps.run import sweep, sweep_parts

__all__ = [
    "BestRow",
    "Observable",
    "SweepCounts",
    "SweepResult",
    "check_writable",
    "output_format",
    "parameter_grid",
    "read_observable",
    "read_parameters",
    "read_template",
    "sweep",
    "sweep_parts",
]
