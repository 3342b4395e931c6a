# Everything here works on a fresh machine with Python 3.11 or later and make.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# The share of its examples a law is tried with, a Hypothesis profile: quick or thorough (tests/support/laws.py).
LAWS ?= quick
# What runs under fire: beside tests/chaos and tests/simulation, what hangs, full disks, states on disk, live kills.
CHAOS := tests/chaos tests/simulation tests/engine/rocks tests/engine/test_hanging.py tests/system/test_kill_live.py \
	tests/system/test_disk_full.py tests/system/test_disk_full_beside.py tests/system/test_one_directory.py
# Tests start many processes of ours: each would compile every module again where bytecode is unwelcome.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test check chaos bench bench-pipeline bench-gateway compiled format golden clean

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/.runtime: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "leadstream needs Python 3.11 or later; set PYTHON=" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV) ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(VENV)/.runtime ## A simulated company, live in the terminal; ONCE=1 runs a simulated week and ends
	@$(BIN)/leadstream demo $(if $(ONCE),--once) $(ARGS)

check: $(VENV)/.dev ## Format, lint, types, room contracts, and the tests that need no server
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q -n logical --dist worksteal --hypothesis-profile=$(LAWS) --timeout 180 -m "not kafka and not postgresql and not docker and not slow and not data" $(ARGS)

test: $(VENV)/.dev ## Everything: check, then the tests on real Kafka, real PostgreSQL, real data and real containers
	$(MAKE) check LAWS=thorough
	$(BIN)/pytest -q -n 2 --dist loadfile -m "data" $(ARGS)
	$(BIN)/pytest -q -n 2 --dist worksteal -m slow tests/simulation $(ARGS)
	@# Twice as many at a time as there are cores: these wait for sessions, leases and brokers most of the time.
	$(BIN)/pytest -q -n 4 --dist loadfile --ignore tests/simulation -m "(kafka or postgresql or slow) and not data and not docker" $(ARGS)
	$(BIN)/pytest -q -m "docker and not data" $(ARGS)

chaos: export LEADSTREAM_CHAOS_EVENTS ?= 200000
chaos: export LEADSTREAM_CHAOS_KILLS ?= 20
chaos: export LEADSTREAM_CHAOS_WORKERS ?= 3
chaos: export LEADSTREAM_CHAOS_KEYS ?= 2000
chaos: export LEADSTREAM_CHAOS_CUT ?= 120
chaos: export LEADSTREAM_CHAOS_FULL ?= 1
chaos: export LEADSTREAM_CHAOS_SOAK_MINUTES ?= 30
chaos: export LEADSTREAM_CHAOS_LEADS ?= 5000000
chaos: $(VENV)/.dev ## Kill, freeze and disturb real workers at full length, or as LEADSTREAM_CHAOS_* say; tells what came of it
	$(BIN)/pytest -q --durations=0 --timeout 7200 -m "slow or kafka or postgresql" $(CHAOS) $(ARGS)

bench: $(VENV)/.dev ## Events a second against stock Faust on the same broker and data
	$(BIN)/python -m benchmarks $(ARGS)

bench-pipeline: $(VENV)/.dev ## A quarter of a million facts about opportunities, folded, written and asked about
	$(BIN)/python -m benchmarks.pipeline $(ARGS)

bench-gateway: $(VENV)/.dev ## Single posts, batches and forms through a real gateway; each acknowledged one is looked for in the log
	$(BIN)/python -m benchmarks.gateway $(ARGS)

compiled: $(VENV)/.dev ## A wheel whose core is compiled to C, in build/; needs a C compiler
	LEADSTREAM_COMPILE=1 $(BIN)/pip wheel -q --disable-pip-version-check --no-build-isolation --no-deps -w build .
	@ls build/*.whl

format: $(VENV)/.dev ## Format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

golden: $(VENV)/.dev ## Rewrite golden files after a change that is meant
	LEADSTREAM_UPDATE_GOLDEN=1 $(BIN)/pytest -q tests/events

clean: ## Remove what was built
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info
