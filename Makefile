# Copyright (c) 2026, The EduIDE Cloud collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The commands of this project. Each makes the environments it needs first (tests/tools/setup_env.py); what they
# install is pinned in requirements/.

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

# Any Python 3 can make the environments; the tools run in the ones it makes.
BOOTSTRAP := $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$python" -c "" 2>/dev/null && { echo "$$python"; break; }; done)
PY := "$(CURDIR)/.venv/newest/bin/python"

# The import root: build/tree/ansible_collections/eduide/theia is this checkout, wherever it lies.
TREE := $(CURDIR)/build/tree
export ANSIBLE_COLLECTIONS_PATH := $(TREE)
export PYTHONPATH := $(TREE):$(CURDIR)/tests
# So that the tools, and the companions they call (ansible-playbook, ansible-doc), are those of the environment.
export PATH := $(CURDIR)/.venv/newest/bin:$(PATH)

PYTEST_ARGS ?=
READY_SCALE ?=
SESSIONS ?=
TAKE ?=
PROFILE ?=
ROUNDS ?=
SEED ?= 7

.PHONY: help
help: ## Show the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.PHONY: env
env: ## Make the virtual environments and the import path
	@[ -n "$(BOOTSTRAP)" ] || { echo "No Python 3 on PATH; a Python between 3.11 and 3.14 is needed." >&2; exit 1; }
	@"$(BOOTSTRAP)" tests/tools/setup_env.py

# --- the main job, and a lab to play with

.PHONY: demo
demo: env ## Play one exam night on a local control plane; reports in build/demo/
	@$(PY) -m lab.demo

.PHONY: lab
lab: env ## Start a lab in the background; build/lab/env is a file to source
	@$(PY) -m lab up --detach $(if $(READY_SCALE),--ready-scale $(READY_SCALE))

.PHONY: lab-down
lab-down: env ## Stop that lab
	@$(PY) -m lab down

.PHONY: seed
seed: env ## Put students into that lab (SESSIONS=300 SEED=7)
	@$(PY) -m lab seed --sessions $(or $(SESSIONS),300) --seed $(SEED)

.PHONY: bench
bench: env ## Measure; results in build/bench/ (SESSIONS="1000 10000" ROUNDS=5 SEED=7 TAKE="status scale" PROFILE=1)
	@$(PY) -m bench $(if $(SESSIONS),--sessions $(SESSIONS)) $(if $(ROUNDS),--rounds $(ROUNDS)) --seed $(SEED) \
		$(if $(TAKE),--take $(TAKE)) $(if $(PROFILE),--profile)

.PHONY: figures
figures: env ## Print how the library is built: sizes, imports, circles, files touched by a change
	@$(PY) -m tools.figures

# --- checks

# Core and product; the part about the lab is chosen by tests/tools/lab_circle.py.
PARTS := lint docs sanity unit integration molecule

.PHONY: test
test: env ## Everything CI runs: core, product, the contract, and the lab's own tests if the lab has changed
	@$(PY) -m tools.run_parts --lab changed $(PARTS)

.PHONY: test-all
test-all: env ## The same, and the lab's own tests in any case
	@$(PY) -m tools.run_parts --lab always $(PARTS)

.PHONY: lint
lint: lint-ruff lint-format lint-types lint-layers lint-yaml lint-ansible lint-files ## Style, types, layers, YAML, Ansible, licences

.PHONY: lint-ruff
lint-ruff: env
	ruff check

.PHONY: lint-format
lint-format: env
	ruff format --check

.PHONY: lint-types
lint-types: env
	mypy

.PHONY: lint-layers
lint-layers: env
	lint-imports --no-cache --no-logo

.PHONY: lint-yaml
lint-yaml: env
	yamllint --strict .

.PHONY: lint-ansible
lint-ansible: env
	cd "$$($(PY) -m tools.checkout lint)" && ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/build/copy/lint:$$($(PY) -m tools.awx_collection)" ansible-lint --offline --strict

.PHONY: lint-files
lint-files: env
	$(PY) -m pytest -q --junitxml=build/reports/lint/files.xml tests/unit/test_files.py

.PHONY: docs
docs: docs-collection docs-site docs-changelog docs-consistency ## Documentation, changelog, and that both fit the code

.PHONY: docs-collection
docs-collection: env
	cd "$$($(PY) -m tools.checkout docs)" && antsibull-docs --config-file "$(CURDIR)/tests/tools/antsibull.cfg" lint-collection-docs --plugin-docs --validate-collection-refs=self .

