# The commands of this project. `make` alone lists them.
# Each does its own set-up: system packages, .venv, dependencies from the lock file.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/ready

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench soak fresh lock format clean

help:
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 16

setup: $(READY)   ## everything the other commands need, installed

$(READY): requirements.lock setup.cfg pyproject.toml setup.sh
	@./setup.sh
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "[set-up] Python 3.11 or newer is needed, found: $$($(PYTHON) --version)" >&2; exit 1; }
	@$(PY) -m pip --version >/dev/null 2>&1 \
	    || { echo "[set-up] Making .venv with $$($(PYTHON) --version)"; $(PYTHON) -m venv --clear $(VENV); }
	@echo "[set-up] Installing Python packages from requirements.lock (one to three minutes the first time)"
	@$(PY) -m pip install --disable-pip-version-check --require-hashes -r requirements.lock \
	    | awk '/^Collecting/ { n++; printf "[set-up]   %d %s\n", n, $$2; fflush() } /ERROR/ { print }'
	@$(PY) -m pip install --disable-pip-version-check --quiet --no-deps --editable .
	@touch $(READY)
	@echo "[set-up] Ready."

demo: $(READY)    ## the whole application with a sample hall, sample keys and sample tickets
	@$(PY) -m clerk_client demo

test: $(READY)    ## every test, on real parts
	@$(PY) -m tests

check: $(READY)   ## ruff, mypy (also as for Windows), import-linter
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(PY) -m mypy
	@$(PY) -m mypy --platform win32
	@$(VENV)/bin/lint-imports

bench: $(READY)   ## measured figures, each beside its peer or limit
	@$(PY) -m benchmarks

soak: $(READY)    ## long runs
	@$(PY) -m tests -m soak

fresh:            ## both README commands in an empty Debian 12 (root, debootstrap)
	@./.ci/fresh

lock: $(READY)    ## renew requirements.lock from setup.cfg
	@$(PY) -m venv $(VENV)-lock && $(VENV)-lock/bin/pip install --quiet uv
	@$(VENV)-lock/bin/uv pip compile setup.cfg --extra hall --extra dev --universal \
	    --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	    --upgrade --output-file requirements.lock --quiet
	@rm -rf $(VENV)-lock

format: $(READY)  ## rewrite the code in the house's layout
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .

clean:            ## remove what the other commands made
	rm -rf $(VENV) .demo demo-output build *.egg-info
