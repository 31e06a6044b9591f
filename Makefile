# Sensorium: everything a checkout can do. `make help` lists it.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help run test test-all lint format wire bench quality peers clean

help:  ## List the targets
	@awk -F ':.*##' '/^[a-z-]+:.*##/ {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): pyproject.toml scripts/environment
	scripts/environment $(VENV)
	@touch $@

run: $(READY)  ## Start the gateway on http://127.0.0.1:8080 (gRPC on 8081)
	@$(BIN)/sensorium serve $(ARGS)

test: $(READY)  ## Run the test suite
	$(BIN)/pytest -n 2 -m "not slow" $(ARGS)

test-all: $(READY)  ## Run the long tests too
	$(BIN)/pytest -n 2 $(ARGS)

lint: $(READY)  ## Check style, types and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)  ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

wire: $(READY)  ## Regenerate the schema from Google's client packages
	$(BIN)/python -m sensorium.apis.wire.generate

peers: $(READY)  ## Make the environment of the benchmarks' peers
	scripts/environment --peers .peers

bench: $(READY) peers  ## Measure, side by side with the peers
	$(BIN)/python -m benchmarks $(ARGS)

quality: $(READY)  ## Measure how good the answers are, into docs/quality.md
	$(BIN)/python -m benchmarks.quality $(ARGS)

clean:  ## Remove environments and caches
	rm -rf $(VENV) .peers .pytest_cache .mypy_cache .ruff_cache .hypothesis
