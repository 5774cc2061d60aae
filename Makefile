# make demo     repair an example material and show the result     make test     every check that needs only Python
# make bench    the benchmark tables                               make browser  the reports in Chromium (apt: chromium)
# make clean    remove what these made                             make blender  the add-on inside Blender (bpy wheels)
# make addon    the add-on as build/svbrdf_inpaint-….zip           make window   the add-on in Blender's window (root, Debian)
# make corpus   the test images of other packages, read and filled
# Another interpreter: make test PYTHON=python3.12. Another place for the environment: make test VENV=/some/folder.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

# Both names: older pip hands PIP_CONSTRAINT to the build of this package, newer pip reads the second for that.
export PIP_CONSTRAINT := constraints.txt
export PIP_BUILD_CONSTRAINT := constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Hundreds of processes are started here: each would compile all that it imports anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test style types tests browser blender cycles addon window corpus environment blenders debians bench clean constraints
.DELETE_ON_ERROR:

demo: $(VENV)/.base
	$(BIN)/svbrdf demo

# As many tests at a time as there are cores to expect; a file's tests stay together, for they share services. Linear
# algebra stays on one core: two of its pools on two cores wait for each other more than they work.
LANES ?= 2
tests browser blender cycles window corpus: export OPENBLAS_NUM_THREADS := 1
tests browser blender cycles window corpus: export OMP_NUM_THREADS := 1
test: style types tests

style: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test
	$(BIN)/mypy $(wildcard svbrdf_core server blender_addon benchmarks examples tests)

tests: $(VENV)/.test
	$(BIN)/python -m pytest -n $(LANES) --dist loadfile --no-loadscope-reorder

# Only files that have such a test are read: to read all of them takes longer than some of these tests.
MARKED = $(BIN)/python -m pytest -m $1 $$(grep -rlF --include='*.py' mark.$1 tests)

browser: $(VENV)/.test
	$(call MARKED,browser)

# Blender's wheels pin their own numpy and are 370 MB each: each has an environment of its own, which the tests call.
# Those of Blender 5.1 and later need Python 3.13.
BPY := 4.2.23 4.5.15 5.0.1
PYTHON313 ?= $(firstword $(wildcard $(HOME)/.pyenv/versions/3.13*/bin/python) $(shell command -v python3.13))
BPY += $(if $(PYTHON313),5.2.3)
ENDS := $(firstword $(BPY)) $(lastword $(BPY))
BPY_HOME ?= $(VENV)-bpy
NEWEST := $(BPY_HOME)-5.0.1
KEPT := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/svbrdf-inpaint

blender: cycles $(BPY:%=blender-%)

cycles: $(VENV)/.test $(NEWEST)/.installed
	SVBRDF_BPY_PYTHON=$(abspath $(NEWEST))/bin/python $(call MARKED,blender)

$(BPY:%=blender-%): blender-%: $(VENV)/.test $(BPY_HOME)-%/.installed
	SVBRDF_PROGRAM=$(abspath $(BIN))/svbrdf $(BPY_HOME)-$*/bin/python -m pytest -c tests/blender/pytest.ini tests/blender \
		$(if $(filter $*,$(ENDS)),,-m 'not ends')

# Blender's own tool, which every wheel brings along, is asked of the zip in `make blender`.
addon:
	$(PYTHON) .ci/pack_addon.py build

window: $(VENV)/.test
	$(call MARKED,window)

# What other packages' tests try to break their readers with, for as long as is given.
CORPUS := pillow imagecodecs scikit-image imageio
CORPUS_SECONDS ?= 75

corpus: $(VENV)/.test
	.ci/test-images $(KEPT)/images $(BIN)/python $(CORPUS)
	$(BIN)/python -m benchmarks corpus $(KEPT)/images --seconds $(CORPUS_SECONDS)

# What these need, for a machine that would rather fetch it meanwhile.
environment: $(VENV)/.test
blenders: $(BPY:%=$(BPY_HOME)-%/.installed)
debians:
	for suite in trixie sid; do .ci/blender-root $$suite $(KEPT)/blender-$$suite || exit; done

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) $(BPY_HOME)-* build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis demo out benchmarks/out
	find svbrdf_core server blender_addon tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# Each stamp says that the environment holds these extras as the two files now ask for them.
$(VENV)/.base: EXTRAS :=
$(VENV)/.test: EXTRAS := [dev,server,networks,metrics,bench,ray,stores]
$(VENV)/.bench: EXTRAS := [torch,metrics,bench]
$(VENV)/.base $(VENV)/.test $(VENV)/.bench: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.$(EXTRAS)'
	touch $@

$(BPY_HOME)-%/.installed:
	$(if $(filter 5.2.%,$*),$(PYTHON313),$(PYTHON)) -m venv $(BPY_HOME)-$*
	PIP_CONSTRAINT= $(BPY_HOME)-$*/bin/python -m pip install --quiet bpy==$* pytest==$$(sed -n 's/^pytest==//p' constraints.txt)
	touch $@

# After a change of the requirements: take the newest versions and write them down. torch stays, for it is the one with
# builds to choose from: change its line by hand.
constraints:
	rm -rf build/fresh && $(PYTHON) -m venv build/fresh
	PIP_CONSTRAINT= PIP_BUILD_CONSTRAINT= build/fresh/bin/python -m pip install --quiet --upgrade setuptools '.[dev,server,networks,metrics,bench,ray,stores]' \
		$$(grep '^torch==' constraints.txt)
	sed -n '/^#/p' constraints.txt > build/constraints.txt
	build/fresh/bin/python -m pip freeze --all --exclude pip --exclude svbrdf-inpaint | sed 's/+.*//' >> build/constraints.txt
	cp build/constraints.txt constraints.txt
