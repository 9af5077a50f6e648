# Two commands on a fresh machine with Python 3.11+: make demo, make test.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
JUDGES := .venv-judges/.ready

.PHONY: demo test soak check fix bench eval lock clean

demo: $(READY)
	@rm -rf .demo
	@$(BIN)/python -m tests.fakesite -- $(BIN)/scrapy crawl tribun -s ARCHIVE_URI=.demo -s DOWNLOAD_DELAY=0 -s CONTACT=demo
	@$(BIN)/python -m tests.fakesite.look .demo
	@$(BIN)/scrapy dataset demo -s ARCHIVE_URI=.demo
	@$(BIN)/scrapy verify --dataset demo -s ARCHIVE_URI=.demo

# With bytecode, whatever the shell says: hundreds of processes import the project.
test: $(READY) $(JUDGES)
	PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n auto --dist worksteal

# Two hundred kills of one crawl, forty crawls into a bucket on a network that fails, and a backfill of 10,000 articles
# that is killed; docs/soak.md has the record.
soak: $(READY)
	$(BIN)/python -m tests.soak 200
	$(BIN)/python -m tests.soak_bucket 40
	$(BIN)/python -m tests.soak_backfill

check: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(READY)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(READY)
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.upload
	$(BIN)/python -m benchmarks.catalog
	$(BIN)/python -m benchmarks.rebuild
	$(BIN)/python -m benchmarks.near
	$(BIN)/python -m benchmarks.dataset

# The text beside that of other extractors; with ARSIP_CORPUS on real pages too.
eval: $(READY)
	$(BIN)/python -m benchmarks.quality

# Plain pins with hashes for every Python from 3.11 on, and no address of an index.
COMPILE := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet

lock: $(READY)
	$(BIN)/pip install --quiet 'uv>=0.5,<1'
	$(COMPILE) pyproject.toml --group dev --output-file requirements.lock
	$(COMPILE) --group judges --output-file requirements-judges.lock
	$(COMPILE) pyproject.toml --group build --constraint requirements.lock --output-file requirements-run.lock

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# pywb and py-wacz, which judge what we write: see the group `judges` in pyproject.toml.
$(JUDGES): requirements-judges.lock
	$(PYTHON) -m venv .venv-judges
	@echo '*' > .venv-judges/.gitignore
	.venv-judges/bin/pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement $<
	@touch $@

clean:
	rm -rf .venv .venv-judges .demo
