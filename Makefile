# Everything starts here, on a machine that has only Python 3.11 or newer with venv and pip.
# Each target brings what it needs, once; a changed lock, pyproject.toml or Makefile brings it again.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV := .venv
BENCH_VENV := .venv-bench

# The partial plotly build, fetched when npm is there; without it the page uses the one that dash ships.
# The version is the plotly.js that the locked plotly carries; a test holds the two together.
PLOTLY_BUNDLE := plotly.js-basic-dist-min@4.1.1

# What `make bench` measures the analytics against, in the same process; other dashboards it installs apart.
PEERS := quantstats==0.0.86 ffn==1.4.1 empyrical-reloaded==0.7.1

KEY := $(shell { pwd; cat requirements.lock pyproject.toml Makefile; } | cksum | cut -d' ' -f1)
RUN := $(VENV)/.run-$(KEY)
DEV := $(VENV)/.dev-$(KEY)
BENCH := $(BENCH_VENV)/.bench-$(KEY)

# The first Python that is new enough; a shim that cannot start does not count.
FIND_PYTHON = for p in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo "$$p"; break; }; done

.PHONY: help run test bench soak lint format standin lock bundle chromium clean

help: ## what there is
	@echo "Aftershock"; echo
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-16s %s\n", $$1, $$2 }'

run: $(RUN) ## the dashboard on http://127.0.0.1:8050; ARGS="…" goes to the command
	@exec $(VENV)/bin/aftershock $(ARGS)

test: $(DEV) chromium ## lint, types, import rules and every test; PYTEST="-k …" narrows it
	@$(VENV)/bin/python -m pytest -m "" -n 2 --dist loadscope $(PYTEST)

bench: $(BENCH) chromium ## the measurements beside their peers; CASES="…" names some of them
	@$(BENCH_VENV)/bin/python -m tests.bench $(CASES)

soak: $(DEV) chromium ## the long proofs under faults, goal beside what was reached; CASES="…" names some, SHARE=0.1 shortens
	@$(VENV)/bin/python -W ignore -m tests.soak $(CASES) $(if $(SHARE),--share $(SHARE))

lint: $(DEV) ## ruff, mypy and the import rules alone
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports

format: $(DEV) ## let ruff put the code in order
	@$(VENV)/bin/ruff check --fix .
	@$(VENV)/bin/ruff format .

standin: $(RUN) ## serve a folder of CSVs as Yahoo would: PRICES=folder [NOW=instant] [PORT=n] [FAULTS=file]
	@[ -n "$(PRICES)" ] || { echo "Name the folder of prices: make standin PRICES=folder" >&2; exit 2; }
	@exec $(VENV)/bin/python -m tests.standin --prices "$(PRICES)" $(if $(PORT),--port $(PORT)) \
		$(if $(NOW),--now "$(NOW)") $(if $(FAULTS),--faults "$(FAULTS)")

lock: ## resolve requirements.lock again; UPGRADE=1 takes newer versions
	@$(call environment,$(VENV))
	@$(call uv,$(VENV)) && $$uv pip compile -q --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-header --no-annotate $(if $(UPGRADE),--upgrade) \
		--group dev pyproject.toml -o requirements.lock

clean: ## remove the environments and caches, never the data
	@rm -rf $(VENV) $(BENCH_VENV) dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(RUN):
	@$(call environment,$(VENV))
	@$(call install,$(VENV),-r pyproject.toml)
	@$(bundle)
	@rm -f $(VENV)/.run-*; touch $@

$(DEV): $(RUN)
	@$(call install,$(VENV),-r pyproject.toml --group dev)
	@rm -f $(VENV)/.dev-*; touch $@

$(BENCH): $(RUN)
	@$(call environment,$(BENCH_VENV))
	@$(call install,$(BENCH_VENV),-r pyproject.toml --group dev)
	@# empyrical holds back peewee, which only its downloads need; the measured parts do not.
	@$(call uv,$(BENCH_VENV)) && echo peewee >$(BENCH_VENV)/overrides && $$uv pip install -q --compile-bytecode \
		--python $(BENCH_VENV)/bin/python -c requirements.lock --overrides $(BENCH_VENV)/overrides $(PEERS)
	@# The product is measured as it runs: with the same plotly build.
	@[ ! -d $(VENV)/share/aftershock ] || { mkdir -p $(BENCH_VENV)/share && cp -R $(VENV)/share/aftershock $(BENCH_VENV)/share/; }
	@rm -f $(BENCH_VENV)/.bench-*; touch $@

bundle: $(RUN) ## fetch the partial plotly build again
	@$(bundle)

chromium: $(DEV)
	@$(find_chromium) && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
		echo "Installing Chromium for the browser tests"; \
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } >/dev/null 2>&1 \
			|| $(VENV)/bin/playwright install --with-deps chromium || true; \
	else \
		echo "Fetching Chromium for the browser tests"; $(VENV)/bin/playwright install chromium || true; \
	fi; \
	$(find_chromium) || { echo "No Chromium: install Chrome or Chromium, or run: $(VENV)/bin/playwright install chromium" >&2; exit 2; }

# A usable environment, made anew when its Python is gone or too old.
define environment
if ! $(1)/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	python=$$($(FIND_PYTHON)); \
	[ -n "$$python" ] || { echo "Aftershock needs Python 3.11 or newer; install it, or name it: make run PYTHON=…" >&2; exit 2; }; \
	echo "Creating $(1)"; \
	"$$python" -m venv --clear $(1) || { echo "Python's venv is missing; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 2; }; \
fi
endef

# Sets $$uv: the one on the PATH that starts, else the locked one, installed by pip with its hashes.
define uv
if uv --version >/dev/null 2>&1; then uv=uv; else uv=$(1)/bin/uv; \
	[ -x $$uv ] || { sed -n '/^uv==/,/[^\\]$$/p' requirements.lock >$(1)/uv.lock && \
		$(1)/bin/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r $(1)/uv.lock; }; \
fi
endef

# The locked versions with their hashes, then the project itself. pip does it where uv cannot
# (a mirror that only pip is set up for); it takes the whole lock and a little longer.
define install
echo "Installing the locked packages into $(1)"; \
{ $(call uv,$(1)) && \
	$$uv pip install -q --compile-bytecode --python $(1)/bin/python --require-hashes -c requirements.lock $(2) && \
	$$uv pip install -q --python $(1)/bin/python --no-deps -b requirements.lock -e .; } || \
{ echo "uv could not; trying pip" >&2 && \
	$(1)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock && \
	$(1)/bin/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .; }
endef

define bundle
{ command -v npm && d=$(VENV)/share/aftershock && rm -rf $$d && mkdir -p $$d && cd $$d && \
	$$(command -v timeout >/dev/null && echo timeout 20) \
		npm pack --silent --fetch-retries=0 --fetch-timeout=15000 $(PLOTLY_BUNDLE) && \
	tar -xzf plotly*.tgz && mv package/plotly*.min.js plotly.min.js && mv package/LICENSE . && \
	rm -rf package plotly*.tgz; } </dev/null >/dev/null 2>&1 || true
endef

define find_chromium
{ for c in chromium chromium-browser google-chrome google-chrome-stable chrome; do \
	command -v $$c && break; done | grep -q . || \
	$(VENV)/bin/python -c 'import os, sys; from playwright.sync_api import sync_playwright as p; \
w = p().start(); there = os.path.exists(w.chromium.executable_path); w.stop(); sys.exit(not there)' 2>/dev/null; }
endef
