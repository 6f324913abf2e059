"""The Rust extension: conversions around ``vivace-core``. Use the public modules instead of this one."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Self, final

import numpy as np
from numpy.typing import NDArray

ALL_GROUPS: Final[int]
"""Group number of a circuit that no range of a ``circuit_ham_map`` covers."""

MAX_SHOTS: Final[int]
"""Most shots of a circuit."""

__all__ = [
    "ALL_GROUPS",
    "MAX_SHOTS",
    "CircuitBatch",
    "NativeCircuit",
    "Outcomes",
    "Template",
    "Upload",
    "WrittenCircuit",
    "check_flattened",
    "check_observables",
    "compress_text",
    "compress_texts",
    "count_qubits",
    "counts_entries",
    "decode_histogram",
    "decode_histogram_arrays",
    "decode_observables",
    "decompress_text",
    "derive_seeds",
    "encode_histogram",
    "encode_observables",
    "expectation_entries",
    "gather_counts",
    "groups_per_circuit",
    "pack_counts",
    "pack_outcomes",
    "parities",
    "parse_observables",
    "restrict_shot_ranges",
    "sample_counts",
    "shots_per_circuit",
    "validate_qasm",
    "validate_qasm_batch",
]

def validate_qasm(source: str, parameters: Sequence[str] = ...) -> tuple[int, int]:
    """Check a program; return its numbers of qubits and classical bits."""

def validate_qasm_batch(
    labels: Sequence[str], sources: Sequence[str], parameters: Sequence[str] = ...
) -> list[tuple[int, int]]:
    """Check programs on all cores; the first bad one in order raises, with its label."""

def count_qubits(source: str) -> int:
    """Number of qubits declared; the rest of the program is not checked."""

@final
class CircuitBatch:
    """Circuits in submission order, each a row of a template."""

    @staticmethod
    def from_texts(labels: Sequence[str], texts: Sequence[str]) -> CircuitBatch:
        """Check and factor bound programs."""

    @staticmethod
    def from_templates(
        sources: Sequence[tuple[str, Sequence[str], NDArray[np.float64], Sequence[str]]],
    ) -> CircuitBatch:
        """Check templates: (text, names, rows × names, labels) each; rows are float64 in C order.

        Those with the same text and names are one.
        """

    def __len__(self) -> int: ...
    @property
    def labels(self) -> list[str]:
        """Labels in submission order."""

    @property
    def templates(self) -> list[Template]:
        """The distinct structures in order of first use."""

    @property
    def places(self) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        """Template number and row of every circuit."""

@final
class Template:
    """One circuit structure and its parameter rows."""

    def __len__(self) -> int: ...
    @property
    def n_qubits(self) -> int:
        """Declared qubits."""

    @property
    def n_clbits(self) -> int:
        """Declared classical bits."""

    @property
    def parameter_names(self) -> list[str]:
        """Names of the parameters, one per column of `rows`."""

    @property
    def unused_parameters(self) -> list[str]:
        """Parameters that no angle depends on."""

    @property
    def has_delays(self) -> bool:
        """Whether it declares Qiskit's ``delay``, which takes time and does nothing."""

    @property
    def rows(self) -> NDArray[np.float64]:
        """Rows × parameters; a copy."""

    @property
    def circuits(self) -> NDArray[np.uint32]:
        """Position of each row's circuit in the batch."""

    @property
    def depth(self) -> int:
        """Depth as Qiskit counts it: measurements count, barriers do not."""

    @property
    def gate_counts(self) -> list[tuple[str, int]]:
        """Operations by name, most frequent first."""

    def text(self) -> str:
        """The structure as OpenQASM 2 with placeholders."""

    def text_measuring(self, without: list[int], gates: list[tuple[str, int]], qubits: list[int]) -> str:
        """The text without some of its measurements, and with others at the end.

        ``without`` counts measurements only, from 0, ascending; ``gates`` are on one qubit each, and come
        before the measurements of ``qubits`` into a register of their own, with a bit for every qubit.
        """

    def bound_text(self, row: int) -> str:
        """The circuit of a row as OpenQASM 2."""

    def native(self) -> NativeCircuit:
        """The structure in the native gate set."""

    def written(self) -> WrittenCircuit:
        """The structure as it is written, with only the program's own gates spread."""

    def angles(self, circuit: NativeCircuit | WrittenCircuit, start: int, stop: int) -> NDArray[np.float64]:
        """Angles of rows ``start..stop``: rows × slots of ``circuit``."""

    def pull_back(
        self,
        circuit: NativeCircuit,
        slots: NDArray[np.uint32],
        slot_gradients: NDArray[np.float64],
        start: int,
        stop: int,
    ) -> NDArray[np.float64]:
        """Gradients by the parameters from gradients by some slots of ``circuit``, at rows ``start..stop``.

        ``slot_gradients`` is gradients × ``slots`` in C order, as many gradients for every row, those of
        a row next to each other; the result is gradients × parameters.
        """

