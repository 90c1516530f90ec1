# Kefu needs Go and Node; everything else is set up by the targets themselves.
# `make run` serves the demo, `make test` runs the tests, `make help` lists the rest.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup setup-system setup-go build run dev test test-go test-ui test-alone test-race test-postgres fuzz e2e lint lint-go lint-ui fmt generate verify bench kill-wallet flow-faults clean

LISTEN    ?= localhost:8080
DATA      ?= .data/demo
FUZZTIME  ?= 10s
PACKAGES  ?= ./...
GOTEST    ?= go test

# Packages that run concurrently, as a pattern of import paths.
RACE := /(platform/(sharedkeys|lifecycle|ratelimit|metrics|tracing|keyring|headlog)|connector/blob|domain/search|storage|web|flow|app|client|bench|replay|target)(/|$$)

UI_SOURCES := $(shell find ui -name node_modules -prune -o -name dist -prune -o -name test -prune -o -name e2e -prune -o -type f -print)
UI_BUILT   := ui/dist/demo/index.html
UI_MODULES := ui/node_modules/.package-lock.json

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(UI_MODULES) setup-system setup-go ## fetch what building and testing need

setup-system:
	@scripts/system-packages.sh

setup-go:
	@go mod download
	@cd tools && go mod download

$(UI_MODULES): ui/package.json ui/package-lock.json
	npm --prefix ui ci --no-audit --no-fund
	@touch $@

$(UI_BUILT): $(UI_SOURCES) $(UI_MODULES)
	npm --prefix ui run build
	@touch $@

build: $(UI_BUILT) ## build bin/kefu with the interface inside
	go build -trimpath -buildvcs=auto -o bin/kefu ./cmd/kefu

run: build ## serve the demo on localhost:8080
	bin/kefu demo --listen $(LISTEN) --data $(DATA)

dev: $(UI_MODULES) build ## serve the demo, and the desk from its sources with hot reload
	@bin/kefu demo --listen $(LISTEN) --data $(DATA) & server=$$!; trap "kill $$server" EXIT; npm --prefix ui run dev

test: setup test-ui test-go ## run all tests, on PostgreSQL too where it is installed

test-go: $(UI_BUILT) ## run the Go tests, on PostgreSQL too where it is installed
	@scripts/postgres.sh run $(GOTEST) $(PACKAGES)

test-alone: $(UI_BUILT) ## run the Go tests of all packages that test-race leaves out
	@scripts/postgres.sh run $(GOTEST) $$(go list ./... | grep -vE '$(RACE)')

test-ui: $(UI_MODULES) ## run the tests of the interface
	npm --prefix ui test

test-race: $(UI_BUILT) ## run the tests of concurrent packages under the race detector
	@scripts/postgres.sh run $(GOTEST) -race $$(go list ./... | grep -E '$(RACE)')

test-postgres: $(UI_BUILT) ## run the store's tests on PostgreSQL and fail without it
	@CI=true scripts/postgres.sh run go test -count=1 ./internal/storage/...

fuzz: ## fuzz every parser for FUZZTIME (10s) each
	@scripts/fuzz.sh $(FUZZTIME)

e2e: build ## drive the built binary in Chromium as a customer and an agent
	@scripts/system-packages.sh
	@scripts/postgres.sh run npm --prefix ui run e2e

lint: lint-go lint-ui ## vet, staticcheck, formatting, the tidy tests and the interface's types

lint-go:
	go vet ./...
	go tool -modfile=tools/go.mod staticcheck ./...
	@unformatted=$$(git ls-files -co --exclude-standard '*.go' | xargs gofmt -l); \
	  if [ -n "$$unformatted" ]; then echo "not formatted, run make fmt:"; echo "$$unformatted"; exit 1; fi
	go test ./internal

lint-ui: $(UI_MODULES)
	npm --prefix ui run check

fmt: ## format the Go sources
	@git ls-files -co --exclude-standard '*.go' | xargs gofmt -w

generate: ## write the files that are made from code
	go generate ./...
	go test ./internal/platform/config -run Sample -update

verify: generate ## fail when generated files or go.mod are out of date
	go mod tidy -diff
	git diff --exit-code -- docs api internal/domain/policy

bench: build ## measure against the floor: docs/measurements.md says how to read it
	bin/kefu bench chat --visitors 1000 --agents 50 --duration 30s --json
	bin/kefu bench idle --connections 9000 --json
	bin/kefu bench inbox --conversations 1000000 --data .data/bench-inbox --json
	bin/kefu bench reports --conversations 1000000 --data .data/bench-inbox --json
	bin/kefu bench search --messages 1000000 --json
	bin/kefu bench start --json
	bin/kefu bench route --json
	npm --prefix ui run figures

KILLS ?= 200
kill-wallet: setup ## kill the demo's wallet KILLS times while it works, and judge its books each time
	KEFU_KILLS=$(KILLS) go test ./internal/connector/demowallet -run '^TestKilledAtAnyMoment$$' -v -timeout 2h

SEED ?= 1
flow-faults: ## walk customers through the flows over a wallet with every fault, and combinations
	go run ./cmd/kefu flow test --faults all --seed $(SEED) --walks 40
	go run ./cmd/kefu flow test --faults random --seed $(SEED) --walks 10

clean: ## remove what was built; data of the demo stays
	rm -rf bin build ui/node_modules
	git clean -fdXq ui/dist
