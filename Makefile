# The desk's front panel. `make help` says what there is.
#
# Settings are given as `make run PORT=9000 DEMO=0`; make hands them on through the environment.

.DEFAULT_GOAL := help
.PHONY: help run test sms-e2e faults check format bench screenshots translations clean
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
LOCALE := zh_Hans_CN
TESTS_AT_ONCE ?= 2

help:
	@echo 'Use'
	@echo '  make run          the whole desk on this machine (PORT, HOST, DEMO, DEMO_PASSWORD, DATA_DIR,'
	@echo '                    DATABASE_URL, REDIS_URL, CHANNELS …: docs/configuration.md)'
	@echo 'Build'
	@echo '  make test         the tests; PYTEST_ARGS="tests/rules -q" narrows them'
	@echo '  make sms-e2e      messages through a real Kannel and a real SMPP centre (part of make test where Kannel is)'
	@echo '  make check        what must be green before a change goes in: format, lint, types, floors, tests'
	@echo '  make format       put the code in shape'
	@echo '  make translations collect new messages into translations/, ready to be translated'
	@echo '  make faults       kill and freeze everything at every moment; writes the table in docs/reliability.md'
	@echo 'Look'
	@echo '  make bench        measure the pages on a big database'
	@echo '  make screenshots  photograph every page, desktop and phone'
	@echo 'Tidy'
	@echo '  make clean        forget the virtual environment and the caches (the data in var/ stays)'

run: .venv/requirements.stamp
	@exec $(BIN)/python app.py

test: .venv/requirements-dev.stamp
	@$(BIN)/python -m pytest $(if $(findstring -n,$(PYTEST_ARGS)),,-n $(TESTS_AT_ONCE) --dist loadgroup) $(PYTEST_ARGS)

sms-e2e: .venv/requirements-dev.stamp
	@PATH="$$PATH:/usr/sbin"; command -v bearerbox >/dev/null && command -v smsbox >/dev/null \
	    || { echo 'There is no Kannel on this machine; on Debian and Ubuntu install kannel.' >&2; exit 1; }
	@REQUIRE_KANNEL=1 REQUIRE_REDIS=1 $(BIN)/python -m pytest tests/sms_e2e $(PYTEST_ARGS)

faults: .venv/requirements-dev.stamp
	$(BIN)/python -m tests.faults

check: .venv/requirements-dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(MAKE) test

format: .venv/requirements-dev.stamp
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

bench: .venv/requirements-dev.stamp
	@test -f bench/__main__.py || { echo 'There is no benchmark yet (bench/__main__.py).'; exit 1; }
	$(BIN)/python -m bench $(BENCH_ARGS)

screenshots: .venv/requirements-dev.stamp
	@test -f docs/screenshots.py || { echo 'There is no photographer yet (docs/screenshots.py).'; exit 1; }
	$(BIN)/python docs/screenshots.py

translations: .venv/requirements-dev.stamp
	@mkdir -p .venv/translations translations
	$(BIN)/pybabel -q extract -F babel.cfg -k N_ -k _l -k lazy_gettext -k lazy_ngettext:1,2 --no-location \
	    --sort-output -w 120 --project anxinqiao -o .venv/translations/messages.pot .
	@test -f translations/$(LOCALE)/LC_MESSAGES/messages.po \
	    || $(BIN)/pybabel -q init -i .venv/translations/messages.pot -d translations -l $(LOCALE)
	$(BIN)/pybabel -q update -i .venv/translations/messages.pot -d translations -l $(LOCALE) \
	    --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date -w 120

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the virtual environment ------------------------------------------------------------------------------------

.venv/requirements.stamp: requirements.txt | .venv/bin/python
	@echo 'Installing what the desk needs …'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt \
	    || { echo 'The requirements could not be installed; the lines above say why.' >&2; exit 1; }
	@touch $@

.venv/requirements-dev.stamp: requirements-dev.txt requirements.txt | .venv/bin/python
	@echo 'Installing the workshop …'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt \
	    || { echo 'The requirements could not be installed; the lines above say why.' >&2; exit 1; }
	@touch .venv/requirements.stamp $@

# The first interpreter that really runs and has the right version; a name on PATH proves nothing.
.venv/bin/python:
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	    if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then \
	        echo "Making .venv with $$($$python --version) …"; \
	        $$python -m venv .venv && exit 0; \
	        rm -rf .venv; \
	        echo 'The virtual environment could not be made; on Debian and Ubuntu install python3-venv.' >&2; \
	        exit 1; \
	    fi; \
	done; \
	echo 'The desk needs Python 3.11, 3.12 or 3.13, and none was found; name one with make PYTHON=/path/to/python.' >&2; \
	exit 1
