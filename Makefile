# Perdura. `make` or `make help` lists the targets.
SHELL      := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS  += --no-print-directory
.DEFAULT_GOAL := help

# A checkout may belong to another user, whose repository Git does not read: nothing is stamped from it.
export GOFLAGS := $(filter-out -buildvcs=%,$(GOFLAGS)) -buildvcs=false
GO      := go
# One set of flags for build, vet and test: Temporal is compiled once, not once for each.
BUILD   := $(GO) build
# Two packages at once: tests bring databases and servers of their own.
P       ?= 2
TEST    := $(GO) test -p $(P)
VERSION ?=
LDFLAGS := $(if $(VERSION),-ldflags "-X github.com/perdura/perdura/app.Version=$(VERSION)")
MODULES := . standalone examples/own-binary tools bench/rivals
BIN     := $(CURDIR)/bin
DIR     ?=
NAME    ?=
KILLS   ?= 10
SEED    ?= 1
FOR     ?= 2m
ROUNDS  ?= 3
ONLY    ?=
SIZES   ?= 1000,10000,100000
say      = @printf '\033[1m== %s\033[0m\n' "$(1)"

.PHONY: help
help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

## Run and build

.PHONY: run
run: standalone ## Run everything on this machine: PostgreSQL, Temporal, its UI, sandbox providers, Perdura
	@$(BIN)/perdura-standalone

.PHONY: build
build: ## Build bin/perdura
	$(call say,building bin/perdura)
	@$(BUILD) $(LDFLAGS) -o $(BIN)/perdura ./cmd/perdura

.PHONY: standalone
standalone: ## Build bin/perdura-standalone (takes minutes the first time: Temporal is part of it)
	$(call say,building bin/perdura-standalone)
	@cd standalone && $(BUILD) -o $(BIN)/perdura-standalone .

.PHONY: image
image: ## Build the container image perdura:latest (needs a container engine)
	@docker build -f deploy/Dockerfile --build-arg VERSION=$(VERSION) -t perdura:latest .

.PHONY: clean
clean: ## Remove what was built; the data in .perdura stays
	@rm -rf $(BIN)

## Test and check

.PHONY: test
test: check test-unit test-example test-standalone ## Check and test everything, as CI does
	$(call say,all is well)

.PHONY: test-unit
test-unit: standalone $(BIN)/stripe-mock ## Test the main module, on a PostgreSQL that lives as long as the tests
	$(call say,testing the main module)
	@PERDURA_STRIPE_MOCK=$(BIN)/stripe-mock scripts/with-postgres $(TEST) ./...

.PHONY: test-example
test-example: ## Test the company's own binary in examples/
	$(call say,testing examples/own-binary)
	@cd examples/own-binary && $(TEST) ./...

.PHONY: test-standalone
test-standalone: standalone ## Test the standalone house, end to end
	$(call say,testing standalone)
	@cd standalone && PERDURA_STANDALONE=$(BIN)/perdura-standalone $(TEST) -timeout 20m ./...

.PHONY: check
check: check-format check-vet check-lint check-workflows check-generated check-modules ## Check format, vet, lint, determinism, generated files, modules

.PHONY: check-format
check-format: ## Check that every file is formatted
	$(call say,format)
	@files=$$(gofmt -l $$(git ls-files --cached --others --exclude-standard '*.go' 2>/dev/null || find . -name '*.go')); \
	  if [[ -n "$$files" ]]; then echo "these files are not formatted; run gofmt -w on them:"; echo "$$files"; exit 1; fi

.PHONY: check-vet
check-vet: ## Vet every module
	@for m in . standalone examples/own-binary; do printf '\033[1m== vet %s\033[0m\n' "$$m"; (cd $$m && $(GO) vet ./...); done

.PHONY: check-lint
check-lint: $(BIN)/staticcheck ## Run staticcheck on every module
	@for m in . standalone examples/own-binary; do printf '\033[1m== staticcheck %s\033[0m\n' "$$m"; (cd $$m && $(BIN)/staticcheck ./...); done

.PHONY: check-workflows
check-workflows: $(BIN)/workflowcheck ## Look for anything in workflows that a replay would not repeat
	$(call say,workflowcheck)
	@$(BIN)/workflowcheck -config $(CURDIR)/tools/workflowcheck.yaml ./workflows/... ./work
	@cd examples/own-binary && $(BIN)/workflowcheck -config $(CURDIR)/tools/workflowcheck.yaml ./workflows/...

