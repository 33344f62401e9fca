PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check setup bench clean

demo: $(VENV)/.base
	$(BIN)/python run_stream.py demo

test: $(VENV)/.development
	$(BIN)/python -m pytest $(TESTS)

check: $(VENV)/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.development
	$(BIN)/python -m benchmarks all

setup: $(VENV)/.development

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "StreamStyle needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.base: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --editable .
	touch $@

$(VENV)/.development: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/pip install --quiet torch torchvision
	$(BIN)/pip install --quiet --editable '.[onnx,train,virtual]' --group dev
	touch $@ $(VENV)/.base

clean:
	rm -rf $(VENV) build dist demo.mp4 demo.png
