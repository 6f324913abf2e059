"""The Python examples of the README run as they stand, one after another."""

import doctest
import re
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.skipif(not BLOCKS, reason="the README has no Python examples")
def test_readme_examples(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "readme"}
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    for number, block in enumerate(BLOCKS):
        if ">>>" in block:
            test = doctest.DocTestParser().get_doctest(block, names, f"README block {number}", str(README), 0)
            runner.run(test, clear_globs=False)
            names = test.globs
        else:
            exec(compile(block, f"README block {number}", "exec"), names)
    assert runner.failures == 0