.PHONY: check-generated
check-generated: $(BIN)/sqlc build ## Check that queries and docs are what the sources say
	$(call say,generated files)
	@$(BIN)/sqlc diff || { echo "run make generate, and commit what it wrote"; exit 1; }
	@$(BIN)/perdura docs --check

.PHONY: check-modules
check-modules: ## Check that each go.mod is tidy
	@for m in $(MODULES); do printf '\033[1m== go mod tidy -diff %s\033[0m\n' "$$m"; (cd $$m && $(GO) mod tidy -diff); done

## Work on it

.PHONY: generate
generate: $(BIN)/sqlc ## Write what follows from the sources: queries, maps, procedures, OpenAPI, table of settings
	$(call say,generating)
	@$(BIN)/sqlc generate
	@$(MAKE) build
	@$(BIN)/perdura docs

.PHONY: new-process
new-process: build ## Write a new process: make new-process NAME=contract-renewal
	@[[ -n "$(NAME)" ]] || { echo "give a name: make new-process NAME=contract-renewal"; exit 2; }
	@$(BIN)/perdura new-process "$(NAME)"

.PHONY: demo-nurture
demo-nurture: standalone ## Let a hundred leads live thirty days in a minute, and say what happened to each and why
	@$(GO) run ./demo/nurture --binary $(BIN)/perdura-standalone

.PHONY: demo-deal
demo-deal: standalone ## Let ten deals go from a lead to a signed contract or be lost, in a minute, and check all of it
	@$(GO) run ./demo/deal --binary $(BIN)/perdura-standalone

.PHONY: demo-collections
demo-collections: standalone ## Let forty customers pay, promise, object or not pay at all, in a minute, and check all of it
	@$(GO) run ./demo/collections --binary $(BIN)/perdura-standalone

.PHONY: demo-deal-killed
demo-deal-killed: standalone ## The same with API and worker killed at random, and the same end: KILLS=10 SEED=1
	@$(GO) run ./demo/deal --binary $(BIN)/perdura-standalone --kill $(KILLS) --seed $(SEED)

.PHONY: chaos
chaos: standalone ## Kill, pause and cut off everything while requests come in, then check the books: SEED=1 FOR=2m
	@$(GO) run ./chaos --binary $(BIN)/perdura-standalone --seed $(SEED) --for $(FOR)

.PHONY: demo-appointments
demo-appointments: standalone ## Let forty people keep, move, cancel and miss appointments for a week in a minute, and check all of it
	@$(GO) run ./demo/appointments --binary $(BIN)/perdura-standalone

.PHONY: bench
bench: standalone ## Compare ways to take in leads, side by side in one run: ROUNDS=3 ONLY=perdura,bare,plain,dbos,n8n,n8n-legacy
	$(call say,building bin/rivals)
	@cd bench/rivals && $(BUILD) -o $(BIN)/rivals . && $(GO) run ./compare --binary $(BIN)/perdura-standalone --rivals $(BIN)/rivals \
		--rounds $(ROUNDS) $(if $(ONLY),--only $(ONLY))

.PHONY: bench-intake
bench-intake: standalone ## Measure the time from a lead to its notification, on a house of its own
	@$(GO) run ./bench/intake --binary $(BIN)/perdura-standalone

.PHONY: bench-scale
bench-scale: standalone ## Measure what one more waiting journey costs, from a thousand to a hundred thousand: SIZES=1000,10000,100000
	@$(GO) run ./bench/scale --binary $(BIN)/perdura-standalone --sizes $(SIZES)

.PHONY: eval-dedupe
eval-dedupe: ## Measure duplicate detection on files with known duplicates: make eval-dedupe DIR=folder
	@[[ -n "$(DIR)" ]] || { echo "give a folder: make eval-dedupe DIR=folder"; exit 2; }
	@$(GO) run ./cmd/eval-dedupe "$(DIR)"

# Tools are built from tools/go.mod, so that they weigh on no other module.
$(BIN)/sqlc $(BIN)/staticcheck $(BIN)/workflowcheck $(BIN)/stripe-mock: tools/go.mod tools/go.sum
	$(call say,building $(notdir $@))
	@cd tools && $(BUILD) -o $@ $$(awk '/\/cmd\/$(notdir $@)$$|\/$(notdir $@)$$/ {print $$1; exit}' go.mod)
	@touch $@
