# lastgood: "make help" lists what there is to do.
SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON      ?= python3
# A cache of its own: the one that checkouts share can remember findings in another's files.
LINT        := GOLANGCI_LINT_CACHE=$(CURDIR)/bin/lint go tool -modfile=.golangci.mod golangci-lint
# The cdk command line and the Node.js that package.json pins come before any others.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

.PHONY: help
help: ## list what there is to do
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' Makefile

.PHONY: drill
drill: setup build ## act out the main job on the local AWS; ARGS=--keep leaves it up to look around in
	bin/lastgood drill $(ARGS)

.PHONY: build
build: ## build the operator's command line, bin/lastgood
	go build -o bin/lastgood ./cmd/lastgood

.PHONY: test
test: setup ## run all tests, the end-to-end ones on the local AWS included
	.venv/bin/python -m unittest discover -s infra/local/emulator/tests
	go test -timeout 40m ./... # the drills alone take minutes

.PHONY: verify
verify: setup lint ## what CI checks besides the tests: lint, modules, and the concurrent parts under the race detector
	go mod tidy -diff
	go test -race ./infra/local/... ./cmd/lastgood/operator/...

.PHONY: lint
lint: ## check format and lint, changing nothing
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$unformatted" || { echo "not formatted, run make format: $$unformatted"; exit 1; }
	$(LINT) run --allow-parallel-runners ./...

.PHONY: format
format: ## format all Go code
	gofmt -w $$(git ls-files '*.go')

.PHONY: bench
bench: setup ## measure createimage against the boto3 recipe, and run the Go benchmarks
	go run ./infra/local/bench
	go test -run '^$$' -bench . -benchmem ./shared/event ./shared/recovery ./shared/pointer

.PHONY: fuzz
fuzz: ## fuzz everything that parses input, 20 seconds each
	@for package in $$(grep -rl --include='*_test.go' '^func Fuzz' shared | xargs -n1 dirname | sort -u); do \
		for target in $$(grep -rhoE '^func Fuzz[A-Za-z]+' $$package/*_test.go | cut -c6-); do \
			go test -run '^$$' -fuzz "^$$target$$" -fuzztime 20s ./$$package; \
		done; \
	done

.PHONY: golden
golden: setup ## write the golden files anew; read the difference before you commit it
	go test ./infra ./cmd/lastgood -update

.PHONY: synth
synth: setup ## write what a deployment would deploy into cdk.out
	cdk synth --quiet

.PHONY: vulnerabilities
vulnerabilities: ## look our modules up in the Go vulnerability database; needs the open network
	go run golang.org/x/vuln/cmd/govulncheck@v1.6.0 ./...

.PHONY: setup
setup: .venv/.ready node_modules/.ready ## fetch what the other targets need, once

# Everything of Python's comes from the pinned list of the local AWS.
.venv/.ready: infra/local/requirements.txt
	@echo "setting up .venv"
	@$(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check -r infra/local/requirements.txt
	@touch $@

node_modules/.ready: package.json package-lock.json .npmrc
	@echo "setting up node_modules"
	@npm ci --silent
	@touch $@

.PHONY: clean
clean: ## remove what the other targets made: .venv, node_modules, cdk.out, bin
	rm -rf .venv node_modules cdk.out bin
