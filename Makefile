# Every command a person needs. `make help` lists them.
SHELL := /bin/bash
PYTHON ?= $(firstword $(shell command -v python3.11 python3.12 python3.13 python3) python3)
VENV := .venv
BIN := $(VENV)/bin

# What the embedded default relies on, besides its own tests in tests/blink and tests/services/test_sqlite.py.
ON_SQLITE := tests/accounts/test_tenancy.py tests/blink/test_demo_loading.py tests/notifications/test_forecast.py \
	tests/scheduling/test_reminders.py tests/scheduling/test_scan.py tests/scheduling/test_times.py \
	tests/notifications/test_inbound.py tests/test_plugin.py

.PHONY: help run demo-reset test chromium check format messages screenshots bench-pages lock clean

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

# Two environments, one folder: running needs less than testing. A stamp says which lock was installed.
$(VENV)/.run-installed: requirements/run.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Blink needs Python 3.11 or newer; say which with PYTHON=..."; exit 1; }
	@test -x $(BIN)/pip || { rm -rf $(VENV); $(PYTHON) -m venv $(VENV); } || \
		{ echo "Python cannot make a virtual environment here; on Debian and Ubuntu install python3-venv."; exit 1; }
	@echo "Installing what Blink runs on (once)..."
	@$(BIN)/pip install -qq --disable-pip-version-check --require-hashes -r requirements/run.txt
	@touch $@

$(VENV)/.dev-installed: requirements/dev.txt $(VENV)/.run-installed
	@echo "Installing what the tests need (once)..."
	@$(BIN)/pip install -qq --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

run: $(VENV)/.run-installed  ## start Blink with its demo on http://127.0.0.1:8000 (PORT=... for another)
	@exec $(BIN)/python manage.py runblink

demo-reset: $(VENV)/.run-installed  ## throw the demo's data away; the next `make run` starts over
	@$(BIN)/python manage.py demo_reset

test: check chromium  ## everything: `make check`, then all tests with a real PostgreSQL, Redis and Chromium
	@$(BIN)/python -m pytest -n 2 --dist worksteal
	@echo "And what the embedded default relies on, on SQLite:"
	@DATABASE_URL= $(BIN)/python -m pytest -n 2 --dist worksteal -m "not services" $(ON_SQLITE)

chromium: $(VENV)/.dev-installed  ## find a Chromium for the browser journeys, or install one
	@$(BIN)/python -m tests.journeys.chromium

check: $(VENV)/.dev-installed  ## lint, format, types, layers, templates, migrations
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@git ls-files -z --cached --others --exclude-standard -- '*.html' | xargs -0 -r $(BIN)/djade --check --target-version 5.2
	@$(BIN)/python manage.py makemigrations --check --dry-run

format: $(VENV)/.dev-installed  ## put the code in the house's format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@git ls-files -z --cached --others --exclude-standard -- '*.html' | xargs -0 -r $(BIN)/djade --target-version 5.2

messages: $(VENV)/.dev-installed  ## bring locale/ up to date with the words in code and templates
	@$(BIN)/python manage.py messages

screenshots: chromium  ## make the pictures in docs/screenshots anew, from the demo
	@$(BIN)/python -m tests.journeys.screenshots

bench-pages: $(VENV)/.dev-installed  ## the server time of the pages of a large practice; see bench/README.md
	@$(BIN)/python -m bench.pages

lock:  ## lock the newest versions that run.in and dev.in allow
	@$(PYTHON) -m venv $(VENV)-lock && $(VENV)-lock/bin/pip install --quiet uv
	@for name in run dev; do $(VENV)-lock/bin/uv pip compile --quiet --universal --upgrade --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header requirements/$$name.in -o requirements/$$name.txt; done
	@rm -rf $(VENV)-lock

clean:  ## remove what the commands above made, the demo's data included
	@rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .hypothesis
