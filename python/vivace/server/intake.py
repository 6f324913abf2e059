"""What clients send, read and checked before anything is stored."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from vivace import _core
from vivace.backends.qoro.wire import fields
from vivace.backends.qoro.wire.account import QPUSystem
from vivace.backends.qoro.wire.characterization import QuboRequest
from vivace.backends.qoro.wire.configs import check_device, check_execution, decode_maestro
from vivace.backends.qoro.wire.jobs import InitRequest, JobType
from vivace.backends.qoro.wire.qubo import decode_qubo
from vivace.backends.qoro.wire.uploads import Upload
from vivace.circuits import CircuitBatch, CircuitPayload
from vivace.codecs import decompress_text
from vivace.errors import PayloadError, ProtocolError, QasmError
from vivace.server.accounts import Account
from vivace.server.analysis.characterize import Request
from vivace.server.blueprints import check_options
from vivace.server.execution import execution_config
from vivace.server.jobs import Job, NewJob
from vivace.server.refusals import forbidden, invalid, too_large
from vivace.server.settings import Limits, Settings, Tier

__all__ = [
    "check_key",
    "gunzip",
    "read_body",
    "read_config",
    "read_init",
    "read_legacy",
    "read_qubo",
    "read_upload",
]

_LONGEST_NAME: Final = 1024
_LONGEST_KEY: Final = 255
_NOISE: Final = ("noisy_device", "noise_realizations", "noise_scaling_factor")


def gunzip(body: bytes, limit: int) -> bytes:
    """What a body in gzip holds. It is made no longer than a byte beyond the limit, whatever it would become.

    Raises:
        Refused: It is longer, or the body is not exactly one gzip member.
    """
    inflate = zlib.decompressobj(wbits=31)
    try:
        found = inflate.decompress(body, limit + 1)
    except zlib.error:
        raise invalid("The request body is not valid gzip.") from None
    if len(found) > limit:
        raise too_large(limit)
    if not inflate.eof:
        raise invalid("The gzip data of the request body end early.")
    if inflate.unused_data:
        raise invalid(f"The request body has {len(inflate.unused_data)} bytes after its gzip data.")
    return found


def read_body(body: bytes) -> dict[str, Any]:
    """The JSON object of a request; text without a UTF-8 form is refused wherever it stands.

    Raises:
        ProtocolError: It is no JSON object, or its text cannot be encoded.
    """
    found = fields.parse_object(body)
    if b"\\u" in body:  # the only way in for half a character
        fields.dump_json(found)
    return found


def check_key(key: str) -> None:
    """Refuse an ``Idempotency-Key`` that cannot be stored as it is."""
    if not 0 < len(key) <= _LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise invalid(f"Expected an Idempotency-Key of 1 to {_LONGEST_KEY} printable ASCII characters.")


def read_init(body: Mapping[str, Any], account: Account, settings: Settings) -> NewJob:
    """The job that a body of ``job/init/`` opens.

    Raises:
        ProtocolError: The body is not one, or asks for what this server has not.
        ConfigError: An option has a bad value.
        Refused: The account's tier is too low.
    """
    _check_members(body, _INIT)
    request = InitRequest.from_wire(body)
    _check_name(request.tag, "tag")
    fields.read_whole(body, "shots", None, minimum=1)
    if request.job_type is JobType.CHARACTERIZE:
        for name in _CIRCUITS_ONLY:
            if body.get(name):
                raise ProtocolError(f"A characterization takes no {name!r}.", name)
        return NewJob(request.job_type, request.tag)
    is_qpu = request.qpu_system_name is not None
    _check_target(request, account, settings)
    kind = next((name for name in _CONFIGS if getattr(request, name) is not None), None)
    system = None if request.qpu_system_name is None else settings.system(request.qpu_system_name)
    config = (
        None
        if kind is None
        else _read_any_config(kind, getattr(request, kind), account, system, settings.limits)
    )
    target = request.qpu_system_name or request.simulator_cluster or settings.clusters[0].name
    return NewJob(request.job_type, request.tag, request.use_packing, target, is_qpu, kind, config)


_CONFIGS: Final = ("execution_configuration", "maestro_config", "device_config")
_CIRCUITS_ONLY: Final = ("use_packing", "simulator_cluster", "qpu_system_name", *_CONFIGS)
_INIT: Final = (
    "job_type",
    "tag",
    "shots",
    *_CIRCUITS_ONLY,
)  # uploads repeat the shots of the client that has
_UPLOAD: Final = ("mode", "finalized", "circuits", "circuit_template", "parameter_names", "parameter_sets")
_MEASURED: Final = ("shots", "shot_groups", "observables", "circuit_ham_map")
_QUBO: Final = ("qubo", "target_states", "reference_states", "options")


def _check_members(body: Mapping[str, Any], known: Sequence[str]) -> None:
    """Refuse members that would be ignored; those that are null say nothing."""
    for name, value in body.items():
        if name not in known and value is not None:
            raise ProtocolError(f"Unknown member {name!r:.60}; expected some of {', '.join(known)}.", name)


def _check_target(request: InitRequest, account: Account, settings: Settings) -> None:
    if request.qpu_system_name is not None:
        system = settings.system(request.qpu_system_name)
        known = [system.name for system in settings.systems]
        if system is None:
            raise _unknown("QPU system", request.qpu_system_name, known, "qpu_system_name")
        estimates = system.supports_expval
    else:
        name = request.simulator_cluster or settings.clusters[0].name
        cluster = settings.cluster(name)
        if cluster is None:
            known = [cluster.name for cluster in settings.clusters]
            raise _unknown("simulator cluster", name, known, "simulator_cluster")
        if account.tier < Tier.named(cluster.minimum_tier):
            raise forbidden(
                f"Simulator cluster '{name}' needs tier {cluster.minimum_tier}; the account has "
                f"{account.tier.name}."
            )
        estimates = cluster.supports_expval
    if request.job_type.modern is JobType.EXPECTATION and not estimates:
        raise ProtocolError("The target does not take expectation jobs.", "job_type")


def _unknown(kind: str, name: str, known: Iterable[str], field: str) -> ProtocolError:
    return ProtocolError(f"Unknown {kind} {name!r:.60}; this server has {', '.join(known)}.", field)


def read_config(body: Mapping[str, Any], account: Account) -> dict[str, Any]:
    """An ``execution_configuration``, checked against what can be run and the account's tier.

    Raises:
        ProtocolError: An unknown key, a bad value, or a noisy device, of which this server has none.
        ConfigError: Options that cannot be combined.
        Refused: The bond dimension is over the cap of the tier.
    """
    config = check_execution(body)
    noisy = next((name for name in _NOISE if name in config), None)
    if noisy is not None:
        raise ProtocolError(f"This server has no noisy devices: drop {noisy!r}.", noisy)
    execution_config(config)
    meta = config.get("api_meta", {})
    for name in ("optimization_level", "resilience_level", "max_execution_time"):
        if meta.get(name, 0) < 0:
            raise ProtocolError(f"Expected a number of at least 0 in {name!r}, got {meta[name]}.", name)
    degree = meta.get("approximation_degree", 1)
    if not 0 <= degree <= 1:
        raise ProtocolError(
            f"Expected a number from 0 to 1 in 'approximation_degree', got {degree}.", "approximation_degree"
        )
    _check_bond(config.get("bond_dimension"), account)
    return config


def _read_any_config(
    kind: str, body: Mapping[str, Any], account: Account, system: QPUSystem | None, limits: Limits
) -> dict[str, Any]:
    if kind == "execution_configuration":
        return read_config(body, account)
    if kind == "device_config":
        if system is None:
            raise ProtocolError("device_config applies to QPU targets.", kind)
        options = check_device(body)
        check_options(options, system.qpus[0].vendor_type if system.qpus else None)
        return options
    if system is not None:
        raise ProtocolError("maestro_config applies to simulator targets.", kind)
    config = decode_maestro(body, strict=True, max_qubits=limits.qubits)
    _check_bond(config.max_bond_dimension, account)
    return dict(body)


def _check_bond(asked: int | None, account: Account) -> None:
    cap = account.tier.bond_dimension
    if asked is not None and cap is not None and asked > cap:
        raise forbidden(
            f"bond_dimension {asked} is over the cap of {cap} of tier {account.tier.name}; ask for less, "
            "or for a higher tier."
        )


def read_upload(body: Mapping[str, Any], job: Job, limits: Limits) -> Upload:
    """A body of ``add_circuits/``, with every circuit in it checked as far as that goes without running it.

    Raises:
        VivaceError: The body is not one, does not fit the job, or a circuit is not valid or too large.
    """
    _check_members(body, (*_UPLOAD, *_MEASURED))
    upload = Upload.from_wire(body, max_bytes=limits.text)
    estimates = job.spec.job_type.modern is JobType.EXPECTATION
    if job.spec.job_type is JobType.CHARACTERIZE:
        raise ProtocolError("A characterization takes a QUBO, not circuits.", "circuits")
    if estimates and upload.observables is None:
        raise ProtocolError(f"A job of type {job.spec.job_type} needs 'observables'.", "observables")
    if not estimates and upload.observables is not None:
        raise ProtocolError(f"A job of type {job.spec.job_type} takes no 'observables'.", "observables")
    groups = [upload.shots or 0, *(shots for _, _, shots in upload.shot_groups or ())]
    if max(groups) > limits.shots:
        raise ProtocolError(f"Expected at most {limits.shots} shots, got {max(groups)}.", "shots")
    for label in upload.labels:
        _check_name(label, "label")
    most = _most_shots(upload)
    _check_words(upload, _check_circuits(upload, most, limits))
    return upload


def _most_shots(upload: Upload) -> Sequence[int]:
    """Shots of each circuit that says so; 0 for the others."""
    if upload.shot_groups is None:
        return [upload.shots or 0] * len(upload.labels)
    return [int(shots) for shots in _core.shots_per_circuit(upload.shot_groups, len(upload.labels))]


def _check_circuits(upload: Upload, shots: Sequence[int], limits: Limits) -> int:
    """Check all circuits, one text in memory at a time; the qubits of the narrowest."""
    if upload.template is not None:
        return _check_template(upload, max(shots), limits)
    left, narrowest = limits.texts, limits.qubits
    for (label, payload), n_shots in zip((upload.circuits or {}).items(), shots, strict=True):
        text = _text(payload, label, min(limits.text, left))
        left -= len(text)
        sizes = _core.validate_qasm_batch([label], [text])[0]
        _check_size(label, sizes, n_shots, limits)
        narrowest = min(narrowest, sizes[0])
    return narrowest


def _check_template(upload: Upload, shots: int, limits: Limits) -> int:
    rows = upload.template
    assert rows is not None  # noqa: S101 - the caller looked
    label = rows.labels[0]
    text = _text(rows.template, label, limits.text)
    try:
        sizes = _core.validate_qasm(text, rows.parameter_names)
        CircuitBatch.of([CircuitPayload.from_matrix(text, rows.parameter_names, rows.values, rows.labels)])
    except QasmError as error:
        raise ProtocolError(f"Circuit template is not valid QASM: {error}", "circuit_template") from None
    _check_size(label, sizes, shots, limits)
    return sizes[0]


def _check_size(label: str, sizes: tuple[int, int], shots: int, limits: Limits) -> None:
    for found, limit, what in zip(sizes, (limits.qubits, limits.clbits), ("qubits", "bits"), strict=True):
        if found > limit:
            raise QasmError(f"Circuit '{label}' has {found} {what}; this server takes {limit}.", label)
    bits = sizes[1] or sizes[0]
    outcomes, most = min(shots, 1 << bits), limits.counts // (bits + 128)
    if outcomes > most:
        raise QasmError(
            f"Circuit '{label}' may have {outcomes} outcomes of {bits} bits; this server takes {most}. "
            "Ask for fewer shots.",
            label,
        )


def _check_words(upload: Upload, narrowest: int) -> None:
    if upload.observables is None:
        return
    groups = _core.parse_observables(upload.observables)
    ranges = upload.circuit_ham_map
    if ranges is not None:
        if len(ranges) != len(groups):
            raise ProtocolError(
                f"circuit_ham_map length ({len(ranges)}) must match number of ham_ops groups "
                f"({len(groups)}).",
                "circuit_ham_map",
            )
        if any(start > end for start, end in ranges):
            raise ProtocolError(
                "Expected start <= end in every range of 'circuit_ham_map'.", "circuit_ham_map"
            )
        return  # which words are for which circuit is known when the last upload has arrived
    if len(groups) > 1:
        _core.check_flattened(upload.observables)
    longest = max((word for words in groups for word in words), key=len)
    if len(longest) > narrowest:
        raise ProtocolError(
            f"Observable '{longest:.60}' has {len(longest)} letters but a circuit has {narrowest} qubits.",
            "observables",
        )


def _text(payload: str, label: str, limit: int) -> str:
    try:
        return decompress_text(payload, limit)
    except PayloadError as error:
        raise PayloadError(f"Circuit '{label:.60}': {error}", label) from None


def _check_name(name: str, what: str) -> None:
    if len(name) > _LONGEST_NAME or "\0" in name:
        raise invalid(f"Expected a {what} of at most {_LONGEST_NAME} characters, none of them NUL.")


def read_qubo(body: Mapping[str, Any], limit: int) -> tuple[Request, int]:
    """What a body of ``submit_qubo/`` asks for, and the number of variables.

    Raises:
        ProtocolError: The body is not one, or the problem is too large.
    """
    _check_members(body, _QUBO)
    asked = QuboRequest.from_wire(body)
    if not asked.target_states and body.get("reference_states") is not None:
        raise ProtocolError("Expected at least one reference state.", "reference_states")
    terms, n_terms = decode_qubo(asked.qubo, max_variables=limit)
    request = Request.of(terms, n_terms, asked.target_states, asked.options, limit)
    return request, request.problem.n


_ALIKE: Final = ("tag", "qpu_system_name", "use_packing", "simulator_cluster")
_LEGACY: Final = ("job_type", "circuits", "shots", "observables", *_ALIKE)


def read_legacy(body: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
    """The bodies of ``job/init/`` and ``add_circuits/`` that say what a one-shot ``job/`` says.

    Raises:
        ProtocolError: There are no circuits.
    """
    _check_members(body, _LEGACY)
    circuits = fields.read_object(body, "circuits")
    upload: dict[str, Any] = {"mode": "append", "finalized": "true", "circuits": circuits}
    if "observables" in body:
        upload["observables"] = body["observables"]
    else:
        upload["shots"] = body.get("shots")
    init = {"job_type": body.get("job_type") or "EXECUTE"} | {n: body[n] for n in _ALIKE if n in body}
    return init, json.dumps(upload).encode()
