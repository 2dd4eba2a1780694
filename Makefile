# The commands of this project. `make` alone lists them.
# Each does its own set-up: system packages, .venv, dependencies from the lock file.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
# A .venv serves one Python in one folder: after an upgrade of either or a move it is made anew.
ID := $(shell { pwd; $(PYTHON) -c 'import os, sys; print(sys.implementation.cache_tag, os.path.realpath(sys.executable))'; } \
    2>/dev/null | cksum | cut -d' ' -f1 || true)
MADE := $(VENV)/made-$(ID)
READY := $(VENV)/ready-$(ID)

.DEFAULT_GOAL := help
.PHONY: help setup system demo test check bench soak fresh lock format clean

help:
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 16

setup: $(READY)   ## everything the other commands need, installed

# Each time, because packages can be removed; with all of them there it takes a moment.
system:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "[set-up] Python 3.11 or newer is needed, found: $$($(PYTHON) --version 2>&1)" >&2; exit 1; }
	@./setup.sh

$(MADE): | system
	@echo "[set-up] Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $(MADE)

$(READY): requirements.lock setup.cfg pyproject.toml | $(MADE)
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
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(PY) -m mypy --platform win32
	@$(VENV)/bin/lint-imports

bench: $(READY)   ## measured figures, each beside its peer or limit
	@$(PY) -m benchmarks

soak: $(READY)    ## client, service and database killed a thousand times: nothing lost, no number twice
	@$(PY) -m tests -m soak

fresh:            ## both README commands in an empty Debian 12 (root, debootstrap)
	@./.ci/fresh

lock: $(READY)    ## renew requirements.lock from setup.cfg
	@trap 'rm -rf $(VENV)-lock' EXIT; set -e; \
	    $(PY) -m venv --clear $(VENV)-lock; \
	    $(VENV)-lock/bin/python -m pip install --disable-pip-version-check --quiet uv; \
	    $(VENV)-lock/bin/uv pip compile setup.cfg --extra hall --extra dev --universal \
	        --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	        --upgrade --output-file requirements.lock --quiet

format: $(READY)  ## rewrite the code in the house's layout
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

clean:            ## remove what the other commands made
	rm -rf $(VENV) $(VENV)-lock .demo demo-output build *.egg-info
