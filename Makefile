# Everything a developer or CI runs. Needs Python 3.11 and make; uv is fetched by pip where it is absent.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)
# Settings of the environment that would leak a machine's own index into the lock file.
unexport UV_FIND_LINKS UV_INDEX UV_EXTRA_INDEX_URL UV_DEFAULT_INDEX UV_INDEX_URL
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME
# A uv that is too old for this workspace refuses every command in it.
UV := $(shell uv python dir >/dev/null 2>&1 && command -v uv || echo $$PWD/.tools/bin/uv)
RUN := .venv/bin
STEPS = UV='$(UV)' $(RUN)/python .ci/steps.py

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: up
up: env ## Run the whole platform in the foreground; `make up OMS_HTTP_PORT=9000`, all settings: make up-help
	@exec $(RUN)/python deploy/local/up.py $(if $(ONLY),--only $(ONLY))

.PHONY: up-help
up-help: env ## Show every setting of `make up` with its default
	@$(RUN)/python deploy/local/up.py --help

.PHONY: down
down: env ## Stop the `make up` that runs elsewhere, and wait for its end
	@$(RUN)/python deploy/local/down.py

.PHONY: demo
demo: env ## Tell what the platform does, while `make up` runs elsewhere; `make demo FULL=1` on all of WordNet
	@exec $(RUN)/python -m examples.demo $(if $(filter-out 0,$(FULL)),--full)

.PHONY: check
check: env ## Format, lint, types, import contracts, protos, lock, unit tests: ≤ 90 s
	@$(STEPS) check

.PHONY: test
test: env ## The same, contracts, real processes, the end-to-end story, each member alone: ≤ 12 min
	@$(STEPS) test

.PHONY: test-long
test-long: env ## Property tests with ten times the examples (the seed is printed), hostile input, every rollout position
	@$(STEPS) test-long

.PHONY: test-images
test-images: env ## Build the images, run them by compose and tell the story there; needs a Docker engine: ≤ 15 min
	@$(RUN)/python -m pytest tests/images

.PHONY: secrets
secrets: env ## Make the keys and tokens that the compose file mounts, in deploy/compose/.secrets
	@PYTHONPATH=deploy/local $(RUN)/python deploy/compose/make_secrets.py

.PHONY: chaos
chaos: env ## Kill, cut off, flip and fill the store 1 000 times each; `make chaos ROUNDS=50 SEED=7`; kept for `make bench`
	@PYTHONPATH=services/data-kernel/tests/support $(RUN)/python -m data_kernel_testing.faults.chaos \
		--result bench/chaos.json $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SEED),--seed $(SEED))

.PHONY: bench
bench: env ## Measure; `make bench ONLY=K4` for one figure; results go to bench/RESULTS.md
	@PYTHONPATH=.:deploy/local:tests $(RUN)/python -m bench $(if $(ONLY),--only $(ONLY))

.PHONY: generate-grpc
generate-grpc: env ## Generate the gRPC stubs from the protos
	@$(MAKE) --no-print-directory -C packages/shared generate-grpc

.PHONY: proto-release
proto-release: env ## Freeze the released contracts as they are now
	@$(MAKE) --no-print-directory -C packages/shared proto-release

.PHONY: env
env: .venv/.synced ## Make or refresh the environment in .venv

.PHONY: settings-doc
settings-doc: env ## Write docs/settings.md from the settings classes
	@PYTHONPATH=deploy/local $(RUN)/python .ci/settings_doc.py

.PHONY: clean
clean: ## Remove environments and caches; the data in .oms stays
	@rm -rf .tmp .venv .venvs .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# The environment is made anew only when the lock or a member's metadata has changed.
.venv/.synced: uv.lock pyproject.toml packages/shared/pyproject.toml $(wildcard services/*/pyproject.toml) | tools
	@echo "preparing the environment (.venv)"
	'$(UV)' sync --quiet --locked --all-packages --inexact --python '$(PYTHON)'
	touch $@

.PHONY: tools
tools:
	@if [ -x '$(UV)' ]; then exit 0; fi
	'$(PYTHON)' -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	echo "fetching uv (.tools)"
	'$(PYTHON)' -m venv .tools || { echo "Python's venv module is missing: install it (Debian: python3-venv)" >&2; exit 1; }
	.tools/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.13,<1'
