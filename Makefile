# diagnose: `make` alone prints this list.
# One target installs what it needs into .venv, at the versions of uv.lock; nothing else is touched.

SHELL := /bin/sh
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$python >/dev/null 2>&1 && $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
STAMP := .venv/.installed
DEV := .venv/.installed-dev
ARGS ?=
# What it ended with goes to stderr: stdout is the report's. "Found something" (1) and "blind" (3) are answers, not errors.
ENDED := code=$$?; echo "diagnose ended with $$code: $$($(BIN)/diagnose --meaning $$code)." >&2; case $$code in 0|1|3) ;; *) exit $$code ;; esac

.DEFAULT_GOAL := help
.PHONY: help diagnose demo test check accuracy bench lock clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1 — /p' Makefile

diagnose: $(STAMP) ## look at this machine and whatever it can reach; ARGS="…" are handed on
	@$(BIN)/diagnose $(ARGS); $(ENDED)

demo: $(STAMP) ## replay a saved incident
	@$(BIN)/diagnose replay agent/demo.bundle $(ARGS); $(ENDED)

test: $(DEV) ## run every test that can run here, and name what was left out
	@$(BIN)/python -m pytest $(ARGS)

check: $(DEV) ## what a developer runs before a commit
	$(BIN)/ruff format --check agent probes rules
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/diagnose rules lint
	$(BIN)/python -m pytest -m "not engine and not node and not services and not browser"

accuracy: $(DEV) ## plant faults on a real Docker engine and print what is said of each (root)
	$(BIN)/python -m tests.faults.table $(ARGS)

bench: $(DEV) ## speed and memory, beside the raw work
	$(BIN)/python -m tests.bench

lock: ## renew uv.lock and the list that pip installs from
	uv lock
	uv export --locked --all-extras --no-dev --no-emit-project --no-hashes --quiet --no-annotate --no-header -o requirements.lock
	uv export --locked --all-extras --no-emit-project --no-hashes --quiet --no-annotate --no-header -o requirements-dev.lock
	for name in mlflow2 mlflow3 dvc; do uv pip compile --universal --python-version 3.11 --quiet --no-annotate --no-header --upgrade \
		tests/stack/python/$$name.in -o tests/stack/python/$$name.txt; done

clean: ## take .venv away
	rm -rf .venv

$(STAMP): pyproject.toml uv.lock requirements.lock | python
	@.ci/install requirements.lock "$(PYTHON)"
	@touch $@

$(DEV): pyproject.toml uv.lock requirements-dev.lock | python
	@.ci/install requirements-dev.lock "$(PYTHON)"
	@touch $(STAMP) $@

.PHONY: python
python:
	@test -n "$(PYTHON)" || { echo "diagnose needs Python 3.11 or later: install the package python3." >&2; exit 1; }
