# make demo: three data centres on this machine · make test: every check and test · make check: the inner loop
TOPOLOGY := topology/quanzhou.yaml
BIN := .venv/bin

# Images of containers often forbid compiled modules; without them every worker of the tests starts 6 s later.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo clouds bundle test check browser lint types unit city bench rto deaths docs clean install
.DEFAULT_GOAL := check

demo:
	@$(MAKE) --no-print-directory -j2 clouds bundle
	$(BIN)/govcloud deploy $(TOPOLOGY) --yes </dev/null

clouds: install
	$(BIN)/govcloud lab up $(TOPOLOGY) </dev/null

bundle: install
	$(BIN)/govcloud bundle $(TOPOLOGY) </dev/null

test: check browser
	$(BIN)/pytest -q -n 3 --dist loadfile -m "slow and not (lab or bench or city or pulumi_cli)" </dev/null
	$(BIN)/pytest --durations=12 -m "(lab or pulumi_cli) and not (bench or city)" </dev/null

check: install
	@$(MAKE) -s -j2 -O lint types unit

install:
	@./install.sh </dev/null

# The report's page is looked at in it; where there is no way to one, that test says so and is left out.
browser:
	-@tests/browser.sh </dev/null

lint:
	$(BIN)/ruff check -q
	$(BIN)/ruff format -q --check

types:
	$(BIN)/mypy

unit:
	$(BIN)/pytest -q -n auto --dist loadfile -m "not (lab or slow or pulumi_cli)" </dev/null

city: install
	$(BIN)/pytest -q -s -m city tests/lab/test_drills.py tests/lab/test_serve.py tests/lab/test_kill.py tests/lab/test_booting.py </dev/null

bench: install
	$(BIN)/pytest -q -s -m "not city" tests/bench tests/lab/test_600.py </dev/null

rto: install
	$(BIN)/pytest -q -s tests/bench/test_failover.py </dev/null

deaths: install
	$(BIN)/pytest -q -s tests/lab/test_controller_death.py </dev/null

docs: install
	$(BIN)/python -m topology.reference >docs/topology-language.md
	$(BIN)/python -m tests.docs.pages
	$(BIN)/python -m tests.docs.drills

clean:
	$(BIN)/govcloud lab down $(TOPOLOGY) </dev/null
