# make run      open the window              make test     run all tests
# make check    lint, types, import rules    make package  build the app folder and the .deb
# Each sets up what it needs by itself: a virtual environment in .venv, Python packages, system libraries.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: run test check format package lock benchmarks clean

run: $(VENV)/.run
	$(BIN)/drydock $(ARGS)

test: $(VENV)/.dev
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest $(ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(BIN)/deptry .

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

package: $(VENV)/.dev
	$(BIN)/python packaging/build_app.py
	$(BIN)/python packaging/build_deb.py

benchmarks: $(VENV)/.dev
	$(BIN)/python -m benchmarks

lock: $(VENV)/.dev
	$(BIN)/python -m uv --version >/dev/null 2>&1 || $(PIP) install uv
	$(BIN)/python -m uv pip compile -q --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url \
	  pyproject.toml -o requirements/app.txt
	$(BIN)/python -m uv pip compile -q --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url \
	  --group dev -c requirements/app.txt pyproject.toml -o requirements/dev.txt

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Drydock needs Python 3.11 or newer; $$($(PYTHON) --version) was found. Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	sh packaging/system_libraries.sh run
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python requirements/app.txt pyproject.toml
	sh packaging/system_libraries.sh run
	$(PIP) install -r requirements/app.txt
	$(PIP) install --no-deps -e .
	touch $@

$(VENV)/.dev: $(VENV)/bin/python requirements/dev.txt pyproject.toml
	sh packaging/system_libraries.sh test
	$(PIP) install -r requirements/dev.txt
	$(PIP) install --no-deps -e .
	touch $@ $(VENV)/.run

clean:
	rm -rf build dist packaging/out .pytest_cache .ruff_cache
