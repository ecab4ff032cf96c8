# Daily commands; `make` alone lists them.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help resolve test check quick format crawl train clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check -U pip uv
	@$(BIN)/uv pip install -q --compile-bytecode --python $(BIN)/python -e .
	@$(BIN)/python -m compileall -q resolver
	@touch $@

$(VENV)/.dev: $(STAMP)
	@$(BIN)/uv pip install -q --python $(BIN)/python -e ".[dev,cluster,postgres]"
	@touch $@

resolve: $(STAMP)  ## the main job on examples/keras-flask
	@$(BIN)/resolve examples/keras-flask --force

test: $(VENV)/.dev check  ## floors, lint, types and every test
	@$(BIN)/python -m pytest --cov --cov-report=term:skip-covered -q

quick: $(VENV)/.dev  ## the tests that need neither engine nor network
	@$(BIN)/python -m pytest -q -m "not docker and not network and not slow"

check: $(VENV)/.dev  ## floors, lint and types only
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/ruff check resolver tests benchmarks scripts
	@$(BIN)/ruff format --check resolver tests benchmarks scripts
	@$(BIN)/mypy

format: $(VENV)/.dev  ## put the code into form
	@$(BIN)/ruff check --fix resolver tests benchmarks scripts
	@$(BIN)/ruff format resolver tests benchmarks scripts

crawl: $(VENV)/.dev  ## build the matrix for an hour and record what happens
	@$(BIN)/resolver crawl --budget 1h

train: $(VENV)/.dev  ## train the ranker on all recorded outcomes
	@$(BIN)/resolver train

clean:  ## remove what the commands above made
	rm -rf $(VENV) .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis
