# ruff: noqa: E501 - tables read better with one row on a line
"""`CircuitBatch.of`, `CircuitPayload` and `TemplateEntry`: what they take, and what they say about the rest."""

import copy
import pickle

import numpy as np
import pytest
from qiskit.circuit import Parameter, QuantumCircuit

from vivace.circuits import CircuitBatch, CircuitPayload, TemplateEntry, normalise_circuit_batch
from vivace.errors import DuplicateLabelError, ParameterError, QasmError

HEAD = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n'
X = HEAD + "qreg q[1];\nx q[0];\n"
TEMPLATE = HEAD + "qreg q[1];\nrx(a) q[0];\nrz(2*b) q[0];\n"


def refusal(kind, call):
    """The text of the error ``call`` raises, which is of exactly this class."""
    with pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind
    return str(caught.value)


class TestCollections:
    def test_mappings_keep_labels_and_order(self):
        batch = CircuitBatch.of({"b": X, "a": X})
        assert (batch.labels, list(batch), len(batch)) == (["b", "a"], ["b", "a"], 2)

    @pytest.mark.parametrize("wrap", [list, tuple, iter, lambda items: (item for item in items)])
    def test_sequences_and_iterators_are_numbered(self, wrap):
        assert CircuitBatch.of(wrap([X, X, X])).labels == ["0", "1", "2"]

    def test_a_batch_is_taken_as_it_is(self):
        batch = CircuitBatch.of([X])
        assert CircuitBatch.of(batch) is batch

    def test_nothing_is_an_empty_batch(self):
        batch = CircuitBatch.of([])
        assert (len(batch), batch.labels, batch.templates, batch.bound_texts()) == (0, [], [], {})

    def test_bound_texts_by_label(self):
        assert normalise_circuit_batch({"one": "OPENQASM 2.0;qreg q[1];x q[0];"}) == {"one": X}

    def test_what_factoring_finds(self):
        texts = [f"{HEAD}qreg q[2]; rx({a}) q[0]; rz(0.5) q[1]; ry(-{a}) q[1];" for a in (0.1, 0.2, 0.3)]
        (template,) = CircuitBatch.of(texts).templates
        assert template.rows.tolist() == [[0.1], [0.2], [0.3]]
        assert template.circuits.tolist() == [0, 1, 2]
        assert (len(template), template.n_qubits, template.n_clbits) == (3, 2, 0)
        assert "rz(0.5)" in template.text()

    def test_every_angle_stays_the_double_it_was(self):
        values = [0.1, 1e-300, 5e-324, 2**53 + 1.0, 1 / 3, -0.0, 1.7976931348623157e308]
        texts = [f"{HEAD}qreg q[1]; rx({value!r}) q[0]; rx(pi/2) q[0];" for value in values]
        for value, text in zip(values, CircuitBatch.of(texts).bound_texts().values(), strict=True):
            assert f"rx({value!r}) q[0];".replace("e+", "e") in text
            assert f"rx({np.pi / 2!r}) q[0];" in text


@pytest.mark.parametrize(
    ("circuits", "name"),
    [
        (X, "str"),
        (b"OPENQASM 2.0;", "bytes"),
        (3, "int"),
        (None, "NoneType"),
        (QuantumCircuit(1), "QuantumCircuit"),
        (TemplateEntry(X, (), (("a", ()),)), "TemplateEntry"),
        (CircuitPayload(X, [], [("a", [])]), "CircuitPayload"),
    ],
)
def test_what_is_no_collection_is_refused(circuits, name):
    """One circuit is as wrong as no circuit; the message shows how to write it."""
    assert refusal(TypeError, lambda: CircuitBatch.of(circuits)) == (
        f"submit_circuits expects a collection of circuits, got a single {name}. Wrap it: [circuit], or {{label: circuit}}."
    )


@pytest.mark.parametrize("kind", [set, frozenset])
def test_sets_are_refused(kind):
    """Their order, and with it the labels, differs from run to run; that of the views of a dict does not."""
    name = kind.__name__
    texts = kind([X, X + "x q[0];"])
    assert refusal(TypeError, lambda: CircuitBatch.of(texts)) == (
        f"Expected circuits in an order, got a {name}, whose order differs from run to run. "
        "Pass a list, or a mapping of labels to circuits."
    )
    assert refusal(TypeError, lambda: CircuitPayload(TEMPLATE, kind(["a", "b"]), [("r", (1, 2))])) == (
        f"Expected parameters in an order, got a {name}, whose order differs from run to run. Pass a list."
    )
    refusal(TypeError, lambda: CircuitPayload.from_matrix(TEMPLATE, kind(["a", "b"]), [[1, 2]]))
    refusal(TypeError, lambda: CircuitPayload.from_matrix(TEMPLATE, ["a", "b"], [[1, 2]], kind(["r"])))
    refusal(TypeError, lambda: CircuitPayload(TEMPLATE, ["a", "b"], kind([("r", (1, 2))])))
    assert CircuitBatch.of(dict.fromkeys(sorted(texts)).keys()).labels == ["0", "1"]


