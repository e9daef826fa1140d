# Everything a developer and CI do. `make` lists the targets.
# Each target sets up what it needs: Python 3.11 or newer, make, bash and git are all that must be there.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# The first interpreter that is new enough; `make setup PYTHON=/path/to/python` names another.
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(shell \
	$(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(name))))
BIN := .venv/bin
READY := .venv/.ready
# protoc and buf find their plugins on the path.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Compiled tests are kept: to compile them again takes longer than to run most of them.
unexport PYTHONDONTWRITEBYTECODE

PROJECTS := $(wildcard protos/pyproject.toml libs/*/pyproject.toml services/*/pyproject.toml apps/*/pyproject.toml tools/*/pyproject.toml)
PACKAGES := $(shell sed -n 's/^packages = \["\(.*\)"\]$$/\1/p' $(PROJECTS))
# All but the generated code.
MEASURED := $(filter-out snsfashion,$(PACKAGES))

.PHONY: help
help: ## List the targets
	@echo "make run          the whole system on this machine; Ctrl-C ends it"
	@echo "make run ONCE=1   the same, and end when the last outfit is counted"
	@echo "make run PHOTOS=<folder>   with the photos of a folder"
	@echo
	@sed -En 's/^([a-z0-9-]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

.PHONY: setup
setup: $(READY) ## Install everything into .venv (again only when a version or a package changes)

$(READY): constraints.txt requirements-dev.txt $(PROJECTS)
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or make setup PYTHON=/path/to/python" >&2; exit 1; }
	@test -x $(BIN)/python || { echo "Creating .venv with $$($(PYTHON) --version)"; $(PYTHON) -m venv .venv; }
	@echo "Installing into .venv (the first time several gigabytes, most of it PyTorch; the log is .venv/install.log)"
	@: >.venv/install.log
	@$(call install,-r requirements-dev.txt)
	@$(call install,--no-build-isolation $(patsubst %/classifier,'%/classifier[training]',$(patsubst %/segmenter,'%/segmenter[training]',$(PROJECTS:%/pyproject.toml=-e %))))
	@$(BIN)/pip --disable-pip-version-check check || echo "warning: a package beside ours does not fit (see above)" >&2
	@touch $@

# Shows what is being fetched, a line each; the rest goes to the log.
define install
$(BIN)/pip install --disable-pip-version-check -c constraints.txt $(1) | tee -a .venv/install.log | \
	sed -un 's/^ *\(Downloading\|Using cached\) \([^ ]*\).*/  \2/p; s/^Installing collected.*/  installing/p'
endef

.PHONY: run
run: $(READY) ## Run the whole system: ONCE=1 ends by itself, PHOTOS=<folder> uses your photos
	@$(BIN)/python -m demo $(if $(ONCE),--once) $(if $(PHOTOS),--photos "$(PHOTOS)")

# The original Mask R-CNN of Matterport, for the engine mrcnn and for the test that ours says the same.
ORACLE := .venv-mrcnn
ORACLE_PINS := services/segmenter/mrcnn-constraints.txt
ORACLE_PROJECTS := protos libs/fashion libs/servicekit libs/photokit services/segmenter
ORACLE_PIP := $(ORACLE)/bin/pip install --quiet --disable-pip-version-check -c constraints.txt -c $(ORACLE_PINS)

.PHONY: matterport-oracle
matterport-oracle: $(ORACLE)/.ready ## Install the original mrcnn on TensorFlow into .venv-mrcnn

$(ORACLE)/.ready: constraints.txt $(ORACLE_PINS) $(ORACLE_PROJECTS:%=%/pyproject.toml)
	@test -x $(ORACLE)/bin/python || { echo "Creating $(ORACLE)"; $(PYTHON) -m venv $(ORACLE); }
	@echo "Installing mrcnn on TensorFlow into $(ORACLE)"
	@$(ORACLE_PIP) hatchling editables
	@$(ORACLE_PIP) --no-build-isolation $(patsubst %/segmenter,'%/segmenter[mrcnn]',$(ORACLE_PROJECTS:%=-e %))
	@$(ORACLE_PIP) --no-deps tf-keras mrcnn
	@touch $@

# One thread for each worker: PyTorch's threads that wait for each other would spin, and slow all of them.
# A broker that NATS_URL names serves one worker: two would read each other's streams.
WORKERS ?= $(if $(NATS_URL),0,logical)
# Folders that hold fast tests only or nearly so: the others are not even loaded.
FAST_TESTS = -m "(unit or system) and not slow" $(wildcard $(if $(SERVICE),tests/$(SERVICE)/unit,tests/*/unit tests/system/contract tests/imports))
.PHONY: test
test: $(READY) needs-tests ## Run all tests, or those of SERVICE=color (a library too), or FAST=1 (no server, no training)
	@OMP_NUM_THREADS=1 $(BIN)/pytest -n $(WORKERS) --maxprocesses 4 --dist loadfile --no-loadscope-reorder \
		$(if $(COVERAGE),$(MEASURED:%=--cov=%) --cov-report=) $(if $(FAST),$(FAST_TESTS),$(if $(SERVICE),-m "not training and not tensorflow" tests/$(SERVICE))) $(ARGS)
	@$(if $(COVERAGE),$(BIN)/python .ci/coverage_by_package.py $(MEASURED))

.PHONY: needs-tests
needs-tests:
	@test -d "tests/$(SERVICE)" || { echo "SERVICE=$(SERVICE) has no tests; these have: $(sort $(foreach file,$(wildcard tests/*/*/test_*.py),$(word 2,$(subst /, ,$(file)))))" >&2; exit 1; }

