# Every target sets itself up: it needs Python >= 3.11 and Rust, nothing else.
#   make sweep   the main job: a variational sweep of H2 on the local simulator
#   make test    everything CI runs
#   make bench   how fast it is, beside the aims; BENCH='--quick --json out.json' for the Python part
#   make bench-maestro   the simulator beside upstream's, in a venv of its own; BENCH='mps qaoa --json out.json'
#   make bench-aer       the same for Qiskit Aer
#   make bench-growth    how cost grows with rows, qubits and words, as a table and a picture in growth-out
#   make bench-planner   what each way to run a circuit costs, as the simulator thinks and as measured
#   make bench-cloud     our cloud client beside upstream's, on one local server; BENCH='--full --json out.json'
#   make bench-server    upstream's own clients, two releases of them, against our server
#   make venv    .venv with Vivace (built wheel) and the development tools
#   make clean   removes what these targets made
# Stamps in .make/ remember what is done; each depends on the sources it was made from.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := test
.DELETE_ON_ERROR:
MAKEFLAGS   += --no-builtin-rules --no-print-directory

VENV   := .venv
BIN    := $(VENV)/bin
STAMPS := .make
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

export PIP_DISABLE_PIP_VERSION_CHECK := 1

RUST_SOURCES    := $(shell find rust -name target -prune -o -type f \( -name '*.rs' -o -name '*.toml' \) -print)
PYTHON_SOURCES  := $(shell find python -name __pycache__ -prune -o -type f -print)
PACKAGE_SOURCES := Cargo.toml Cargo.lock pyproject.toml README.md LICENSE $(RUST_SOURCES) $(PYTHON_SOURCES)

.PHONY: venv sweep test bench bench-maestro bench-aer bench-growth bench-planner bench-server bench-cloud clean format
.PHONY: check-rust check-lint check-types check-python

# --- set-up ---------------------------------------------------------------------------------------

$(STAMPS):
	@mkdir -p $@

# The first interpreter that is new enough, can make a venv, and really starts (pyenv shims may not).
$(STAMPS)/venv: | $(STAMPS)
	@for candidate in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
	  if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "Making $(VENV) with $$("$$candidate" --version)"; \
	    "$$candidate" -m venv --clear $(VENV) && touch $@ && exit 0; \
	    exit 1; \
	  fi; \
	done; \
	echo "No Python >= 3.11 with venv found. Install one, or name it: make PYTHON=/path/to/python3" >&2; exit 1

$(STAMPS)/maturin: $(STAMPS)/venv
	@$(PIP) install --upgrade pip 'maturin>=1.9,<2'
	@touch $@

$(STAMPS)/wheel: $(PACKAGE_SOURCES) $(STAMPS)/maturin
	@rm -rf $(STAMPS)/wheels
	@$(BIN)/maturin build --release --quiet --interpreter $(BIN)/python --out $(STAMPS)/wheels
	@touch $@

# Vivace as users get it, with plots: enough for `make sweep`.
$(STAMPS)/installed: $(STAMPS)/wheel
	@$(PIP) install --no-deps --force-reinstall $(STAMPS)/wheels/*.whl
	@$(PIP) install "$$(ls $(STAMPS)/wheels/*.whl)[plot]"
	@touch $@

# The same, with what the checks need.
$(STAMPS)/dev: $(STAMPS)/installed
	@$(PIP) install "$$(ls $(STAMPS)/wheels/*.whl)[dev]"
	@touch $@

venv: $(STAMPS)/dev

# --- what it is for -------------------------------------------------------------------------------

sweep: $(STAMPS)/installed
	@$(BIN)/vivace sweep tests/data/h2/ansatz.qasm --range theta_d=-pi/2:pi/2:201 --range theta_s=-pi/4:pi/4:101 \
	  --observable tests/data/h2/hamiltonian.txt --exact --unit Ha --out sweep-out

bench: $(STAMPS)/dev
	cargo bench --workspace --locked --quiet --bench '*' -- --noplot --warm-up-time 0.5 --measurement-time 1
	$(BIN)/python benches/run.py $(BENCH)

bench-maestro: $(STAMPS)/dev
	$(BIN)/python benches/maestro_upstream.py $(BENCH)

bench-server: $(STAMPS)/dev
	$(BIN)/python benches/server_upstream.py

bench-aer: $(STAMPS)/dev
	$(BIN)/python benches/aer_upstream.py $(BENCH)

bench-cloud: $(STAMPS)/dev
	$(BIN)/python benches/cloud_upstream.py $(BENCH)

bench-growth: $(STAMPS)/dev
	$(BIN)/python benches/growth.py $(BENCH)

bench-planner: $(STAMPS)/dev
	$(BIN)/python benches/planner.py $(BENCH)

# --- checks ---------------------------------------------------------------------------------------

test: check-rust check-lint check-types check-python

check-rust:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
	cargo test --workspace --locked --quiet

check-lint: $(STAMPS)/dev
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --check --quiet

check-types: $(STAMPS)/dev
	$(BIN)/mypy
	cd $(STAMPS) && ../$(BIN)/stubtest vivace._core

# Docstring examples are those of the installed package; README examples run in tests/unit/test_readme.py.
check-python: $(STAMPS)/dev
	$(BIN)/pytest -W error
	$(BIN)/pytest -W error --doctest-modules --pyargs vivace

format: $(STAMPS)/dev
	cargo fmt --all
	$(BIN)/ruff check --quiet --fix-only
	$(BIN)/ruff format --quiet

clean:
	rm -rf $(VENV) .venv-upstream* $(STAMPS) target .mypy_cache .pytest_cache .ruff_cache .hypothesis sweep-out growth-out
