"""Long submissions run in memory that hardly grows with their rows."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benches" / "memory.py"
ROWS = 200_000
FIXED, PER_ROW = 40e6, 460  # together the 500 MB that a million rows may take


@pytest.mark.skipif(sys.platform != "linux", reason="peaks are read from /proc")
@pytest.mark.parametrize("kind", ["values", "counts"])
def test_rows_take_little_memory_beyond_input_and_results(kind):
    """In a process of its own: template rows in, arrays out, then the dicts read."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(ROWS), kind], capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    assert found["run"] < FIXED + PER_ROW * ROWS
    assert found["read"] < FIXED + PER_ROW * ROWS
    # What it is beyond: results are not thought smaller than they are.
    assert found["arrays"] > 40 * ROWS
    assert found["dicts"] > 300 * ROWS