class TestPickles:
    """Batches can be sent to other processes; what they hold is the same there."""

    @pytest.mark.parametrize("clone", [lambda b: pickle.loads(pickle.dumps(b)), copy.copy, copy.deepcopy])
    def test_bound_circuits(self, clone):
        bodies = [
            "rx(0.1) q[0];",
            "h q[0];",
            "rx(0.2) q[0];",
            "gate g a { rz(0.5) a; } g q[0];",
            "rx(0.3) q[0];",
        ]
        texts = {f"c{number}": f"{HEAD}qreg q[1]; {body}" for number, body in enumerate(bodies)}
        batch = CircuitBatch.of(texts)
        twin = clone(batch)
        assert (twin.labels, twin.bound_texts()) == (batch.labels, batch.bound_texts())
        for mine, theirs in zip(batch.templates, twin.templates, strict=True):
            assert (mine.text(), mine.circuits.tolist()) == (theirs.text(), theirs.circuits.tolist())
            assert mine.rows.tolist() == theirs.rows.tolist()
        assert len(clone(CircuitBatch.of([]))) == 0

    @pytest.mark.parametrize("clone", [lambda b: pickle.loads(pickle.dumps(b)), copy.copy, copy.deepcopy])
    def test_templates_keep_the_names_of_their_parameters(self, clone):
        batch = CircuitBatch.of(
            [
                CircuitPayload(TEMPLATE, ["a", "b"], [("r0", (1, 2)), ("r1", (3, 4))]),
                CircuitPayload(f"{HEAD}qreg q[1]; rx(t[0]) q[0];", ["t[0]", "unused"], [("r2", (5, 6))]),
                CircuitPayload(TEMPLATE, ["a", "b"], [("r3", (7, 8))]),
            ]
        )
        twin = clone(batch)
        assert (twin.labels, twin.bound_texts()) == (batch.labels, batch.bound_texts())
        assert [t.parameter_names for t in twin.templates] == [["a", "b"], ["t[0]", "unused"]]
        assert [t.rows.tolist() for t in twin.templates] == [[[1, 2], [3, 4], [7, 8]], [[5, 6]]]
        assert clone(twin).bound_texts() == batch.bound_texts()


@pytest.mark.parametrize(
    ("circuits", "message"),
    [
        ([3], "Expected OpenQASM 2 text, a Qiskit circuit or a template for circuit '0', got int."),
        ({"a": X, "b": b"x"}, "Expected OpenQASM 2 text, a Qiskit circuit or a template for circuit 'b', got bytes."),
        ({1: X}, "Expected circuit labels as str, got 1 (int)."),
        ({("a",): X}, "Expected circuit labels as str, got ('a',) (tuple)."),
        ([X, TemplateEntry(X, (), (("a", ()),))], "Circuit '1' is a template; submit templates and bound circuits apart."),
        ([CircuitPayload(5, [], [("r", [])])], "Expected a template's circuit as OpenQASM 2 text, got int."),
    ],
)  # fmt: skip
def test_wrong_types(circuits, message):
    """Said of the item, with its label."""
    assert refusal(TypeError, lambda: CircuitBatch.of(circuits)) == message


@pytest.mark.parametrize(
    ("build", "message", "label"),
    [
        (lambda: CircuitPayload(TEMPLATE, ["a", "b"], []), "CircuitPayload requires at least one parameter set.", None),
        (lambda: CircuitPayload.from_matrix(TEMPLATE, ["a"], np.empty((0, 1))), "CircuitPayload requires at least one parameter set.", None),
        (lambda: CircuitPayload(TEMPLATE, ["a", "b"], [("r", [1])]), "Parameter set 'r' has 1 value(s) but the circuit declares 2 parameter(s).", "r"),
        (lambda: CircuitPayload(TEMPLATE, ["a"], [("r", ["x"])]), "Expected real numbers as parameter values: could not convert string to float: 'x'.", None),
        (lambda: CircuitPayload.from_matrix(TEMPLATE, ["a"], [1.0]), "Expected a matrix of rows x 1 parameters, got shape (1,).", None),
        (lambda: CircuitPayload.from_matrix(TEMPLATE, ["a"], [[1.0]], ["x", "y"]), "Expected one label per row (1), got 2.", None),
        (lambda: CircuitBatch.of([TemplateEntry(TEMPLATE, ("a",), ())]), "Each TemplateEntry must carry at least one parameter set.", None),
        (lambda: CircuitBatch.of([TemplateEntry(TEMPLATE, ("a",), (("r", (1.0, 2.0)),))]), "Parameter set 'r' has 2 values but template declares 1 parameter names.", "r"),
    ],
)  # fmt: skip
def test_rows_that_do_not_fit(build, message, label):
    """The texts users match on, and the label of the row."""
    with pytest.raises(ParameterError) as caught:
        build()
    assert (str(caught.value), caught.value.label) == (message, label)


