# `make run` and `make test` need Python 3.11 or newer with venv and pip; they set up all else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
# More than processors, because tests wait for servers a third of their time.
JOBS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 2)
LOCK := uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url -q

.PHONY: run test lint bench lock clean

run: $(VENV)/.run  ## Start the site with sample blogs on http://127.0.0.1:8000
	$(BIN)/aggregator serve --sample --port $(PORT)

test: $(VENV)/.dev lint  ## Check style, types, import rules, and run all tests
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile

lint: $(VENV)/.dev
	$(BIN)/ruff format --check aggregator tests
	$(BIN)/ruff check aggregator tests
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev  ## Print what steps cost
	for file in tests/bench/bench_*.py; do $(BIN)/python $$file || exit 1; done

lock:  ## Write the lock files anew; needs uv
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) pyproject.toml --extra dev -c requirements.lock -o requirements-dev.lock
	printf "hatchling\neditables\n" | $(LOCK) - -c requirements-dev.lock -o requirements-build.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python requirements-build.lock requirements.lock pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-build.lock -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@
