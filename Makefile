# make run    the dashboard on this machine (or on the fleet of ./hosts.toml)
# make test   everything that the tests need, then all tests
# make check  types, style, layers
# make bench  speed and memory, as ratios against other programs
# make lab    a small fleet of real servers to try things out (root; see tests/lab)

PYTHON ?= python3
VENV   := .venv
DEEP   := .venv-sslyze
BIN    := $(VENV)/bin
PIP    := -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: run test tested tested-lab check bench lab picture clean

run: $(VENV)/.run $(DEEP)/.done
	@$(BIN)/schouw

test: $(VENV)/.test $(DEEP)/.done
	@$(BIN)/python -m tests.prepare
	@$(MAKE) --no-print-directory check
	@echo 'Testing: the lab beside everything else; each speaks when it is done, within a quarter of an hour …' >&2
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target tested-lab tested

# The lab mostly waits for its servers: beside it there is time for all the rest.
tested-lab:
	@$(BIN)/python -m pytest tests/lab

tested:
	@$(BIN)/python -m pytest tests/unit tests/tui

check: $(VENV)/.test
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(VENV)/.test
	@$(BIN)/python -m tests.bench

lab: $(VENV)/.test
	@$(BIN)/python -m tests.prepare
	@$(BIN)/python -m tests.lab up

picture: $(VENV)/.test
	@$(BIN)/python docs/picture.py

# ensurepip is what Debian and Ubuntu leave out of python3; without it "python3 -m venv" fails half-way.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'schouw needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.11' >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo 'This Python has no venv module. Install it with: apt install python3-venv' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo 'Installing schouw into $(VENV) …' >&2
	@$(BIN)/python $(PIP) -e .
	@touch $@

$(VENV)/.test: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo 'Installing schouw and what its tests need into $(VENV) …' >&2
	@$(BIN)/python $(PIP) -e '.[test]'
	@touch $@ $(VENV)/.run

$(DEEP)/.done: src/schouw/probe/deep/requirements.txt | $(VENV)/.run
	@echo 'Installing sslyze into $(DEEP) …' >&2
	@$(BIN)/python -c 'from pathlib import Path; from schouw.probe.deep.environment import install; install(Path("$(DEEP)").resolve())'
	@touch $@

clean:
	rm -rf $(VENV) $(DEEP) dist
