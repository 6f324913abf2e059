"""Type checkers see what users may write: no more, and no less."""

import re
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, SupportsIndex, get_type_hints

from mypy import api

from vivace.backends.maestro.fields import ALIASES, OPTIONS
from vivace.backends.maestro.keywords import MaestroKeywords

ROOT = Path(__file__).parents[2]
EXAMPLES = re.findall(
    r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)

SCRIPT = """
from vivace.backends import CircuitRunner, ExecutionResult, MaestroConfig, MaestroSimulator, QiskitSimulator
from vivace.sweeps import Observable

Observable(("Z",), [1.0])
Observable(["ZZ", "XX"], (1, 2)).coefficients.sum()
Observable(1, [1.0])
MaestroConfig(simulation_type="MatrixProductState", max_bond_dimension=None, use_double_precision=True)
MaestroConfig(bogus=3)
MaestroConfig(max_bond_dimension="many")
MaestroConfig().override(bogus=3)
MaestroSimulator(shots=100, simulation_type="Stabilizer")
MaestroSimulator(bogus=1)
MaestroSimulator().submit_circuits([""]).results[0]
QiskitSimulator().submit_circuits([""]).results[0]


def anywhere(runner: CircuitRunner) -> ExecutionResult:
    result = runner.submit_circuits([""])
    result.results[0]
    return result
"""


def test_strict_checks_of_user_scripts(tmp_path: Path) -> None:
    readme, script = tmp_path / "readme.py", tmp_path / "script.py"
    readme.write_text("\n".join(EXAMPLES), encoding="utf-8")
    script.write_text(SCRIPT, encoding="utf-8")
    options = [
        "--strict",
        "--no-error-summary",
        "--hide-error-context",
        f"--cache-dir={ROOT / '.mypy_cache'}",
    ]
    options.append(f"--config-file={ROOT / 'pyproject.toml'}")
    said, complaint, _ = api.run([*options, str(readme), str(script)])
    assert complaint == ""
    lines, wrong = SCRIPT.splitlines(), []
    for line in said.splitlines():
        file, number, kind, _ = line.split(":", 3)
        if kind.strip() == "error":
            wrong.append((Path(file).name, lines[int(number) - 1].strip()))
    assert wrong == [
        ("script.py", "Observable(1, [1.0])"),
        ("script.py", "MaestroConfig(bogus=3)"),
        ("script.py", 'MaestroConfig(max_bond_dimension="many")'),
        ("script.py", "MaestroConfig().override(bogus=3)"),
        ("script.py", "MaestroSimulator(bogus=1)"),
        ("script.py", "result.results[0]"),
    ]


KINDS = {
    "'": str | Enum | None,
    "bool": bool | None,
    "float": float | None,
    "int": SupportsIndex | None,
    "mapping": Mapping[str, str] | None,
    "maestro.NoiseModel": Any,
}


def test_keywords_are_the_options_of_the_config() -> None:
    hints = get_type_hints(MaestroKeywords)
    assert list(hints) == [*OPTIONS, *ALIASES]
    assert hints.pop("precision") == str | bool | Enum | None
    for name in ("use_double_precision", "mps_measure_no_collapse"):
        assert hints.pop(name) == bool | None
    for name, hint in hints.items():
        kind = OPTIONS[ALIASES[name].target if name in ALIASES else name].kind
        (expected,) = (hint for start, hint in KINDS.items() if kind.startswith(start))
        assert hint == expected, name
