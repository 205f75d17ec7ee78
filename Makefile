# On a machine with Python 3.11 or newer, make and git, and nothing else. `make` lists the targets.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
PYTHON ?= python3
export PYTHON
# compiled modules are kept, whatever the environment says: the services start in half the time
export PYTHONDONTWRITEBYTECODE :=
BIN := .venv/bin
ARGS ?=

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name what; do \
	  printf '  make %-8s %s\n' "$$name" "$$what"; done

.PHONY: setup
setup: ## bring uv, the pinned packages and our own into .venv (every other target does it by itself)
	@$(PYTHON) tools/bootstrap.py

.PHONY: ready
ready:
	@$(PYTHON) tools/bootstrap.py --quiet

.PHONY: demo
demo: ready ## the whole system on the published first year of the pilot, checked cell by cell
	@./reftrack demo $(ARGS)

.PHONY: up
up: ready ## start everything and keep it running until Ctrl-C (ARGS="--detach" leaves it running)
	@./reftrack up $(ARGS)

.PHONY: down
down: ready ## stop what `make up` started, and nothing else
	@./reftrack down $(ARGS)

.PHONY: test
test: ready ## every test but the long ones, on real servers of its own
	@$(BIN)/pytest -m "not long" -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: faults
faults: ready ## kills, restarts, second instances, in full length, and every other long test
	@status=0; $(BIN)/pytest tests/faults $(ARGS) || status=$$?; \
	$(BIN)/pytest tests -m long --ignore tests/faults $(ARGS) || status=$$?; exit $$status

.PHONY: bench
bench: ready ## measure; writes docs/benchmarks.md and bench.json
	@$(BIN)/python -m tests.bench $(ARGS)

.PHONY: check
check: ready ## format, lint, types, walls between packages, contracts, generated files
	@$(BIN)/python tools/check.py $(ARGS)

.PHONY: format
format: ready ## put the code into its form
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

.PHONY: proto
proto: ready ## make stubs, schemas and documents of the contracts anew
	@$(BIN)/python -m contracts.generate

.PHONY: lock
lock: ready ## write requirements.lock anew (UPGRADE=1: newest versions)
	@$(BIN)/python tools/lock.py .tools/uv/bin/uv $(if $(UPGRADE),--upgrade)

.PHONY: territory
territory: ready ## make the events and the table of Viet Nam's units anew, out of the pinned lists
	@$(BIN)/python tools/territory.py .tools/uv/bin/uv $(ARGS)

.PHONY: clean
clean: ## remove everything that can be made again; the state in .reftrack stays
	@if [[ -x $(BIN)/python && -d .reftrack ]]; then ./reftrack down; fi
	@[[ -e .venv/.keep ]] || rm -rf .venv
	@rm -rf .tools dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
