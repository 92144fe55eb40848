# Everything a developer or CI runs. Needs Python 3.11 and make; uv is fetched by pip where it is absent.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:

PYTHON ?= python3.11
# Settings of the environment that would leak a machine's own index into the lock file.
unexport UV_FIND_LINKS UV_INDEX UV_EXTRA_INDEX_URL UV_DEFAULT_INDEX UV_INDEX_URL
unexport VIRTUAL_ENV
UV := $(or $(shell command -v uv 2>/dev/null),.tools/bin/uv)
RUN := .venv/bin

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 16

.tools/bin/uv:
	@$(PYTHON) -m venv .tools
	.tools/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.13,<1'

# The environment is made anew only when the lock or a member's metadata has changed.
.venv/.synced: uv.lock pyproject.toml packages/shared/pyproject.toml $(wildcard services/*/pyproject.toml) | $(filter .tools/%,$(UV))
	@echo "preparing the environment (.venv)"
	$(UV) sync --quiet --locked --all-packages --inexact --python $(PYTHON)
	touch $@

.PHONY: env
env: .venv/.synced ## Make or refresh the environment in .venv

.PHONY: check
check: env ## Format, lint, types, import contracts, protos, lock, unit tests
	@$(RUN)/ruff format --check --quiet .
	$(RUN)/ruff check --quiet .
