# Slipway is six Go modules in one workspace; each target goes through all of them.
MODULES := events pkg services services/metrics services/slipway examples

# A module without a package yet has nothing to build, vet or test.
each = @failed=; for m in $(MODULES); do \
	( cd $$m && if [ -n "$$(go list ./... 2>/dev/null)" ]; then echo "$$m: $(1)" && $(1); fi ) || failed="$$failed $$m"; \
	done; if [ -n "$$failed" ]; then echo "failed in:$$failed" >&2; exit 1; fi

SEEDS ?= 1000
SEED  ?=

.DEFAULT_GOAL := help
.PHONY: help run build test check format vet tidy fresh house sim measure soak race docs

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: build ## the main job: start it, deploy an app, replace its version under load, print the loss
	bin/slipway demo

build: ## bin/slipway, one static binary
	cd services/slipway && CGO_ENABLED=0 go build -trimpath -o ../../bin/slipway .

test: ## all tests of all modules
	$(call each,go test -timeout 14m ./...)

check: format vet tidy fresh house ## format, vet, tidy, imports, documents, generated files; needs no network once modules are there

format:
	@unformatted=$$(gofmt -l $(wildcard $(MODULES))); \
	if [ -n "$$unformatted" ]; then echo "gofmt -w $$unformatted" >&2; exit 1; fi

vet:
	$(call each,go vet ./...)

tidy:
	@failed=; for m in $(MODULES); do echo "$$m: go mod tidy -diff"; \
	( cd $$m && go mod tidy -diff ) || failed="$$failed $$m"; done; \
	if [ -n "$$failed" ]; then echo "not tidy:$$failed" >&2; exit 1; fi

# What is generated is compared with what would be; nothing is written.
fresh:
	cd events && go test -count=1 ./internal/genschema
	cd services/slipway && go test -count=1 ./reference

# The house's own rules read all modules, which the test cache cannot see.
house:
	cd services && go test -count=1 .

sim: ## simulate all services: SEEDS=1000 tries so many, SEED=n replays one
	cd services/slipway && SLIPWAY_SEEDS=$(SEEDS) $(if $(SEED),SLIPWAY_SEED=$(SEED) )go test -count=1 -timeout 2h ./simulation/...

measure: ## run every benchmark, write docs/reference/measured.md
	cd services/slipway && go run ./measure -root ../.. -out docs/reference/measured.md

soak: ## all tests at their full counts; takes hours
	$(call each,SLIPWAY_SOAK=1 go test -count=1 -timeout 12h ./...)

race: ## all tests with the race detector; needs a C compiler
	@command -v "$$(go env CC)" >/dev/null || { echo "the race detector needs a C compiler ($$(go env CC))" >&2; exit 1; }
	$(call each,CGO_ENABLED=1 go test -race -timeout 60m ./...)

docs: ## write again whatever is generated
	$(call each,go generate ./...)
