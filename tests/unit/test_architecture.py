"""The arrows of DESIGN rule 1, the import purity of rule 6, and public names that are what they say."""

import ast
import importlib
import inspect
import json
import os
import pkgutil
import subprocess
import sys
import sysconfig
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import vivace

PACKAGE = Path(vivace.__file__).parent
# A part is the first name below `vivace`. It may import the parts of the rows above its own, nothing else.
LAYERS = [
    {"_core", "_files", "_lazy", "_suggest", "_version", "errors"},
    {"_exportable"},
    {"_qiskit", "_source"},
    {"cancellation", "codecs", "qasm", "tables"},
    {"circuits", "results"},
    {"backends"},
    {"sweeps"},
    {"distributed", "plots", "primitives", "server"},
    {"cli"},
    {"__main__"},
]


def part_of(module):
    return module.partition(".")[2].partition(".")[0]


def layer_of(part):
    found = [level for level, parts in enumerate(LAYERS) if part in parts]
    assert found, f"{part} is in no layer: add it to LAYERS, where its imports allow"
    return found[0]


def modules():
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(["vivace", *(p for p in parts if p != "__init__")])
        yield name, ast.parse(path.read_text(encoding="utf-8"))


def is_type_checking(node):
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def imports(tree, *, at_import=False):
    """Modules a tree imports. ``at_import``: only those that run when the module is loaded."""
    pending = list(tree.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            yield from _from_import(node)
        elif at_import and (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or is_type_checking(node)
        ):
            continue
        pending += [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.AST)]


def _from_import(node):
    for alias in node.names:
        inner = f"{node.module}.{alias.name}"
        path = PACKAGE.parent.joinpath(*inner.split("."))
        is_module = path.is_dir() or path.with_suffix(".py").exists() or inner == "vivace._core"
        yield inner if is_module else node.module


def public_modules():
    yield "vivace"
    for info in pkgutil.walk_packages(vivace.__path__, "vivace."):
        if not any(part.startswith("_") for part in info.name.split(".")):
            yield info.name


def run_python(code):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COV"))}
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_tests_run_against_the_installed_wheel():
    assert PACKAGE.parent == Path(sysconfig.get_path("platlib"))
    assert Path(importlib.import_module("vivace._core").__file__).parent == PACKAGE
    assert (PACKAGE / "py.typed").exists()


@pytest.mark.parametrize(
    ("name", "tree"), list(modules()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_imports_point_down(name, tree):
    own = part_of(name)
    if not own:
        return  # the package itself only names its parts
    for target in imports(tree):
        part = part_of(target)
        if target.startswith("vivace.") and part != own:
            assert layer_of(part) < layer_of(own), f"{name} imports {target}, which is not below it"


def test_modules_form_no_circle():
    graph = {
        name: {
            target
            for target in imports(tree, at_import=True)
            if target.startswith("vivace.") and target != name
        }
        for name, tree in modules()
    }
    TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("name", ["vivace", "vivace.backends"])
def test_package_faces_hold_no_logic(name):
    tree = dict(modules())[name]
    allowed = (ast.Import, ast.ImportFrom, ast.Assign, ast.Expr)
    assert all(isinstance(node, allowed) or is_type_checking(node) for node in tree.body)


WATCHED = """
import json, sys, threading
reads, audits = [], []
import os
class Watched(dict):
    def __getitem__(self, key): reads.append(str(key)); return dict.__getitem__(self, key)
    def get(self, key, default=None): reads.append(str(key)); return dict.get(self, key, default)
before, threads = set(sys.modules), threading.active_count()
os.environ._data = Watched(os.environ._data)
sys.addaudithook(lambda event, _args: audits.append(event))
{statements}
started = threading.active_count() - threads
print(json.dumps({{"modules": sorted(set(sys.modules) - before), "reads": reads, "started": started,
                  "audits": sorted(set(audits))}}))
"""


def watched(statements):
    return run_python(WATCHED.format(statements=statements))


@pytest.mark.parametrize(
    "statements",
    [
        "import vivace",
        "import vivace.backends",
        "import vivace.errors, vivace.cancellation, vivace.results",
        "from vivace.backends import CircuitRunner, ExecutionResult, MaestroConfig; MaestroConfig(seed=1)",
        "from vivace.backends import ExecutionConfig, JobConfig, JobStatus; JobConfig(5)",
    ],
)
def test_importing_loads_the_standard_library_and_vivace_only(statements):
    seen = watched(statements)
    roots = {name.partition(".")[0] for name in seen["modules"]}
    assert roots <= {"vivace", *sys.stdlib_module_names}
    assert seen["started"] == 0
    assert seen["reads"] == []
    assert not {event for event in seen["audits"] if event.startswith(("socket.", "subprocess.", "os.fork"))}


def test_the_watch_sees_what_it_watches():
    seen = watched("os.environ.get('HOME'); import socket; socket.socket().close()")
    assert "b'HOME'" in seen["reads"]
    assert "socket.__new__" in seen["audits"]


@pytest.mark.parametrize("name", list(public_modules()))
def test_all_names_what_is_public(name):
    module = importlib.import_module(name)
    declared = module.__all__
    assert len(set(declared)) == len(declared)
    assert set(declared) <= set(dir(module))
    if hasattr(module, "__path__"):
        # A package: names load on first use, and come from the module they say.
        assert all(getattr(module, public) is not None for public in declared)
        return
    own = {
        public
        for public, value in vars(module).items()
        if not public.startswith("_")
        and (inspect.isfunction(value) or inspect.isclass(value))
        and value.__module__ == name
    }
    assert own <= set(declared), "public by name, but not in __all__"


@pytest.mark.parametrize(
    "name", [n for n in public_modules() if hasattr(importlib.import_module(n), "__path__")]
)
def test_packages_refuse_unknown_names(name):
    module = importlib.import_module(name)
    with pytest.raises(AttributeError, match=f"module '{name}' has no attribute 'nonsense'"):
        _ = module.nonsense


@pytest.mark.parametrize("name", list(public_modules()))
def test_every_public_name_is_documented(name):
    module = importlib.import_module(name)
    assert module.__doc__
    for public in module.__all__:
        value = getattr(module, public)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert inspect.getdoc(value), f"{name}.{public}"
