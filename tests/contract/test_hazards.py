"""What goes wrong in older clients, asked of every runner. Numbers are those of api-contract, section 17."""

import subprocess
import sys

import numpy as np
import pytest

from vivace.backends import QiskitSimulator
from vivace.circuits import TemplateEntry
from vivace.errors import ObservableError

HEAD = 'OPENQASM 2.0; include "qelib1.inc"; '


def flip(register, n=2):
    return HEAD + f"qreg {register}[{n}]; creg c[{n}]; x {register}[0]; measure {register} -> c;"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("AB", r"must contain only I, X, Y, Z characters\. Word 'AB' \(group 0, term 0\)"),
        ("zz", r"must contain only I, X, Y, Z characters\. Word 'zz' \(group 0, term 0\)"),
        ("ZZZ", "'ZZZ' has 3 letters but circuit '0' has 2 qubits"),
        ("ZI;XX;ZI", "'ZI'"),
        ("", "empty"),
        ("ZZ;;XX", "empty"),
    ],
)
def test_bad_words_never_return_numbers(runner, words, message):
    """Upstream answers with a number for most of them, or with the later of two equal words."""
    if not runner.supports_expval:
        pytest.skip("samples only")
    with pytest.raises(ObservableError, match=message):
        runner.submit_circuits([flip("q")], ham_ops=words)


def test_groups_without_a_map_are_words_for_all(runner, run):
    """Upstream takes ``XX|ZI`` for one word."""
    if not runner.supports_expval:
        pytest.skip("samples only")
    found = run(runner, [flip("q")], ham_ops="XX|ZI").results[0]["results"]
    assert found == pytest.approx({"XX": 0, "ZI": -1})


def test_short_words_are_padded_with_a_warning(runner, run):
    if not runner.supports_expval:
        pytest.skip("samples only")
    with pytest.warns(UserWarning, match="padding with I on the right"):
        result = run(runner, [flip("q")], ham_ops="Z")
    assert result.results[0]["results"] == pytest.approx({"Z": -1})


@pytest.mark.parametrize("name", ["data", "myid", "id_", "q1"])
def test_registers_have_any_name(runner, run, name):
    """Upstream knows ``q`` only, and takes ``id`` for a gate wherever it stands."""
    assert run(runner, [flip(name)]).results[0]["results"] == {"01": 100}


@pytest.mark.parametrize("name", ["myid", "valid", "id2id", "rz_id"])
def test_gates_whose_names_end_like_others(runner, run, name):
    """Hazard 4: upstream strips ``id`` from programs, and the tail of names that end in it."""
    program = HEAD + f"gate {name} a {{ x a; }} qreg q[2]; creg c[2]; {name} q[1];id q[0]; measure q -> c;"
    assert run(runner, [program]).results[0]["results"] == {"10": 100}
    with_angle = program.replace(f"gate {name} a {{ x a; }}", f"gate {name}(t) a {{ rx(t) a; }}")
    with_angle = with_angle.replace(f"{name} q[1];", f"{name}(pi) q[1];")
    assert run(runner, [with_angle]).results[0]["results"] == {"10": 100}


@pytest.mark.parametrize(
    "program",
    [
        'OPENQASM 2.0; include "lib//qelib1.inc"; qreg q[2]; creg c[2]; x q[0]; measure q -> c;',
        'OPENQASM 2.0; include "/*qelib1.inc"; qreg q[2]; creg c[2]; x q[0]; measure q -> c; // */ x q[1];',
        "OPENQASM 2.0; qreg q[2]; creg c[2]; x/**/q[0]; measure/* */q/**/->/**/c;",
        "OPENQASM 2.0; qreg q[2]; creg c[2]; x// q[1];\nq[0]; measure q -> c;",
    ],
)
def test_comments_part_words_and_are_none_in_strings(runner, run, program):
    """Hazard 11: upstream, ``//`` in the name of an include ends the line, and ``x/**/q[0]`` is ``xq[0]``."""
    assert run(runner, [program]).results[0]["results"] == {"01": 100}


def always_flipped():
    """Every x gate does nothing."""
    from qiskit_aer.noise import NoiseModel, pauli_error

    model = NoiseModel()
    model.add_all_qubit_quantum_error(pauli_error([("X", 1.0)]), ["x"])
    return model


def test_noise_counts_for_expectation_values_too():
    """Hazard 7: next to a noise model, upstream takes ``ham_ops`` and answers without the noise."""
    with QiskitSimulator(shots=100, noise_model=always_flipped(), optimization_level=0) as simulator:
        assert not simulator.supports_expval
        values = simulator.submit_circuits([flip("q")], ham_ops="ZI;ZZ").expectations().values
    assert values.tolist() == [[1.0, 1.0]]


