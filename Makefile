# lmebridge. `make` alone lists the targets. Each does its own set-up: scripts/setup makes .venv and gets R where it can.
# More arguments go in ARGS:  make test ARGS="-k hsb"   make verify ARGS=--json

BIN := .venv/bin
.PHONY: help setup verify test lint bench image docs gallery record fixtures
.NOTPARALLEL:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

setup: ## make .venv and get R, nlme and lme4, trying again whatever failed before
	@scripts/setup again

verify: ## fit the High School & Beyond models by R and by Python, and say whether they agree
	@scripts/setup
	@$(BIN)/crosscheck hsb $(ARGS)

test: ## run the tests, those with live R where R is (the slow ones too: ARGS='-m ""')
	@scripts/setup
	@$(BIN)/python -m pytest -q -m "not slow" $(ARGS)

lint: ## ruff, mypy (strict) and the walls between the packages
	@scripts/setup lint
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: ## measure the speed against the peers
	@scripts/setup
	@$(BIN)/python -m benchmarks $(ARGS)

image: ## build the image with R and Python (docker/Dockerfile) by docker or podman
	@scripts/image $(ARGS)

docs: ## execute every example of README.md and docs/
	@scripts/setup
	@$(BIN)/python -m pytest -q tests/test_docs.py $(ARGS)

gallery: ## draw the pictures of docs/gallery.md anew
	@scripts/setup
	@$(BIN)/python docs/gallery/make.py

record: ## ask R anew for the answers in fixtures/recorded/ (needs R)
	@scripts/setup
	@$(BIN)/python -m crosscheck.record $(ARGS)

fixtures: ## rebuild fixtures/hsb.csv and fixtures/book/data from nlme and hold them against their checksums (needs R)
	@scripts/setup
	@command -v Rscript >/dev/null || { echo "fixtures: R with nlme is needed" >&2; exit 1; }
	@Rscript --vanilla fixtures/build_hsb.R fixtures/hsb.csv
	@cd fixtures && sha256sum --check SHA256SUMS
	@Rscript --vanilla fixtures/book/build_data.R fixtures/book/data
	@cd fixtures/book/data && sha256sum --check --quiet SHA256SUMS
