# Everything a fresh machine needs is installed by the targets that need it. Tools land in .bin and
# .cache, never in the system, except Debian packages (chromium, redis-server), which want root.
SHELL := /bin/bash -euo pipefail
export GOFLAGS ?= -buildvcs=false
export GOTOOLCHAIN ?= local

GOLANGCI_VERSION   := v2.15.0
PLAYWRIGHT_VERSION := 1.64.1
CHDB_VERSION       := 26.7.3-stable.1
AXE_VERSION        := 4.10.3

GOLANGCI := .bin/golangci-lint-$(GOLANGCI_VERSION)
CHDB     := .cache/npm/node_modules/@chdb/lib-linux-x64-gnu/libchdb.so
PLAYWRIGHT := .cache/npm/node_modules/playwright-core/package.json
TAGS     := engine,browser

.PHONY: help build test unit race fuzz engine browser lint bench soak demo deps clean
help:
	@echo "make test    install what tests need, then run all of them"
	@echo "make lint    go vet and golangci-lint"
	@echo "make bench   serving benchmark against a bare fasthttp server"
	@echo "make soak    long fault and load tests"
	@echo "make demo    the demo newspaper on 127.0.0.1:8080"

build:
	go build -o .bin/placard ./cmd/placard

demo:
	go run ./cmd/placard demo

deps: $(CHDB) $(PLAYWRIGHT) .cache/debian

$(GOLANGCI):
	mkdir -p .bin
	GOBIN=$(CURDIR)/.bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	mv .bin/golangci-lint $@

$(CHDB):
	npm install --silent --no-audit --no-fund --no-save --prefix .cache/npm @chdb/lib-linux-x64-gnu@$(CHDB_VERSION) playwright-core@$(PLAYWRIGHT_VERSION) axe-core@$(AXE_VERSION)
	test -s $@ && touch $@

$(PLAYWRIGHT): $(CHDB)
	test -s $@

.cache/debian:
	mkdir -p .cache
	missing=""; for p in chromium redis-server; do command -v $$p >/dev/null || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; fi
	touch $@

# One run under the race detector covers unit tests, fuzz seeds, the ClickHouse engine and the browser.
test: deps
	go test -race -tags $(TAGS) -timeout 14m ./...

lint: $(GOLANGCI)
	go vet -tags $(TAGS) ./...
	$(GOLANGCI) run --build-tags $(TAGS) ./...
	CGO_ENABLED=0 go build -o /dev/null ./cmd/placard

bench:
	go run ./benchmarks/serve

soak: deps
	go test -tags soak,$(TAGS) -timeout 60m ./reporting/... ./adserver/...

clean:
	rm -rf .bin .cache
