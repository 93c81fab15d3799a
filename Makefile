# The two commands: `make demo` and `make test`. Everything else serves them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Names no registry: pip takes whichever it is set up with.
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate pyproject.toml

SBOM := $(BIN)/python -W ignore -m cyclonedx_py requirements --pyproject pyproject.toml --mc-type application \
	--output-reproducible --spec-version 1.6 --output-format JSON

# mypy's Django plugin reads the settings; these lead nowhere.
SETTINGS := DATABASE_URL=postgresql://nobody@127.0.0.1/nothing RAINCHECK_SECRET_KEY=nothing \
	RAINCHECK_MASTER_KEY=bGludGxpbnRsaW50bGludGxpbnRsaW50bGludGxpbnQ= \
	RAINCHECK_AUDIT_KEY=bGludGxpbnRsaW50bGludGxpbnRsaW50bGludGxpbnQ= RAINCHECK_LOG_LEVEL=ERROR

# So many processes, each with a database and simulators of its own; a file's tests stay together. JOBS=0: all in one.
JOBS ?= 2

# Where it is set, every process of the tests would compile the whole package anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test soak bench lint audit sbom parquet clean lock

demo: $(VENV)/.installed
	@exec $(BIN)/raincheck demo

# Exports as Parquet want pyarrow, at the version that is locked: raincheck[parquet].
parquet: $(VENV)/.installed
	@$(PIP) install --require-hashes -r requirements/parquet.txt

test: lint
	@RAINCHECK_CHROMIUM="$$(scripts/find-chromium)" && export RAINCHECK_CHROMIUM && \
		exec $(BIN)/python -m pytest -m "not soak" --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder

soak: $(VENV)/.installed-dev
	@RAINCHECK_CHROMIUM="$$(scripts/find-chromium)" && export RAINCHECK_CHROMIUM && \
		exec $(BIN)/python -m pytest -m soak

lint: $(VENV)/.installed-dev
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(SETTINGS) $(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo

# All of it, or one: make bench ONLY=cancel_http_ratio
bench: $(VENV)/.installed-dev
	@$(BIN)/python -m bench $(ONLY)

# Known weaknesses of what is locked. Where no advisories can be reached it says so, and fails nothing.
audit: $(VENV)/.installed-dev
	@$(BIN)/python scripts/audit.py

# What is locked, as CycloneDX: dist/raincheck.cdx.json, and the same with raincheck[parquet].
sbom: $(VENV)/.installed-dev
	@mkdir -p dist
	@$(SBOM) --output-file dist/raincheck.cdx.json requirements/base.txt
	@$(SBOM) --output-file dist/raincheck-parquet.cdx.json requirements/parquet.txt

# The demo's data goes too; its database may live outside the checkout, so the demo itself forgets it.
clean:
	@if [ -d .demo ] && [ -x $(BIN)/raincheck ]; then env -u RAINCHECK_HOME $(BIN)/raincheck demo --forget; fi
	@rm -rf $(VENV) .demo .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist *.egg-info
	@find raincheck tests -name __pycache__ -prune -exec rm -rf {} +
	@find raincheck/locale -name '*.mo' -delete 2>/dev/null || true

lock: $(VENV)/.installed-dev
	@$(LOCK) --group build --output-file requirements/base.txt
	@$(LOCK) --group build --extra parquet --constraint requirements/base.txt --output-file requirements/parquet.txt
	@$(LOCK) --group dev --extra parquet --constraint requirements/parquet.txt --output-file requirements/dev.txt

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Raincheck needs Python 3.11 or newer, not " + sys.version.split()[0] + "; name one: make PYTHON=python3.12")'
	@echo "Making $(VENV) …"
	@$(PYTHON) -m venv $(VENV)

# New words are compiled here, by whoever may write: what runs as a service may not.
$(VENV)/.installed: $(VENV)/.packages $(wildcard raincheck/locale/*/LC_MESSAGES/*.po)
	@$(BIN)/python -m raincheck.core.translations
	@touch $@

$(VENV)/.packages: requirements/base.txt pyproject.toml | $(BIN)/python
	@echo "Installing …"
	@$(PIP) install --require-hashes -r requirements/base.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements/dev.txt $(VENV)/.packages | $(VENV)/.installed
	@echo "Installing what tests need …"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@
