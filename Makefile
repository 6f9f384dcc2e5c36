# make run [LOCAL=1] [ARGS="--port 8080"]    serve; LOCAL=1 adds the engine for GGUF models
# make test [ARGS="-k title"]                lint, check types, run every test; npm brings TypeScript for the page's scripts
# make test-fast                             the same without what needs a browser, PostgreSQL or a program of its own
# make bench [QUICK=1]                       measure; see bench/README.md
# make messages                              bring the catalogues of client/locales in step with the words of the page
# make icons                                 draw the icons that are pixels from icon.svg; needs Chromium
# make screenshots                           take the pictures of the README; needs Chromium
# PYTHON=python3.12 chooses the interpreter the first time.

PYTHON ?= python3
VENV := .venv
IN_VENV := $(VENV)/bin/python
INSTALL := $(IN_VENV) -m pip install --quiet --disable-pip-version-check

.PHONY: run test test-fast lint page-types bench messages icons screenshots

run: $(VENV)/.run $(if $(LOCAL),$(VENV)/.local)
	@exec $(IN_VENV) run.py $(ARGS)

# With ARGS one process runs what they choose.
test: lint
	$(IN_VENV) -m $(if $(ARGS),pytest -q -rs $(ARGS),tests.tools.side_by_side)
	$(IN_VENV) -m bench.kills --rounds 10

test-fast: lint
	$(IN_VENV) -m tests.tools.side_by_side --fast

lint: $(VENV)/.dev
	$(IN_VENV) -m ruff check .
	$(IN_VENV) -m ruff format --check .
	$(IN_VENV) -m mypy
	@$(MAKE) --silent page-types

# Types of the page's scripts. The page has no build step, so nothing of this is shipped.
page-types:
	@if command -v npm >/dev/null; then \
	  $(MAKE) --silent node_modules/.installed && \
	  echo node_modules/.bin/tsc && node_modules/.bin/tsc; \
	else \
	  echo "The types of the page's scripts were not checked, because npm is missing: apt install npm" >&2; \
	  test -z "$$CHAT_TEST_NO_SKIP"; \
	fi

bench: $(VENV)/.dev
	$(IN_VENV) -m bench $(if $(QUICK),--quick) $(ARGS)

messages: $(VENV)/.dev
	$(IN_VENV) -m tests.tools.catalogues

icons: $(VENV)/.dev
	$(IN_VENV) -m tests.tools.icons

screenshots: $(VENV)/.dev
	$(IN_VENV) -m docs.screenshots $(ARGS)

# A stamp is as new as the last installation that went well.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	@$(PYTHON) -m venv $(VENV) || { echo "On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@touch $@

$(VENV)/.run: requirements.txt | $(VENV)/.made
	@echo "Installing what requirements.txt names into $(VENV) ..." >&2
	@$(INSTALL) -r $<
	@touch $@

$(VENV)/.local: requirements-local.txt | $(VENV)/.made
	@echo "Installing the local engine ..." >&2
	@$(INSTALL) -r $<
	@touch $@

$(VENV)/.dev: requirements-dev.txt requirements.txt requirements-local.txt requirements-oidc.txt requirements-postgres.txt requirements-redis.txt | $(VENV)/.made
	@echo "Installing what the tests need ..." >&2
	@$(INSTALL) -r $<
	@touch $@

node_modules/.installed: package.json package-lock.json
	@echo "Installing TypeScript into node_modules ..." >&2
	@npm ci --no-audit --no-fund --silent
	@touch $@
