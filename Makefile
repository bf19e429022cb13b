# make run   from nothing to a trained tagger and a tagged article
# make test  ruff, mypy, pytest
# Both create .venv once and reinstall nothing until pyproject.toml changes.

PYTHON ?= python3
# Pinned: with this version pip takes a build without GPU libraries where one is offered.
TORCH ?= torch==2.13.0
VENV := .venv
BIN := $(VENV)/bin
RUN := training/quickstart
SEEDS := $(wildcard seeds/*.txt)
# A seed article of the test split: the tagger has not seen it.
SHOWN := 004_a83b03720201da5f

.PHONY: run test clean

run: $(VENV)/.installed
	$(BIN)/sukien build
	$(BIN)/sukien train configs/quickstart.yaml --overwrite
	$(BIN)/sukien predict $(SEEDS) --model $(RUN)/model --output $(RUN)/seeds.jsonl
	$(BIN)/sukien show $(RUN)/seeds.jsonl --id $(SHOWN) --scores $(RUN)/metrics.json

test: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest

$(VENV)/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet "$(TORCH)" -e .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet "$(TORCH)" -e ".[dev]"
	touch $@

clean:
	rm -rf $(VENV) data/built training/quickstart dist
