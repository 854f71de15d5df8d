# Each target sets itself up and is safe to run again.

PYTHON_IN_VENV := .venv/bin/python
PINS := pyproject.toml constraints.txt scripts/make-venv

.PHONY: help demo test test-vm lint bench docs format clean

help:
	@echo "make demo    the main job on the embedded emulator, in one screen"
	@echo "make test    all tests"
	@echo "make test-vm tests with real virtual machines (Linux, root)"
	@echo "make lint    style and types"
	@echo "make format  rewrite the code in the project's style"
	@echo "make bench   speed, as ratios within one run"
	@echo "make docs    build the documentation into site/"
	@echo "make clean   remove what the other targets made"

.venv/.run: $(PINS)
	@scripts/make-venv run

.venv/.dev: $(PINS)
	@scripts/make-venv dev

.venv/.docs: $(PINS)
	@scripts/make-venv docs

demo: .venv/.run
	@$(PYTHON_IN_VENV) examples/demo.py

test: .venv/.dev
	@$(PYTHON_IN_VENV) -m pytest -n auto --dist loadfile $(ARGS)

# Two guests at a time: more make each other slow.
test-vm: .venv/.dev
	@scripts/prepare-vm
	@$(PYTHON_IN_VENV) -m pytest -m "vm or tools" -n 2 --dist loadfile --durations=10 \
		tests/vm tests/emulator/test_hypervisors.py tests/transfers/test_upload.py $(ARGS)

lint: .venv/.dev
	@$(PYTHON_IN_VENV) -m ruff check .
	@$(PYTHON_IN_VENV) -m ruff format --check .
	@$(PYTHON_IN_VENV) -m mypy
	@$(PYTHON_IN_VENV) -m pyright

format: .venv/.dev
	@$(PYTHON_IN_VENV) -m ruff check --fix-only .
	@$(PYTHON_IN_VENV) -m ruff format .

bench: .venv/.dev
	@$(PYTHON_IN_VENV) benchmarks/run.py

docs: .venv/.docs
	@NO_MKDOCS_2_WARNING=1 $(PYTHON_IN_VENV) -m mkdocs build --strict

clean:
	rm -rf .venv .tools site dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