@final
class Upload:
    """The request bodies of a submission, made a few at a time.

    ``members`` are JSON members that go into every body, without braces. ``shot_ranges`` tile the circuits,
    or are empty. ``templates``: whether neighbours of one structure travel as a template and rows; None where
    that is smaller. Those of several structures go together as texts where that is smaller than the requests
    it saves. Raises if a circuit does not fit into a body of ``cap`` bytes alone.
    """

    def __new__(
        cls,
        batch: CircuitBatch,
        members: str,
        shot_ranges: Sequence[tuple[int, int, int]],
        cap: int,
        templates: bool | None,
    ) -> Self: ...
    def write(self, start: int, gzip: bool) -> list[tuple[bytes, int, int]]:
        """The next few bodies from circuit ``start`` on, each with its circuits ``start..stop``.

        ``gzip``: compressed, each on its own. ``cap`` is for what they decompress to.
        """

@final
class NativeCircuit:
    """A circuit structure in the gate set simulators run, with a slot for every angle."""

    @property
    def n_qubits(self) -> int:
        """Qubits, those added by `unitary` included."""

    @property
    def n_slots(self) -> int:
        """Number of angles."""

    @property
    def bond_exponent(self) -> int:
        """The bond dimension, as a power of two, at which a matrix product state of the circuit is exact."""

    def product_cost(self) -> tuple[float, float]:
        """What a matrix product state that loses nothing costs, in squares of its bond dimensions.

        Their sum over every time that two neighbours are brought together, and over the bonds in the end.
        """

    def line(self) -> list[int]:
        """An order of the qubits in which a matrix product state is cheap. It follows from the shape."""

    def in_order(self, order: Sequence[int]) -> NativeCircuit:
        """The circuit with its qubits in another order, which has for each of them the qubit it was.

        Measurements write the bits they wrote.
        """

    def shape(self) -> bytes:
        """All of it but the numbers: what is planned for a circuit holds for all of its shape.

        Circuits of one shape are the same at other angles; the same angles equal one another, and the same
        ones depend on parameters.
        """

    @property
    def n_operations(self) -> int:
        """Number of operations."""

    @property
    def qubits(self) -> list[int]:
        """For each declared qubit, the qubit that holds it in the end."""

    @property
    def has_conditions(self) -> bool:
        """Whether an operation is under classical control."""

    @property
    def measures(self) -> bool:
        """Whether anything is measured."""

    @property
    def condition_values(self) -> list[int]:
        """The numbers that registers are compared with."""

    def readout(self) -> list[int | None] | None:
        """For each classical bit the qubit measured into it; None unless all measurements are final."""

    def outcomes(self) -> Outcomes | None:
        """What to sample. None unless all measurements are final, of at most 64 qubits."""

    def unitary(self) -> NativeCircuit | None:
        """The unitary form that expectation values are taken of; None under classical control."""

    def channel(self) -> NativeCircuit | None:
        """The form for density matrices: resets as they are, mid-circuit measurements by a spare qubit."""

    def absorb(self, words: Sequence[str]) -> tuple[NativeCircuit, list[str], NDArray[np.float64]]:
        """A shorter circuit, words and signs: their products are the values of ``words`` on this one.

        Gates at the end that turn words into words, or commute with all of them, are taken off. Words that
        are all diagonal stay so. Slots are numbered as before.
        """

    def cones(
        self, words: Sequence[str], max_qubits: int
    ) -> tuple[
        list[tuple[NativeCircuit, list[str], list[tuple[NDArray[np.uint32], list[list[int]]]]]], list[int]
    ]:
        """How to evaluate words (one letter per qubit) by their light cones.

        Returns tasks and the numbers of the words whose cones have more than ``max_qubits``. A task is a
        circuit, the words to evaluate on it, and the members that share it: (for each slot of the circuit the
        slot of this one, for each word of the task the numbers of the words that have its value).
        """

    def gradient_cones(
        self, words: Sequence[str], max_qubits: int, weighted: bool
    ) -> tuple[
        list[tuple[NativeCircuit, list[str], list[tuple[NDArray[np.uint32], list[list[int]]]]]],
        list[bool],
        list[int],
    ]:
        """As `cones`, for derivatives: of one weighted sum of the words, or of each.

        Returns tasks; for each whether the parameter shift is cheaper than a backward sweep for every word;
        and the numbers of the words whose cones have more than ``max_qubits``.
        """

    def shift_terms(self) -> NDArray[np.uint8]:
        """For every slot, how many shifted values the derivative by it takes (0, 2 or 4); 0 for numbers."""

    def merged(self) -> list[tuple[str, tuple[int, ...], tuple[int, ...]]]:
        """Name, operands and slots of the angles of fewer operations that do the same as these gates.

        They differ by a global phase. Slot ``n_slots`` stands for an angle of 0.
        """

    def operations(self) -> list[tuple[str, tuple[int, ...], int, int]]:
        """(name, operands, first slot, number of slots) of every operation."""

    def text(self, angles: Sequence[float]) -> str:
        """The circuit as OpenQASM 2, with one angle per slot."""