def rows_of(names, values):
    return CircuitBatch.of([CircuitPayload(TEMPLATE, names, [("first", [0.5] * len(names)), ("r", values)])])


@pytest.mark.parametrize(
    ("names", "values", "message"),
    [
        (["a", "a"], [1, 2], "Parameter name 'a' is given twice."),
        (["", "b"], [1, 2], "Parameter name '' is empty."),
        (["a b", "b"], [1, 2], "Parameter name 'a b' contains white space."),
        (["1a", "b"], [1, 2], "Parameter name '1a' starts with a digit."),
        (["pi", "b"], [1, 2], "Parameter name 'pi' has a meaning of its own in OpenQASM: rename it."),
        (["a", "sqrt"], [1, 2], "Parameter name 'sqrt' has a meaning of its own in OpenQASM: rename it."),
        (["b", "2-b"], [1, 2], "Parameter name '2-b' starts with a digit."),
        (
            ["b-2", "b"],
            [1, 2],
            "Parameter name 'b-2' reads as an expression of another parameter: rename one.",
        ),
        (
            ["w[1]", "w[1]*2"],
            [1, 2],
            "Parameter name 'w[1]*2' reads as an expression of another parameter: rename one.",
        ),
        (["a", "b"], [1, np.nan], "Parameter 'b' of row 'r' is NaN; every value must be a finite number."),
        (["a", "b"], [np.inf, 1], "Parameter 'a' of row 'r' is inf; every value must be a finite number."),
        (["a", "b"], [-np.inf, 1], "Parameter 'a' of row 'r' is -inf; every value must be a finite number."),
        (["a", "b"], [1, None], "Parameter 'b' of row 'r' is NaN; every value must be a finite number."),
    ],
)
def test_names_and_values_that_cannot_be(names, values, message):
    """The message names the parameter and the row."""
    assert refusal(ParameterError, lambda: rows_of(names, values)) == message


def test_a_placeholder_nobody_declared():
    """It is an unknown symbol of the text, where it stands."""
    with pytest.raises(QasmError, match=r"Unknown symbol 'b' in expression at 5:6") as caught:
        rows_of(["a"], [1.0])
    assert (caught.value.lineno, caught.value.offset, caught.value.text) == (5, 6, "rz(2*b) q[0];")


def test_a_parameter_nobody_uses_is_told():
    (template,) = rows_of(["a", "b", "c"], [1, 2, 3]).templates
    assert template.unused_parameters == ["c"]


@pytest.mark.parametrize("names", [["θ", "φ"], ["a.b", "a"], ["phi[0]", "phi[10]"], ["$x", "x"]])
def test_names_need_not_be_identifiers(names):
    """Names of other packages' parameters stand in the text as they are; the longest one that fits is meant."""
    text = f"{HEAD}qreg q[1]; rx({names[0]}) q[0]; rz(-2*{names[1]}^2) q[0];"
    bound = CircuitBatch.of([CircuitPayload(text, names, [("r", [0.5, -3.0])])]).bound_texts()["r"]
    assert bound == HEAD + "qreg q[1];\nrx(0.5) q[0];\nrz(-18.0) q[0];\n"


def test_a_negative_value_next_to_a_power_is_what_was_meant():
    """(-3)^2 = 9, not -(3^2); also in the template's own text."""
    text = HEAD + "qreg q[1]; rx(a^2) q[0]; rx(-a^2) q[0]; rx(2^a) q[0];"
    batch = CircuitBatch.of([CircuitPayload(text, ["a"], [("r", [-3.0])])])
    assert batch.bound_texts()["r"].endswith("rx(9.0) q[0];\nrx(-9.0) q[0];\nrx(0.125) q[0];\n")
    replaced = batch.templates[0].text().replace("a)", "-3.0)")
    assert CircuitBatch.of([replaced]).bound_texts()["0"] == batch.bound_texts()["r"]


