# make demo     repair an example material and show the result     make test     every check that needs only Python
# make bench    the benchmark tables                               make browser  the reports in Chromium (apt: chromium)
# make clean    remove what these made                             make blender  our renders against Cycles' (bpy wheel)
# Another interpreter: make test PYTHON=python3.12. Another place for the environment: make test VENV=/some/folder.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

# Both names: older pip hands PIP_CONSTRAINT to the build of this package, newer pip reads the second for that.
export PIP_CONSTRAINT := constraints.txt
export PIP_BUILD_CONSTRAINT := constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test browser blender bench clean constraints
.DELETE_ON_ERROR:

demo: $(VENV)/.base
	$(BIN)/svbrdf demo

test: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(wildcard svbrdf_core server benchmarks examples tests)
	$(BIN)/python -m pytest

browser: $(VENV)/.test
	$(BIN)/python -m pytest -m browser

# Blender's wheel pins its own numpy and is 370 MB: it has an environment of its own, which the tests call.
blender: $(VENV)/.test $(VENV)-bpy/.installed
	SVBRDF_BPY_PYTHON=$(abspath $(VENV))-bpy/bin/python $(BIN)/python -m pytest -m blender

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) $(VENV)-bpy build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis demo out benchmarks/out
	find svbrdf_core server tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# Each stamp says that the environment holds these extras as the two files now ask for them.
$(VENV)/.base: EXTRAS :=
$(VENV)/.test: EXTRAS := [dev,server,torch,metrics,bench]
$(VENV)/.bench: EXTRAS := [torch,metrics,bench]
$(VENV)/.base $(VENV)/.test $(VENV)/.bench: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.$(EXTRAS)'
	touch $@

$(VENV)-bpy/.installed:
	$(PYTHON) -m venv $(VENV)-bpy
	PIP_CONSTRAINT= $(VENV)-bpy/bin/python -m pip install --quiet bpy==5.0.1
	touch $@

# After a change of the requirements: take the newest versions and write them down. torch stays, for it is the one with
# builds to choose from: change its line by hand.
constraints:
	rm -rf build/fresh && $(PYTHON) -m venv build/fresh
	PIP_CONSTRAINT= PIP_BUILD_CONSTRAINT= build/fresh/bin/python -m pip install --quiet --upgrade setuptools '.[dev,server,torch,metrics,bench]' \
		$$(grep '^torch==' constraints.txt)
	sed -n '/^#/p' constraints.txt > build/constraints.txt
	build/fresh/bin/python -m pip freeze --all --exclude pip --exclude svbrdf-inpaint | sed 's/+.*//' >> build/constraints.txt
	cp build/constraints.txt constraints.txt