@final
class Outcomes:
    """What to sample for a circuit: a shorter one, and what its outcomes become.

    Gates at the end that turn phases or permute outcomes are left out of it; the latter are done to the
    outcomes.
    """

    @property
    def circuit(self) -> NativeCircuit:
        """The circuit to sample: gates alone."""

    @property
    def slots(self) -> NDArray[np.uint32]:
        """For each of its angles, that of the circuit asked about."""

    @property
    def qubits(self) -> list[int]:
        """The qubits to sample. The first is the lowest bit of an outcome."""

    @property
    def bits(self) -> list[int]:
        """Classical bits, ascending: those of what becomes of an outcome, lowest first. The others are 0."""

    def table(self, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities of what becomes of the outcomes, rows × outcomes, from those of the outcomes."""

    def becoming(
        self, outcomes: NDArray[np.uint64], places: Sequence[int] | None = None
    ) -> NDArray[np.uint64]:
        """What becomes of each outcome.

        Args:
            outcomes: Outcomes of the qubits to sample.
            places: For each of these its bit in an outcome, if there are others among them.
        """

@final
class WrittenCircuit:
    """A circuit structure gate by gate as it is written, with a slot for every angle."""

    @property
    def n_slots(self) -> int:
        """Number of angles."""

    def operations(
        self,
    ) -> list[tuple[str, tuple[int, ...], int, int, tuple[int, int, int] | None]]:
        """(name, operands, first slot, number of slots, condition) of every operation.

        Gates, ``measure`` (a qubit and a classical bit), ``reset`` and ``barrier``. A condition is (first
        classical bit, number of bits, value).
        """

def check_observables(text: str) -> None:
    """Check Pauli words: letters and lengths."""

def check_flattened(text: str) -> None:
    """Refuse words repeated in different groups, for circuits that are measured for all groups."""

def parse_observables(text: str) -> list[list[str]]:
    """The words of every group, checked; repeated words in a group are an error."""

def groups_per_circuit(
    n_groups: int, ranges: Sequence[tuple[int, int]] | None, n_circuits: int
) -> NDArray[np.uint32]:
    """Group number of every circuit, or `ALL_GROUPS`."""

def encode_observables(text: str) -> str:
    """Pauli words in wire form."""

def decode_observables(text: str, max_bytes: int) -> str:
    """Pauli words from wire form, or from themselves; at most ``max_bytes`` characters."""

def shots_per_circuit(ranges: Sequence[tuple[int, int, int]], n_circuits: int) -> NDArray[np.uint64]:
    """Shots of every circuit from (start, end, shots) ranges that tile them."""

def restrict_shot_ranges(
    ranges: Sequence[tuple[int, int, int]], n_circuits: int, chunks: Sequence[tuple[int, int]]
) -> list[NDArray[np.int64]]:
    """For every chunk its part of the ranges, counted from its start: ranges × (start, end, shots)."""

def derive_seeds(seed: int, labels: Sequence[str]) -> NDArray[np.uint64]:
    """A seed for every label, from nothing but the label and ``seed``."""

def sample_counts(
    probabilities: NDArray[np.float64],
    shots: NDArray[np.uint64],
    seeds: NDArray[np.uint64],
    bits: Sequence[int],
    n_bits: int,
    labels: Sequence[str] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.int64]]:
    """Counts of every row of probabilities: offsets, packed outcomes and counts, as in `CountsBlock`.

    Bit k of an outcome is classical bit ``bits[k]``; these ascend. Errors name the row, by its label if there
    are labels.
    """

def pack_counts(
    found: Sequence[dict[str, int]], width: int, shots: Sequence[int], labels: Sequence[str]
) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.int64]]:
    """Counts by keys whose *leftmost* character is bit 0: offsets, packed outcomes in order, counts.

    Characters beyond ``width`` are dropped, missing ones are 0. Totals other than ``shots`` are an error.
    """

def gather_counts(
    n_circuits: int,
    blocks: Sequence[tuple[NDArray[np.uint32], int, NDArray[np.int64], NDArray[np.uint8], NDArray[np.int64]]],
) -> tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.uint8], NDArray[np.int64]]:
    """Widths, offsets, packed outcomes (flat) and counts of a batch, from blocks as in `vivace.tables`."""

def expectation_entries(
    labels: tuple[str, ...],
    words: tuple[str, ...],
    values: NDArray[np.float64],
    metadata: tuple[Mapping[str, Any] | None, ...] | None = None,
) -> list[dict[str, Any]]:
    """One dict per circuit: label, results, and metadata where there is any."""

def counts_entries(
    labels: tuple[str, ...],
    widths: NDArray[np.uint32],
    offsets: NDArray[np.int64],
    bits: NDArray[np.uint8],
    counts: NDArray[np.int64],
    metadata: tuple[Mapping[str, Any] | None, ...] | None = None,
) -> list[dict[str, Any]]:
    """One dict per circuit: label, results, and metadata where there is any."""

def parities(probabilities: NDArray[np.float64], masks: Sequence[int]) -> NDArray[np.float64]:
    """Values of products of Z, rows × masks: bit k of a mask, and of an outcome, is qubit k."""

def pack_outcomes(
    outcomes: NDArray[np.uint64],
    counts: NDArray[np.uint64],
    ends: Sequence[int],
    bits: Sequence[int],
    n_bits: int,
) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.int64]]:
    """Counts of outcomes in any order: offsets, packed outcomes in order, counts.

    ``ends`` tells where the outcomes of each row end. Bit k of an outcome is classical bit ``bits[k]``; these
    ascend.
    """

def decode_histogram(encoding: str, n_bits: int | None, payload: str) -> dict[str, int]:
    """Counts by key."""

def decode_histogram_arrays(
    encoding: str, n_bits: int | None, payload: str
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Packed outcomes and counts."""

def encode_histogram(keys: Sequence[str], counts: Sequence[int], n_bits: int | None) -> tuple[str, int, str]:
    """Encoding, width and payload."""

def compress_text(text: str) -> str:
    """Gzip and base64."""

def compress_texts(texts: Sequence[str]) -> list[str]:
    """The same for many texts, on all cores."""

def decompress_text(text: str, max_bytes: int) -> str:
    """Undo `compress_text`, bounded."""
