"""What is sampled to estimate an observable: a template in every basis its words are measured in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vivace.backends.bases import Basis, final_measurements, group_words, rotations, signs_of
from vivace.backends.observables import Observables

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vivace import _core
    from vivace.sweeps.observable import Observable
    from vivace.sweeps.result import SweepCounts

__all__ = ["Samples"]


@dataclass(frozen=True, slots=True)
class Samples:
    """Templates to sample, and how the values of an observable follow from their counts.

    Attributes:
        texts: The templates, as OpenQASM 2; one per basis, in the same order.
        letters: The bases: for each the letter every qubit is measured in, I where it is not. Empty if
            the template is sampled as it is: its own measurements give the values.
    """

    texts: tuple[str, ...]
    letters: tuple[str, ...]
    _observable: Observable
    _words: Sequence[str]
    _bases: tuple[Basis, ...]
    _first_bit: int

    @classmethod
    def of(cls, source: str, template: _core.Template, observable: Observable) -> Samples:
        """Group the words: each goes into the first basis it commutes with qubit by qubit.

        Args:
            source: The text of ``template``.
            template: What is to be measured.
            observable: Of as many letters as the template has qubits; short words are padded with I.

        Warns:
            UserWarning: Words are shorter than the circuit.

        Raises:
            ObservableError: Words are longer than the circuit.
        """
        words: Sequence[str] = observable.words
        if _is_read_by(template, words):
            return cls((source,), (), observable, words, tuple(group_words(words)), 0)
        words = Observables(";".join(words), None, 1).padded(0, template.n_qubits, "0")
        bases = tuple(group_words(words))
        if not bases[0].qubits:  # there is nothing to measure, but circuits must
            bases[0].letters = "Z" * template.n_qubits
        texts = tuple(_text(template, basis) for basis in bases)
        letters = tuple(basis.letters for basis in bases)
        return cls(texts, letters, observable, words, bases, template.n_clbits)

    def values(self, counts: SweepCounts) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Means of the words, and the standard error of the observable.

        Args:
            counts: Of all rows in the first basis, then of all rows in the next, and so on.

        Returns:
            float64, rows × words; and float64, one per row, NaN for one shot.
        """
        import numpy as np

        rows = len(counts) // len(self._bases)
        means, variances = np.empty((rows, len(self._words))), np.zeros(rows)
        for place, basis in enumerate(self._bases):
            offsets = counts.offsets[place * rows : (place + 1) * rows + 1]
            own = slice(int(offsets[0]), int(offsets[-1]))
            outcomes, times, starts = counts.bits[own], counts.counts[own], offsets[:-1] - offsets[0]
            totals = np.add.reduceat(times, starts)
            shot = np.zeros(len(times))  # the part of the observable that an outcome of this basis tells
            for number in basis.words:
                bits = [self._first_bit + q for q, letter in enumerate(self._words[number]) if letter != "I"]
                signs = signs_of(outcomes, bits)
                means[:, number] = np.add.reduceat(times * signs, starts) / totals
                shot += self._observable.coefficients[number] * signs
            shot -= np.repeat(
                means[:, basis.words] @ self._observable.coefficients[basis.words], np.diff(offsets)
            )
            others = np.where(totals > 1, totals - 1, np.nan)  # one shot has no spread
            variances += np.add.reduceat(times * shot**2, starts) / totals / others
        return means, np.sqrt(variances)


def _is_read_by(template: _core.Template, words: Sequence[str]) -> bool:
    """Whether the template's own measurements tell the values of words, qubit i in bit i."""
    if len(words[0]) > template.n_qubits:
        return False
    if len(words[0]) != template.n_clbits or any(word.strip("IZ") for word in words):
        return False
    native = template.native()
    readout = native.readout() if native.measures else None
    used = {qubit for word in words for qubit, letter in enumerate(word) if letter == "Z"}
    return readout is not None and all(readout[qubit] == qubit for qubit in used)


def _text(template: _core.Template, basis: Basis) -> str:
    """A template measured in a basis at its end: without its own measurements there, into new bits."""
    operations = template.written().operations()
    final = final_measurements(operations)
    measurements = [place for place, operation in enumerate(operations) if operation[0] == "measure"]
    without = [number for number, place in enumerate(measurements) if place in final]
    return template.text_measuring(without, rotations(basis), basis.qubits)