class TestLabels:
    def test_rows_may_not_share_one(self):
        payload = CircuitPayload(TEMPLATE, ["a", "b"], [("r", [1, 2]), ("s", [1, 2]), ("r", [3, 4])])
        with pytest.raises(DuplicateLabelError) as caught:
            CircuitBatch.of([payload])
        assert caught.value.label == "r"
        assert "Duplicate circuit label 'r'" in str(caught.value)

    def test_any_text_will_do(self):
        labels = ["", " ", "ü", "a'b", "0", "\n", "x" * 10_000]
        assert CircuitBatch.of(dict.fromkeys(labels, X)).labels == labels

    def test_rows_of_payloads_are_numbered_from_a_matrix(self):
        assert CircuitPayload.from_matrix(TEMPLATE, ["a", "b"], np.ones((3, 2))).labels == ("0", "1", "2")


class TestPayloads:
    def payload(self):
        return CircuitPayload(TEMPLATE, [Parameter("a"), "b"], [("x", (1, 2)), ("y", np.array([3.0, 4.5]))])

    def test_reads_back(self):
        payload = self.payload()
        assert payload.parameter_names == ("a", "b")
        assert payload.parameter_sets == (("x", (1.0, 2.0)), ("y", (3.0, 4.5)))
        assert payload.values.dtype == np.float64
        assert repr(payload) == "CircuitPayload(<2 rows of ['a', 'b']>)"

    @pytest.mark.parametrize("change", [lambda p: setattr(p, "circuit", X), lambda p: delattr(p, "values")])
    def test_is_frozen(self, change):
        with pytest.raises(AttributeError, match="CircuitPayload is frozen"):
            change(self.payload())

    def test_its_values_cannot_be_written(self):
        with pytest.raises(ValueError, match="read-only"):
            self.payload().values[0, 0] = 7

    @pytest.mark.parametrize("copied", [lambda p: pickle.loads(pickle.dumps(p)), copy.copy, copy.deepcopy])
    def test_copies(self, copied):
        payload = self.payload()
        twin = copied(payload)
        assert (twin.parameter_names, twin.parameter_sets) == (("a", "b"), self.payload().parameter_sets)
        assert twin == payload
        assert hash(twin) == hash(payload)
        assert CircuitBatch.of([twin]).bound_texts() == CircuitBatch.of([self.payload()]).bound_texts()

    def test_equality_is_of_contents(self):
        def payload(circuit=TEMPLATE, names=("a", "b"), values=((0.0, 2.0),), labels=("r",)):
            return CircuitPayload.from_matrix(circuit, names, values, labels)

        assert payload() == payload(values=np.array([[-0.0, 2.0]]))
        assert len({payload(), payload(values=[[-0.0, 2]]), payload(values=[[0.5, 2]])}) == 2
        others = [
            payload(circuit=TEMPLATE + "x q[0];"),
            payload(names=("b", "a")),
            payload(values=[[0.5, 2]]),
            payload(labels=("s",)),
            payload(values=[[0, 2], [0, 2]], labels=("r", "s")),
            "payload",
        ]
        assert all(payload() != other for other in others)

    @pytest.mark.parametrize("order", ["C", "F"])
    def test_matrices_of_any_layout_and_type(self, order):
        matrix = np.asarray([[1, 2], [3, 4]], dtype=np.int32, order=order)
        for values in (matrix, matrix[::-1], matrix.T, matrix.astype(np.float32), matrix.tolist()):
            payload = CircuitPayload.from_matrix(TEMPLATE, ["a", "b"], values)
            (template,) = CircuitBatch.of([payload]).templates
            assert template.rows.tolist() == np.asarray(values, dtype=float).tolist()


class TestQiskit:
    def test_circuits_are_exported(self):
        circuit = QuantumCircuit(2, 1)
        circuit.cp(0.25, 0, 1)
        circuit.measure(1, 0)
        (template,) = CircuitBatch.of([circuit]).templates
        assert (template.n_qubits, template.n_clbits) == (2, 1)
        assert "cp(0.25) q[0],q[1];" in template.bound_text(0)

    def test_what_openqasm_2_cannot_say_is_told_with_the_label(self):
        circuit = QuantumCircuit(1)
        circuit.rx(Parameter("free"), 0)
        with pytest.raises(QasmError, match="Circuit 'it' cannot be exported to OpenQASM 2") as caught:
            CircuitBatch.of({"it": circuit})
        assert caught.value.label == "it"