@pytest.mark.parametrize("kind", ["forced", "noise model", "fake backend"])
def test_values_that_are_to_be_sampled_are_sampled(kind):
    """Hazard 7: upstream computes the exact value in all these cases, and ignores the shots."""
    options = {
        "forced": {"force_sampling": True},
        "noise model": {"noise_model": always_flipped()},
        "fake backend": {"qiskit_backend": "FakeManilaV2"},
    }[kind]
    angles = [0.3 + 0.07 * i for i in range(30)]
    circuits = [HEAD + f"qreg q[2]; creg c[2]; ry({angle}) q[0];" for angle in angles]
    with QiskitSimulator(shots=9, simulation_seed=3, **options) as simulator:
        assert not simulator.supports_expval
        values = simulator.submit_circuits(circuits, ham_ops="ZI").expectations().values[:, 0]
    ups = (1 + values) / 2 * 9
    np.testing.assert_allclose(ups, np.round(ups), atol=1e-9)
    assert len(set(np.round(ups))) > 2
    assert abs(values - np.cos(angles)).max() > 0.01


FORKS = """
import os, sys, threading
forks = []
sys.addaudithook(lambda event, _: forks.append(event) if event in ("os.fork", "os.forkpty") else None)
from vivace.backends import MaestroSimulator, QiskitSimulator
texts = {{
    f"c{{i}}": 'OPENQASM 2.0; include "qelib1.inc"; qreg q[6]; creg c[6]; h q;'
    + "".join(f"cx q[{{k % 6}}],q[{{(k + 1 + (i >> k & 1)) % 6}}];" for k in range(9))
    + "measure q -> c;"
    for i in range(300)
}}
failed = []
def work():
    try:
        with {runner} as runner:
            assert len(runner.submit_circuits(texts).results) == 300
    except BaseException as error:
        failed.append(error)
other = threading.Event()
threading.Thread(target=other.wait, daemon=True).start()
thread = threading.Thread(target=work)
thread.start()
thread.join()
work()
print(failed, forks)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
@pytest.mark.parametrize(
    "runner",
    [
        "QiskitSimulator(4, shots=10)",
        "QiskitSimulator(4, shots=10, qiskit_backend='FakeCasablancaV2', optimization_level=1)",
        "MaestroSimulator(shots=10)",
        "MaestroSimulator(shots=10, path='workers')",
    ],
)
def test_no_process_is_forked_where_there_are_threads(runner):
    """Hazard 14: upstream forks processes to transpile a batch, also off the main thread, which can deadlock.

    A fork copies locks that other threads hold. Processes that start with a program of their own are fine.
    """
    code = "import os\nos.environ['QISKIT_PARALLEL'] = 'TRUE'\n" + FORKS.format(runner=runner)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.stdout.strip(), done.returncode) == ("[] []", 0), done.stderr


def test_a_wide_circuit_does_not_change_the_others(runner, run):
    """Upstream truncates the whole batch for one circuit of more than 22 qubits.

    A bond dimension of 64 would be off by 4e-3 for these 14 qubits.
    """
    n = 14
    rounds = "".join(
        "".join(f"ry({0.3 + (k * n + i) % 7 * 0.4}) q[{i}];" for i in range(n))
        + "".join(f"cx q[{i}],q[{(i + 1 + k % 4) % n}];" for i in range(n))
        for k in range(12)
    )
    narrow = HEAD + f"qreg q[{n}]; creg c[{n}]; {rounds} measure q -> c;"
    wide = flip("q", 24)
    if runner.supports_expval:
        words = {"ham_ops": "Z" * n + "|" + "Z" * 24, "circuit_ham_map": [(0, 1), (1, 2)]}
        alone = run(runner, [narrow], ham_ops="Z" * n).results[0]["results"]["Z" * n]
        both = run(runner, [narrow, wide], **words).results
        assert both[0]["results"]["Z" * n] == pytest.approx(alone, abs=1e-10)
        assert both[1]["results"]["Z" * 24] == pytest.approx(-1)
    counts = run(runner, [narrow, wide]).results
    assert [len(next(iter(entry["results"]))) for entry in counts] == [n, 24]


def test_negative_values_keep_their_meaning(runner, run):
    """A row is no text that is pasted: ``2-a`` with a negative a, ``-a^2``."""
    if not runner.resolves_parameters:
        pytest.skip("takes bound circuits only")
    text = HEAD + "qreg q[1]; creg c[1]; rx(pi*(2-a)) q[0]; rx(pi*(a^2)) q[0]; measure q -> c;"
    result = run(runner, [TemplateEntry(text, ("a",), (("x", (-1.0,)), ("y", (-2.0,)), ("z", (1.0,))))])
    assert [entry["results"] for entry in result.results] == [{"0": 100}] * 3
