"""Real programs: what `mqt.bench` makes and Qiskit exports is read with the same meaning."""

import warnings

import pytest
from mqt.bench import BenchmarkLevel, get_benchmark
from mqt.bench.benchmarks import get_available_benchmark_names
from qiskit import qasm2, transpile

from support import loaded
from vivace.backends import MaestroSimulator
from vivace.circuits import CircuitBatch
from vivace.qasm import count_qubits, validate_qasm_count_qubits

LARGER = [("qft", 16), ("ghz", 64), ("vqe_real_amp", 24), ("qaoa", 16), ("dj", 40), ("graphstate", 32)]
BASIS = ["rz", "sx", "x", "cx"]


def benchmark(name, level, size):
    """The benchmark as OpenQASM 2, or None where there is none of that size or it cannot be exported."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            circuit = get_benchmark(name, level, size)
            return circuit, qasm2.dumps(circuit)
        except Exception:  # noqa: BLE001 - mqt.bench raises many kinds for sizes it does not have
            return None


@pytest.fixture(scope="module")
def corpus():
    """Label to program: algorithmic, target-independent, in a hardware basis, and a few larger ones."""
    found = {}
    for name in get_available_benchmark_names():
        for size in range(2, 9):
            for level in (BenchmarkLevel.ALG, BenchmarkLevel.INDEP):
                made = benchmark(name, level, size)
                if made is not None:
                    found[f"{name}-{size}-{level.name}"] = made[1]
            if made is not None and size == 4:
                native = transpile(made[0], basis_gates=BASIS, optimization_level=0, seed_transpiler=1)
                found[f"{name}-{size}-basis"] = qasm2.dumps(native)
    for name, size in LARGER:
        made = benchmark(name, BenchmarkLevel.INDEP, size)
        assert made is not None, name
        found[f"{name}-{size}-larger"] = made[1]
    return found


@pytest.fixture(scope="module")
def batch(corpus):
    return CircuitBatch.of(corpus)


@pytest.fixture(scope="module")
def references(corpus):
    return {label: loaded.load(source) for label, source in corpus.items()}


def test_the_corpus_is_large_enough(corpus):
    """At least 200 programs, from most of the benchmarks there are."""
    assert len(corpus) >= 200
    assert len({label.split("-")[0] for label in corpus}) > 20


def test_all_are_accepted_in_order(corpus, batch):
    """One call takes the whole corpus, and keeps its order."""
    assert batch.labels == list(corpus)


def test_widths_and_depths_are_those_of_qiskit(batch, references):
    """For every program: qubits, classical bits, depth."""
    for template in batch.templates:
        for circuit in template.circuits.tolist():
            label = batch.labels[circuit]
            reference = references[label]
            assert (template.n_qubits, template.n_clbits) == (reference.num_qubits, reference.num_clbits), (
                label
            )
            assert template.depth == reference.depth(), label


def test_gates_are_counted_alike(corpus, references):
    """How often each gate occurs, own gates under their own names."""
    for label, source in corpus.items():
        (template,) = CircuitBatch.of({label: source}).templates
        counts = {loaded.RENAMED.get(name, name): count for name, count in template.gate_counts}
        assert counts == loaded.names(references[label]), label


def test_qubits_are_counted_alike(corpus, references):
    """With and without checking the rest of the program."""
    for label, source in corpus.items():
        assert validate_qasm_count_qubits(source) == count_qubits(source) == references[label].num_qubits


def test_bound_texts_are_the_same_circuits(corpus, references):
    """Gate for gate with the exact angles, and equal for Qiskit."""
    for label, source in corpus.items():
        text = CircuitBatch.of({label: source}).bound_texts()[label]
        again = loaded.load(text)
        assert loaded.view(again) == loaded.view(references[label]), label
        assert "own_" in text or again == references[label], label


def test_bound_texts_of_the_whole_batch_do_the_same(batch, references):
    """Where circuits share a structure only the names of registers and own gates may be another's."""
    for label, text in batch.bound_texts().items():
        assert loaded.nameless(loaded.load(text)) == loaded.nameless(references[label]), label


def test_bound_texts_are_stable(batch):
    """Reading what was written and writing it again changes nothing."""
    texts = batch.bound_texts()
    assert CircuitBatch.of(texts).bound_texts() == texts


def test_programs_of_one_structure_share_it(batch, corpus):
    """Factoring finds equal structures, never more structures than programs."""
    assert len(batch.templates) <= len(corpus)
    twice = CircuitBatch.of({f"{label}-{copy}": text for copy in "ab" for label, text in corpus.items()})
    assert len(twice.templates) == len(batch.templates)


def test_the_corpus_runs(corpus):
    """Every program that measures, up to eight qubits, runs on Maestro; keys have the declared width."""
    small = {
        label: source
        for label, source in corpus.items()
        if "measure" in source and "larger" not in label and validate_qasm_count_qubits(source) <= 10
    }
    assert len(small) > 150
    with MaestroSimulator(shots=20) as simulator:
        result = simulator.submit_circuits(small)
    widths = {label: loaded.load(source).num_clbits for label, source in small.items()}
    for entry in result.results:
        assert sum(entry["results"].values()) == 20
        assert {len(key) for key in entry["results"]} == {widths[entry["label"]]}