.PHONY: docs-site
docs-site: env ## The documentation as pages, in build/docsite/html
	$(PY) -m tools.build_docsite

.PHONY: docs-changelog
docs-changelog: env
	antsibull-changelog lint

.PHONY: docs-consistency
docs-consistency: env
	$(PY) -m pytest -q --junitxml=build/reports/docs/documents.xml tests/unit/test_documents.py

.PHONY: sanity
sanity: env ## ansible-test sanity on a copy of the checkout
	$(PY) -m tools.run_sanity

.PHONY: unit
unit: env ## Unit tests, on every Python there is
	$(PY) -m tools.run_pytest unit $(PYTEST_ARGS)

.PHONY: releases-proof
releases-proof: env ## Changes that meet the end of sessions, 30 rounds with ours and 30 with kubectl (ROUNDS=30)
	EDUIDE_RELEASE_ROUNDS=$(or $(ROUNDS),30) $(PY) -m pytest -s tests/integration/capacity/test_releases.py $(PYTEST_ARGS)

.PHONY: lockout-proof
lockout-proof: env ## Changes while 40 students are in, with ours and with a plain patch, on both operators (STUDENTS=40)
	EDUIDE_STUDENTS=$(or $(STUDENTS),40) $(PY) -m pytest -s tests/integration/capacity/test_lockout.py $(PYTEST_ARGS)

.PHONY: races-proof
races-proof: env ## Two runs at once on the lab, 50 pairs (`make integration` has three)
	EDUIDE_PAIRS=50 $(PY) -m pytest -q -s tests/integration/capacity/test_pairs.py

.PHONY: interruptions-proof
interruptions-proof: env ## Each signal in each phase of a run, and what is left of it (`make integration` has some)
	INTERRUPTIONS=all $(PY) -m pytest -q -s tests/integration/exams/test_interrupted_phases.py

.PHONY: rehearsal-proof
rehearsal-proof: env ## A rehearsal with many students, and nothing that is left of it (STUDENTS=300)
	EDUIDE_STUDENTS=$(or $(STUDENTS),300) $(PY) -m pytest -q -s tests/integration/exams/test_rehearsal.py

.PHONY: integration
integration: env ## Tests of the collection on the lab; those marked "both" on every Python there is
	$(PY) -m tools.run_pytest integration $(PYTEST_ARGS)

.PHONY: corpus-proof
corpus-proof: env ## What is found of more than a thousand sessions in trouble (`make integration` has an eighth of them)
	@CORPUS=whole $(PY) -m pytest -q -s tests/integration/sessions/test_corpus.py

.PHONY: verdict-proof
verdict-proof: env ## Hold 300 verdicts against what really starts on the lab (`make test` does with 20)
	@VERDICT_PROOF=all $(PY) -m pytest -q -s tests/integration/capacity/test_verdict_proof.py

.PHONY: access
access: env ## Hold the list of rights against what playbooks do on the lab, and take each away (LEFT=1: those not shown)
	@$(PY) -m integration.access.record $(if $(LEFT),--left)

.PHONY: contract
contract: env ## Tests that hold the lab's stand-ins to the contract
	$(PY) -m tools.run_pytest contract $(PYTEST_ARGS)

.PHONY: lab-tests
lab-tests: env ## All tests of the lab itself; if they pass, tests/lab-passed.txt says so
	$(PY) -m tools.run_pytest lab-tests $(PYTEST_ARGS)

.PHONY: molecule
molecule: env ## Molecule scenarios on two labs, or on the installation of LAB_INVENTORY
	$(PY) -m tools.run_molecule

.PHONY: attack
attack: env ## Answers, options and secrets of any shape, and two runs at once, far more than make test tries
	ATTACK=1 $(PY) -m pytest -q -s -p no:logging tests/unit/attack tests/unit/plugins/modules/test_two_convergences.py

.PHONY: mutants
mutants: env ## Change the files that decide, a place at a time, and see whether a test notices (SAMPLE=300 SEED=7 JOBS=2)
	@nice -n 15 $(PY) -m tools.mutants --sample $(or $(SAMPLE),300) --seed $(SEED) --jobs $(or $(JOBS),2)

# --- the artifact

.PHONY: build
build: env ## Build the collection artifact, and check what is in it
	$(PY) -m tools.build_artifact

.PHONY: clean
clean: ## Remove everything that was made here, but not the environments
	rm -rf build .mypy_cache .pytest_cache .ruff_cache .hypothesis .ansible
