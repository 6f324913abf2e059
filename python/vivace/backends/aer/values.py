"""Expectation values on Aer: exact ones of the final state, or means of samples in measured bases."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from vivace import _core
from vivace.backends.aer.engine import Batch, Run, described, packed_counts, program_of, saved
from vivace.backends.aer.forms import exact_form, sampled_form, with_basis
from vivace.backends.bases import Basis, group_words, means_of
from vivace.backends.submission import Estimated

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["plan_estimate", "plan_measure"]

_TOGETHER_QUBITS: Final = 12  # up to here words of Z and I are read off the probabilities together


def plan_estimate(
    run: Run, template: _core.Template, rows: NDArray[np.int64], words: list[str]
) -> Callable[[], Estimated]:
    """Check what can be checked; return a call for the exact expectation values, rows × words.

    Raises:
        SimulationError: The template has no exact expectation values, or is too wide for them.
    """
    label = run.labels[template.circuits[rows[0]]]
    form = exact_form(template, label)
    batch = Batch(run, run.target_for(template.n_qubits), template, form, rows)
    return partial(_values, batch, [form.placed(word) for word in words])


def _values(batch: Batch, words: list[str]) -> Estimated:
    import numpy as np

    together = _read_together(words)
    diagonal = {n for n, word in enumerate(words) if together and set(word) <= {"I", "Z"}}
    alone = {n: word for n, word in enumerate(words) if n not in diagonal and set(word) != {"I"}}

    def save(circuit: Any) -> None:
        from qiskit.quantum_info import Pauli

        if together:
            circuit.save_probabilities(together, label="p")
        for number, word in alone.items():
            support = [qubit for qubit, letter in enumerate(word) if letter != "I"]
            letters = "".join(word[qubit] for qubit in reversed(support))
            circuit.save_expectation_value(Pauli(letters), support, label=str(number))

    facts = described(batch, {"values"})
    table = np.ones((len(batch.rows), len(words)))  # the value of words without a letter
    if not diagonal and not alone:
        batch.run.progress(len(table))
        return table, facts
    form = batch.form
    size = form.n_qubits * (2 if form.method == "density_matrix" else 1)
    n_values = len(alone) + (1 << len(together))
    program = program_of(batch, save, tuple(words))
    places = np.arange(len(batch.rows))
    for at, found in saved(batch, program, places, form.method, size, n_values):
        if together:
            probabilities = np.array([data["p"] for data in found])
            for number in diagonal:
                table[at, number] = probabilities @ _signs(words[number], together)
        for number in alone:
            table[at, number] = [data[str(number)] for data in found]
        batch.run.progress(len(at))
    return table, facts


def _read_together(words: list[str]) -> list[int]:
    """Qubits whose probabilities tell the values of all words of Z and I; none if that does not pay."""
    diagonal = [word for word in words if set(word) <= {"I", "Z"}]
    qubits = sorted({q for word in diagonal for q, letter in enumerate(word) if letter == "Z"})
    return qubits if len(diagonal) > 1 and len(qubits) <= _TOGETHER_QUBITS else []


def _signs(word: str, qubits: list[int]) -> NDArray[np.float64]:
    """±1 for every outcome of ``qubits``; index bit k is that of ``qubits[k]``."""
    import numpy as np

    signs = np.ones(1)
    for qubit in qubits:
        signs = np.concatenate([signs, -signs if word[qubit] == "Z" else signs])
    return signs


def plan_measure(
    run: Run, shots: int, template: _core.Template, rows: NDArray[np.int64], words: list[str]
) -> Callable[[], Estimated]:
    """The same for means of samples: ``shots`` in each basis that words are measured in.

    Raises:
        SimulationError: The circuit does not fit its backend.
    """
    target = run.target_for(template.n_qubits)
    target.check(template, run.labels[template.circuits[rows[0]]])
    plain = sampled_form(template, target.is_ideal, measures=False)
    bases = [basis for basis in group_words(words) if basis.qubits]
    return partial(_means, Batch(run, target, template, plain, rows), shots, bases, words)


def _means(batch: Batch, shots: int, bases: list[Basis], words: list[str]) -> Estimated:
    import numpy as np

    table = np.ones((len(batch.rows), len(words)))  # the value of words without a letter
    first, paths = batch.form.n_clbits, set[str]()
    every = np.full(len(table), shots, dtype=np.uint64)
    for basis in bases:
        measured = Batch(batch.run, batch.target, batch.template, with_basis(batch.form, basis), batch.rows)
        seeds = _core.derive_seeds(batch.run.seed, [f"{label}\0{basis.letters}" for label in batch.labels])
        bit = {qubit: first + k for k, qubit in enumerate(basis.qubits)}
        for places, counts in packed_counts(measured, every, seeds, paths):
            for number in basis.words:
                bits = [bit[qubit] for qubit, letter in enumerate(words[number]) if letter != "I"]
                table[places, number] = means_of(counts, bits)
    batch.run.progress(len(table))
    return table, described(batch, paths)
