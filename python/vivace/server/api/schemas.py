"""What bodies look like, for the OpenAPI document. Requests are read by `vivace.server.intake`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "AddCircuits",
    "Analysis",
    "AnalysisOptions",
    "Ansatz",
    "ApiMeta",
    "Balance",
    "CancelReply",
    "Characterization",
    "Cluster",
    "Configurations",
    "Constraint",
    "CreateFailed",
    "Empty",
    "ExecutionConfiguration",
    "InitJob",
    "JobId",
    "LegacyEntry",
    "LegacyJob",
    "ParameterSet",
    "Problem",
    "Qpu",
    "QuboSubmission",
    "ResultEntry",
    "ResultsPage",
    "StatusReply",
    "StoredConfiguration",
    "Submitted",
    "Subspace",
    "System",
    "Transaction",
    "Transactions",
]

_Json = dict[str, Any]


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Problem(_Reply):
    """Why a request was refused: one of the two."""

    detail: str | None = None
    error: str | None = None


class Empty(_Reply):
    """Nothing but the status matters."""

    status: str


class JobId(_Reply):
    """The id of a new job."""

    job_id: str


class StatusReply(_Reply):
    """Where a job stands; ``run_time`` in seconds; ``finalized``: its last upload has arrived.

    ``circuits_done`` of the ``circuits`` uploaded so far have results.
    """

    status: str
    run_time: float
    finalized: bool
    circuits_done: int
    circuits: int


class CancelReply(_Reply):
    """What was cancelled."""

    status: str = Field(pattern="^cancelled$")
    job_id: str
    circuits_cancelled: int


class ResultEntry(_Reply):
    """Results of one circuit: a histogram envelope, or Pauli words with their values."""

    label: str
    results: _Json | None


class ResultsPage(_Reply):
    """A page of results, in the order of submission.

    ``circuit_metadata``: how they were run, as [number of circuits, facts] in order. ``warnings``: what makes
    results of the job approximate.
    """

    count: int
    next: str | None
    results: list[ResultEntry]
    circuit_metadata: list[tuple[int, _Json]] | None = None
    warnings: list[str] | None = None


class LegacyEntry(_Reply):
    """Results of one circuit, counts as an object."""

    label: str
    results: dict[str, float]


class Qpu(_Reply):
    """A processor of a system."""

    nickname: str
    q_bits: int
    status: str
    system_kind: str
    vendor_type: str | None = None


class System(_Reply):
    """A QPU system."""

    name: str
    access_level: str
    supports_expval: bool
    qpus: list[Qpu]


class Cluster(_Reply):
    """A simulator cluster."""

    name: str
    access_level: str
    minimum_tier: str
    supports_expval: bool


class Balance(_Reply):
    """Credits of the account; amounts are decimal texts."""

    balance: str
    total_used: str
    created_at: str
    updated_at: str


class Transaction(_Reply):
    """A line of the ledger."""

    id: int
    amount: str
    balance_after: str
    transaction_type: str
    description: str
    job_id: str | None
    created_at: str


class Transactions(_Reply):
    """A page of the ledger, newest first."""

    count: int
    total_pages: int
    next: str | None
    previous: str | None
    results: list[Transaction]


class StoredConfiguration(_Reply):
    """The configuration as it was stored."""

    status: str
    job_id: str
    execution_configuration: _Json


class Configurations(_Reply):
    """The configurations of a job, of which one at most is set."""

    job_id: str
    execution_configuration: _Json | None
    maestro_config: _Json | None
    device_config: _Json | None


class Submitted(_Reply):
    """The analysis is done."""

    job_id: str
    status: str


class Characterization(_Reply):
    """What the analysis found; what it could not know is null."""

    job_id: str
    status: str
    hardness: _Json | None
    report: _Json | None
    recommendations: list[_Json]
    created_at: str | None
    completed_at: str | None


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ApiMeta(_Request):
    """Options of the service; simulators have use for ``max_execution_time`` (seconds) only."""

    optimization_level: int = Field(1, ge=0)
    resilience_level: int = Field(0, ge=0)
    max_execution_time: int = Field(86_400, ge=0)
    transpilation_seed: int = 0
    layout_method: str = ""
    routing_method: str = ""
    approximation_degree: float = Field(1.0, ge=0, le=1)


class ExecutionConfiguration(_Request):
    """Options of a job."""

    bond_dimension: int | None = Field(None, ge=1)
    truncation_threshold: float | None = Field(None, ge=0)
    simulator_type: int | None = Field(None, ge=0, le=4)
    simulation_type: int | None = Field(None, ge=0, le=5)
    api_meta: ApiMeta | None = None


class InitJob(_Request):
    """Opens a job: with one target and one configuration at most."""

    job_type: str
    tag: str = "default"
    shots: int | None = Field(None, ge=1)
    use_packing: bool | None = False
    simulator_cluster: str | None = None
    qpu_system_name: str | None = None
    execution_configuration: ExecutionConfiguration | None = None
    maestro_config: _Json | None = None
    device_config: _Json | None = None


class ParameterSet(BaseModel):
    """A row of a template."""

    label: str
    values: list[float]


class AddCircuits(_Request):
    """Circuits (label to base64 of gzip of OpenQASM 2), or a template and rows; and what to measure."""

    mode: str = "append"
    finalized: bool | str
    circuits: dict[str, str] | None = None
    circuit_template: str | None = None
    parameter_names: list[str] | None = None
    parameter_sets: list[ParameterSet] | None = None
    shots: int | None = Field(None, ge=1)
    shot_groups: list[tuple[int, int, int]] | None = None
    observables: str | None = None
    circuit_ham_map: list[tuple[int, int]] | None = None


class LegacyJob(_Request):
    """A whole job in one request, as the oldest clients send it."""

    circuits: dict[str, str]
    shots: int | None = Field(None, ge=1)
    tag: str = "default"
    job_type: str = "EXECUTE"
    observables: str | None = None
    simulator_cluster: str | None = None
    qpu_system_name: str | None = None
    use_packing: bool | None = False


class CreateFailed(BaseModel):
    """A job that has failed already."""

    tag: str = "default"


class Analysis(_Request):
    """What to look at. Flags that are left out are as the preset says; fixed angles exclude a sweep."""

    gamma: float | None = Field(None, ge=-1e6, le=1e6)
    beta: float | None = Field(None, ge=-1e6, le=1e6)
    sensitivity: bool | None = None
    parameter_sweep: bool | None = None
    auto_tune: bool | None = None
    structural_sensitivity: bool | None = None
    penalty_tuning: bool | None = None
    hardness_only: bool | None = None


class Ansatz(_Request):
    """The circuit to look at; one layer and the X mixer is what this server simulates."""

    mixer: Literal["x", "xy", "I"] | None = None
    layers: int | None = Field(None, ge=1)


class Subspace(_Request):
    """Variables to look at: how to find them, or with ``auto_warmstart`` false those that are named."""

    auto_warmstart: bool | None = None
    solver: str | None = None
    max_variable_qubits: int | None = Field(None, ge=1)
    restarts: int | None = Field(None, ge=1)
    base_bitstring: str | None = Field(None, pattern="^[01]+$")
    variable_qubits: list[Annotated[int, Field(ge=0)]] | None = None


class Constraint(_Request):
    """A constraint. The last two types need weights: by variable, or one after the other."""

    type: Literal["max_cardinality", "min_cardinality", "eq_cardinality", "inequality", "equality"]
    bound: float
    qubits: list[Annotated[int, Field(ge=0)]] | None = None
    weights: dict[Annotated[str, Field(pattern="^[0-9]{1,9}$")], float] | list[float] | None = None


class AnalysisOptions(_Request):
    """Options of a characterization. What is not analysed, the recommendations of the result name."""

    preset: Literal["fast", "standard", "deep"] | None = None
    analysis: Analysis | None = None
    ansatz: Ansatz | None = None
    subspace: Subspace | None = None
    constraints: list[Constraint] | None = None
    n_qubits: int | None = Field(None, ge=1)
    cost_qubo: _Json | None = None
    penalty_qubo: _Json | None = None


class QuboSubmission(_Request):
    """A QUBO in comma form or as ``factored_v1``, with the states to look for under one of two names."""

    qubo: _Json
    target_states: list[str] | None = None
    reference_states: list[str] | None = None
    options: AnalysisOptions | None = None
