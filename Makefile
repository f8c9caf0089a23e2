# What can be done here. Python 3.11, make and git are all that has to be there; the rest is installed into .venv.
PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadgroup
# What is emitted waits a lot, for processes and for time to pass: one more than there are cores, the longest first.
EMITTED := $(BIN)/python -m pytest -n 3 --dist loadgroup --no-loadscope-reorder
READY := .venv/.ready

# The one emitted repository that `make test` sets up and tests; the others take longer.
ONE := [monolith-fastapi-sqlite-jwt-shop]

# Read by scripts/demo.py and scripts/render.py: where to, which answers, which sample; by scripts/matrix.py: which rows.
export DEST DATA SAMPLE ROWS

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-renders check docs render pin bench conformance test-emitted test-nightly matrix test-all clean

help: ## Show what can be done
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do printf '%-22s %s\n' "$$name" "$$text"; done

setup: $(READY) ## Install the tools into .venv

demo: $(READY) ## Render a shop, test it, run it and talk to it [DEST=build/shop] [DATA="database=postgresql"]
	@$(BIN)/python scripts/demo.py

test: test-renders ## Test all that fits into ten minutes: questions, domain, renders, updates, one emitted repository
	$(PYTEST) -m emitted -k "$(ONE)" tests/emitted/test_emitted.py

test-renders: $(READY) ## Test all but what is set up
	$(PYTEST) -m "not emitted" tests

check: $(READY) ## Check layout, lint and types of the template's own code
	$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy

docs: $(READY) ## Write docs/reference from the questions and the catalogue
	$(BIN)/python scripts/reference.py

render: $(READY) ## Render a sample into build/SAMPLE [SAMPLE=shop] [DEST=…] [DATA="…"]
	@$(BIN)/python scripts/render.py

bench: build/bench/.ready ## Measure rendering and the emitted service (Linux, wrk, PostgreSQL)
	for program in render/run service/run service/relay service/gateway service/rates service/protections; do build/bench/bin/python benchmarks/$$program.py || exit 1; done

conformance: $(READY) ## Hold a running backend to the contract: BASE_URL=… DOMAIN=… ADMIN="make -C … admin" [AUTH=jwt] [TOKEN=…] [ARGS=…]
	@CONFORMANCE_BASE_URL="$(BASE_URL)" CONFORMANCE_DOMAIN="$(DOMAIN)" CONFORMANCE_AUTH="$(AUTH)" CONFORMANCE_ADMIN_COMMAND="$(ADMIN)" CONFORMANCE_TOKEN_COMMAND="$(TOKEN)" $(BIN)/python -m pytest $(ARGS) tests/conformance

test-emitted: $(READY) ## Set up, check, migrate, test, boot and hold to the contract what stands for every combination
	$(EMITTED) -m "emitted and not nightly" $(ARGS) tests/emitted

test-nightly: $(READY) ## The same for every architecture on every framework with every authentication (hours)
	EMITTED_ROWS=nightly $(EMITTED) -m emitted $(ARGS) tests/emitted

matrix: $(READY) ## Try every combination in full and write docs/reference/matrix.md [ROWS="*-flask-* …"]
	@$(BIN)/python scripts/matrix.py

test-all: test-renders ## Run every test there is
	$(EMITTED) -m emitted tests/emitted

clean: ## Remove what was installed and rendered here
	rm -rf .venv build

pin: $(READY) ## Write tests/constraints.txt anew: the newest tools that pyproject.toml allows
	mkdir -p build && { echo "# The tools of the template repository, pinned with their hashes. Written by \`make pin\` from pyproject.toml."; $(BIN)/uv pip compile --quiet --group dev --universal --python-version 3.11 --generate-hashes --no-header --upgrade pyproject.toml; } > build/constraints.txt && mv build/constraints.txt tests/constraints.txt

$(READY): tests/constraints.txt
	$(PYTHON) -m venv .venv && $(BIN)/python -m pip install --quiet --disable-pip-version-check uv && $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r tests/constraints.txt && touch $(READY)

build/bench/.ready: benchmarks/requirements.txt
	$(PYTHON) -m venv build/bench && build/bench/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt && touch build/bench/.ready