.PHONY: check
check: $(READY) ## Everything that CI checks, side by side, with the time of each stage
	@.ci/check

.PHONY: format
format: $(READY) ## Format the code and fix what the linter can
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/buf format -w protos

.PHONY: format-check
format-check: $(READY) ## Is the code formatted?
	@$(BIN)/ruff format --check --quiet . || { echo "run: make format" >&2; exit 1; }
	@$(BIN)/buf format --diff --exit-code protos || { echo "run: make format" >&2; exit 1; }

.PHONY: lint
lint: $(READY) ## Lint the code
	@$(BIN)/ruff check --quiet .
	@$(BIN)/codespell || { echo "spelling: see [tool.codespell] in pyproject.toml and docs/words.txt" >&2; exit 1; }

.PHONY: types
types: $(READY) ## Check types, strictly
	@$(BIN)/mypy --no-error-summary $(PACKAGES:%=-p %)
	@$(BIN)/mypy --no-error-summary --explicit-package-bases protos/*.py models/*.py docs/*.py examples/*.py benchmarks tests

.PHONY: protos
protos: $(READY) ## Generate the Python of the protos
	@$(BIN)/python protos/generate.py

.PHONY: protos-check
protos-check: $(READY) breaking ## Lint the protos, compare the generated code and look for breaking changes
	@$(BIN)/python protos/lint.py
	@$(BIN)/python protos/generate.py --check

# What the tests of the protos don't check.
.PHONY: breaking
breaking: $(READY) ## Look for breaking changes of the protos
	@$(BIN)/python protos/breaking.py

.PHONY: imports
imports: $(READY) ## Check who may import whom (.importlinter)
	@$(BIN)/lint-imports --no-logo 2>&1 >.venv/imports.log || { cat .venv/imports.log >&2; exit 1; }

.PHONY: images
images: $(READY) ## Lint the Dockerfiles
	@$(BIN)/hadolint deploy/images/*.Dockerfile

.PHONY: installs
installs: $(READY) ## Does each light service start where only it is installed? (minutes, downloads)
	@INSTALLS=1 $(BIN)/pytest -q tests/system/contract/test_installs.py

.PHONY: k8s
k8s: $(READY) ## Render the Kubernetes base and validate it
	@$(BIN)/kubectl kustomize deploy/k8s/base >.venv/k8s.yaml
	@$(BIN)/kubernetes-validate --strict --quiet .venv/k8s.yaml

.PHONY: eval
eval: $(READY) needs-data ## How good the shipped networks are on photographs: DATA=../shared/data
	@$(BIN)/python models/evaluate.py "$(DATA)"

# Minutes of training for the segmenter (the classifier takes about ten). The weights go to .run/models: compare, then copy them.
MINUTES ?= 120
.PHONY: models
models: $(READY) needs-data ## Train both networks again: DATA=../shared/data, MINUTES=120
	@$(BIN)/python -m lookbook write --outfits 2000 --scenes 700 --split train --seed 20000 --out .run/lookbook --csv
	@$(BIN)/python -m classifier.train --csv "$(DATA)/binary/train.csv" --csv "$(DATA)/negatives/train.csv" \
		--csv .run/lookbook/labels.csv --arch efficientnet_lite0 --out .run/models/classifier
	@$(BIN)/python -m segmenter.train --data "$(DATA)/segmentation/train:.47" --data "$(DATA)/flat/train:.25" \
		--data .run/lookbook:.18 --negatives "$(DATA)/negatives/train_sources.csv:.05" \
		--negatives "$(DATA)/binary/train_sources.csv:.05" --except-source coco2017 --except-source Faces \
		--except-source Faces_easy --init packaged --minutes $(MINUTES) --out .run/models/segmenter

.PHONY: needs-data
needs-data:
	@test -d "$(DATA)" || { echo "'$(DATA)' is not a folder; name one with photographs: DATA=../shared/data" >&2; exit 1; }

.PHONY: bench-models
bench-models: $(READY) matterport-oracle ## The shipped networks against others, speed and accuracy: DATA=../shared/data
	@$(BIN)/python -m benchmarks.models $(if $(DATA),--data "$(DATA)")

.PHONY: bench-health
bench-health: $(READY) ## How fast the segmenter answers a health check while it works
	@$(BIN)/python -m benchmarks.segmenter.health

.PHONY: bench-color
bench-color: $(READY) ## How right and how fast garments' colors are measured, on rendered garments
	@$(BIN)/python -m benchmarks.color

.PHONY: bench-trends
bench-trends: $(READY) ## Does trends find what rises, answer at once and count exactly at speed?
	@$(BIN)/python -m benchmarks.trends

.PHONY: bench-recommender
bench-recommender: $(READY) ## How fast the recommender answers, and how well for people with known tastes
	@$(BIN)/python -m benchmarks.recommender

.PHONY: bench-answers
bench-answers: $(READY) ## Is what the recommender shows and says true, for 35 kinds of person?
	@$(BIN)/python -m benchmarks.answers

.PHONY: events
events: $(READY) ## Write docs/events.md from the events that the code declares
	@$(BIN)/python docs/events.py

.PHONY: docs
docs: $(READY) ## Build the site: all documents, the contracts and the Python API, in .run/site
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict >.venv/docs.log 2>&1 || { cat .venv/docs.log >&2; exit 1; }
	@echo .run/site/index.html

.PHONY: clean
clean: ## Remove what runs and checks leave behind, but not .venv
	@rm -rf .run .run-* .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
