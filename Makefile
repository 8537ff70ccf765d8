# troth. `make demo` runs it, `make test` looks at all of it. Everything happens in .venv and .data of this folder.
PY ?= python3
PORT ?= 8000
DATA ?= .data
export PYTHONDONTWRITEBYTECODE :=
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test soak lint types bench docs pictures lock clean

# Packages come by hash; LOCK=no installs the newest releases that pyproject.toml allows; LOCK=local, without a network,
# the lock's versions from the folders that pip knows.
LOCK ?= yes
export LOCK
install = sh .ci/install $(BIN)/pip $(1) $(2)

$(VENV)/demo.stamp: pyproject.toml requirements.lock
	@sh .ci/venv $(VENV) $(PY)
	@echo "Installing troth (once) …"
	@$(call install,requirements.lock,demo)
	@$(BIN)/python -m compileall -q src
	@touch $@

$(VENV)/test.stamp: pyproject.toml requirements-test.lock
	@sh .ci/venv $(VENV) $(PY)
	@echo "Installing troth and what its tests need (once) …"
	@$(call install,requirements-test.lock,test)
	@touch $@ $(VENV)/demo.stamp

demo: $(VENV)/demo.stamp
	@exec $(BIN)/troth demo --data '$(DATA)' --port '$(PORT)' $(if $(filter 1,$(FRESH)),--fresh)

test: $(VENV)/test.stamp
	@sh .ci/needs
	$(BIN)/ruff check
	$(BIN)/lint-imports
	@sh .ci/tests $(BIN)/pytest $(BIN)/mypy

lint: $(VENV)/test.stamp
	$(BIN)/ruff check
	$(BIN)/lint-imports

types: $(VENV)/test.stamp
	$(BIN)/mypy

soak: $(VENV)/test.stamp
	$(BIN)/python bench/soak.py $(SOAK)

bench: $(VENV)/test.stamp
	@for one in bench/*.py; do case $$one in *soak.py|*endure.py|*one_door.py) ;; *) echo "== $$one"; $(BIN)/python $$one || exit 1;; esac; done

pictures: $(VENV)/test.stamp
	$(BIN)/python tests/browser/screenshots.py http://127.0.0.1:$(PORT) docs/pictures

docs: $(VENV)/test.stamp
	$(BIN)/pytest tests/house -q

lock: $(VENV)/test.stamp
	$(BIN)/python .ci/lock.py
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-test.lock
	$(BIN)/python .ci/sbom.py

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache build
