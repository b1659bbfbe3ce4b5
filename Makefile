# The commands of the README. Each one sets up what it needs on a fresh machine first, and takes no time over it when
# nothing is to be done. `make run PYTHON=/path/to/python3.12` chooses the Python.

VENV ?= .venv
PYTHON_IN_VENV = $(VENV)/bin/python
# What goes on behind the target: make run ARGS="--server.port 8502", make test ARGS="-k report", …
ARGS ?=

.PHONY: help run test check format bench clean
.DEFAULT_GOAL := help

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' $(MAKEFILE_LIST) | expand -t 16

run:  ## set up and open the app
	@sh scripts/setup.sh "$(VENV)" requirements.txt
	@"$(PYTHON_IN_VENV)" -m streamlit run app.py $(ARGS)

test:  ## all tests, those in the browser too
	@sh scripts/setup.sh "$(VENV)" requirements-dev.txt
	@# npm can wait minutes for its registry: what needs no browser is tested meanwhile, three at once, since many of these
	@# tests wait for a process of their own. A browser keeps a core busy by itself.
	@# Status 5: ARGS chooses tests of the other half only.
	@sh scripts/setup_browser_tests.sh "$(VENV)" & \
	"$(PYTHON_IN_VENV)" -m pytest -n 3 --dist loadfile --no-loadscope-reorder tests/core tests/app $(ARGS) || [ $$? -eq 5 ] || exit 1; \
	wait $$!
	@"$(PYTHON_IN_VENV)" -m pytest -n 2 --dist loadfile --no-loadscope-reorder \
		tests/e2e --ignore tests/e2e/test_quick.py $(ARGS) || [ $$? -eq 5 ]
	@# What is promised in seconds, by itself.
	@"$(PYTHON_IN_VENV)" -m pytest tests/e2e/test_quick.py $(ARGS) || [ $$? -eq 5 ]

check:  ## linter, formatting, types
	@sh scripts/setup.sh "$(VENV)" requirements-dev.txt
	"$(PYTHON_IN_VENV)" -m ruff check .
	"$(PYTHON_IN_VENV)" -m ruff format --check .
	"$(PYTHON_IN_VENV)" -m mypy

format:  ## put the code in its form
	@sh scripts/setup.sh "$(VENV)" requirements-dev.txt
	"$(PYTHON_IN_VENV)" -m ruff check --fix .
	"$(PYTHON_IN_VENV)" -m ruff format .

bench:  ## side by side with the plain Keras script
	@sh scripts/setup.sh "$(VENV)" requirements-dev.txt
	@"$(PYTHON_IN_VENV)" -m benchmarks.bench $(ARGS)

clean:  ## remove what make has set up (no runs, no data)
	rm -rf "$(VENV)" tests/e2e/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis screenshots
