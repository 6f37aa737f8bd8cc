# Owns: the commands of this project.  `make' alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

ROOT   := $(CURDIR)
BUILD  := $(ROOT)/build
MODULE := $(BUILD)/ngx_toucan_module.so
DEV    ?= /usr/share/nginx/src
NGINX  ?= /usr/sbin/nginx
JOBS   ?= 2

LOWER  := $(sort $(wildcard ngx_toucan_module/jose/*.c \
                            ngx_toucan_module/gate/*.c))
UPPER  := $(sort $(wildcard ngx_toucan_module/ngx/*.c))
HEADS  := $(sort $(wildcard ngx_toucan_module/*/*.h))

# The two lower floors know no nginx: plain cc, every warning an error.
# Sanitizers and gcov build in a folder and with flags of their own.

UNIT_BUILD   ?= build/unit
UNIT_EXTRA   ?=

UNIT_CFLAGS  := -std=gnu11 -Wall -Wextra -Wshadow -Wstrict-prototypes \
                -Werror -g -O1 -fPIC -Ingx_toucan_module -Iunit
UNIT_LIBS    := -lcrypto -ljansson -lpcre2-8

UNITS        := $(patsubst unit/%.c,$(UNIT_BUILD)/%, \
                    $(sort $(wildcard unit/test_*.c)))
UNIT_OBJECTS := $(patsubst ngx_toucan_module/%.c,$(UNIT_BUILD)/%.o,$(LOWER))

# make t T='t/100-token.t t/200-headers.t', make t PROVE='-j1 -v'

T            ?= $(sort $(wildcard t/*.t))
PROVE        ?= -j$(JOBS)

.PHONY: help deps build unit cross browser screenshots t test lint demo
.PHONY: test-matrix
.PHONY: clean distclean
.PHONY: fuzz fuzz-regress fuzz-coverage sanitize valgrind torture coverage
.PHONY: bench bench-core bench-instructions bench-scale bench-stall
.PHONY: bench-timing soak soak-streams bench-streams t-cached


help: ## this list (the default)
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / \
	    { printf "  make %-18s %s\n", $$1, $$2 }' Makefile


# t/910-demo.t runs the demo: PostgreSQL and Node (DEMO= does without); the
# cross-checks: jwcrypto and Node (CROSS=); t/browser: Chromium and Node
# (BROWSER=)

DEMO         ?= demo
CROSS        ?= cross
BROWSER      ?= browser

deps: ## install what build, unit, cross, t need (Debian 12, as root)
	@util/install-deps build test $(CROSS) $(BROWSER) $(DEMO)


build: $(MODULE) ## build/ngx_toucan_module.so, for this machine's nginx

# nginx's own make builds it, optimised as the nginx package is (without the
# option it would be -O); configure runs again when the list of files, `config'
# or the nginx package changes.

$(MODULE): $(LOWER) $(UPPER) $(HEADS) build/nginx/configured
	@$(MAKE) --no-print-directory -s -j$(JOBS) -f $(BUILD)/nginx/Makefile \
	    -C $(DEV) modules
	@cp $(BUILD)/nginx/ngx_toucan_module.so $@.new && mv $@.new $@
	@echo "built build/ngx_toucan_module.so"

build/nginx/configured: config build/nginx/sources
	@[ -f $(DEV)/conf_flags ] \
	    || { echo "no nginx-dev here: run make deps" >&2; exit 1; }
	@cd $(DEV) && . ./conf_flags && ./configure "$${NGX_CONF_FLAGS[@]}" \
	    --with-cc-opt=-O2 \
	    --add-dynamic-module=$(ROOT) --builddir=$(BUILD)/nginx \
	    >$(BUILD)/nginx/configure.log 2>&1 \
	    || { tail -8 $(BUILD)/nginx/configure.log >&2; exit 1; }
	@touch $@

# written anew only when it says something else

build/nginx/sources: FORCE
	@mkdir -p build/nginx
	@{ printf '%s\n' $(LOWER) $(UPPER) $(HEADS); \
	   dpkg-query -W nginx-dev 2>/dev/null || :; } >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

.PHONY: FORCE


unit: $(UNITS) ## the two lower floors without a server, TAP
	@if [ -n "$(UNITS)" ]; then prove $(PROVE) -e '' $(UNITS); \
	 else echo "no unit/test_*.c"; exit 1; fi

$(UNIT_BUILD)/%.o: ngx_toucan_module/%.c $(HEADS)
	@mkdir -p $(@D)
	@$(CC) $(UNIT_CFLAGS) $(UNIT_EXTRA) -c -o $@ $<

$(UNIT_BUILD)/test_%: unit/test_%.c $(wildcard unit/*.h) $(UNIT_OBJECTS)
	@mkdir -p $(@D)
	@$(CC) $(UNIT_CFLAGS) $(UNIT_EXTRA) -o $@ $(filter %.c %.o,$^) $(UNIT_LIBS)

.PRECIOUS: $(UNIT_BUILD)/%.o

unit-programs: $(UNITS)

$(UNIT_BUILD)/torture: $(sort $(wildcard unit/torture*.c)) \
        $(wildcard unit/*.h) $(UNIT_OBJECTS)
	@mkdir -p $(@D)
	@$(CC) $(UNIT_CFLAGS) $(UNIT_EXTRA) -o $@ $(filter %.c %.o,$^) \
	    $(UNIT_LIBS)

.PHONY: unit-programs


# npm's jose, and Debian's jwcrypto for Debian's Python

PYTHON       ?= /usr/bin/python3
CROSS_LOCK   := unit/cross/node_modules/.package-lock.json

cross: ## tokens to and from two other implementations, TAP
	@util/install-deps build test cross
	@$(MAKE) --no-print-directory $(UNIT_BUILD)/cross $(CROSS_LOCK)
	@PYTHON=$(PYTHON) prove -e '' unit/cross/run

$(UNIT_BUILD)/cross: unit/cross/ours.c $(wildcard unit/*.h) $(UNIT_OBJECTS)
	@mkdir -p $(@D)
	@$(CC) $(UNIT_CFLAGS) $(UNIT_EXTRA) -o $@ $(filter %.c %.o,$^) $(UNIT_LIBS)

$(CROSS_LOCK): unit/cross/package-lock.json
	@cd unit/cross && npm ci --silent
	@touch $@


# npm's playwright-core and axe-core, and Debian's Chromium; some of it against
# the demo (DEMO= does without)
# make browser B=t/browser/frames.mjs, make browser B=--try-breaks

B            ?=
BROWSER_LOCK := t/browser/node_modules/.package-lock.json

browser: ## what a browser makes of it, in headless Chromium, TAP
	@util/install-deps build test browser $(DEMO)
	@$(MAKE) --no-print-directory build $(BROWSER_LOCK)
	@TEST_NGINX_BINARY=$(NGINX) TOUCAN_MODULE=$(MODULE) \
	    prove $(if $(filter --try-breaks,$(B)),-v) -e node t/browser/run.mjs \
	    :: $(if $(DEMO),,--no-demo) $(B)

# make screenshots SHOTS=/tmp/shots

SHOTS        ?= conf-examples/demo/shots

screenshots: ## pictures of the demo, light and dark, into SHOTS=folder
	@util/install-deps build test browser demo
	@$(MAKE) --no-print-directory build $(BROWSER_LOCK)
	@TEST_NGINX_BINARY=$(NGINX) TOUCAN_MODULE=$(MODULE) \
	    node t/browser/run.mjs --screenshots $(SHOTS)

$(BROWSER_LOCK): t/browser/package-lock.json
	@cd t/browser && npm ci --silent
	@touch $@


t: build ## the Test::Nginx suites; T='t/x.t ...' runs some, PROVE='-j1 -v'
	@PERL5LIB=$(BUILD)/perl5$${PERL5LIB:+:$${PERL5LIB:-}} \
	    TEST_NGINX_BINARY=$(NGINX) TEST_NGINX_RANDOMIZE=1 \
	    TEST_NGINX_LOAD_MODULES="$(MODULE) $${TEST_NGINX_LOAD_MODULES:-}" \
	    prove $(PROVE) $(T)


t-cached: build ## the suites once more: all with a cache, requests twice
	@TOUCAN_CACHED=1 $(MAKE) --no-print-directory t


include fuzz/rules.mk

# make fuzz FUZZ_TIME=300 FUZZ='token jwks'

FUZZ_TIME    ?= 60
FUZZ         ?= $(FUZZ_ALL)

fuzz: ## libFuzzer on the lower floors; FUZZ_TIME=60 seconds each, FUZZ='...'
	@util/install-deps build fuzz
	@$(MAKE) --no-print-directory -j$(JOBS) fuzz-libfuzzer-targets
	@util/fuzz --time $(FUZZ_TIME) --jobs $(JOBS) run $(FUZZ)


fuzz-regress: ## each fuzz input that was kept, once, under ASan and UBSan
	@$(MAKE) --no-print-directory -j$(JOBS) fuzz-regress-targets
	@util/fuzz regress $(FUZZ)


fuzz-coverage: ## what of jose/ and gate/ the fuzz inputs reach
	@util/install-deps build fuzz
	@$(MAKE) --no-print-directory -j$(JOBS) fuzz-coverage-targets
	@util/fuzz coverage $(FUZZ)


test: ## everything from a clean clone: deps, build, unit, browser, t, ...
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory build
	@$(MAKE) --no-print-directory unit
	@[ -z "$(CROSS)" ] || $(MAKE) --no-print-directory cross
	@$(MAKE) --no-print-directory fuzz-regress
	@[ -z "$(BROWSER)" ] || $(MAKE) --no-print-directory browser
	@$(MAKE) --no-print-directory t
	@$(MAKE) --no-print-directory t-cached


lint: ## the rules of the house, checked
	@util/install-deps build test lint
	@$(MAKE) --no-print-directory build
	@util/lint


bench-timing: deps ## whether forgeries are refused in even time; a table
	@$(MAKE) --no-print-directory build/bench/timing
	@build/bench/timing


# SCALE='--largest 10000' asks smaller structures; SCALE_HTTP= does without nginx

SCALE        ?=
SCALE_HTTP   ?= http

bench-scale: ## what does not grow, and memory: tables, and plots in bench/plots
	@util/install-deps build test bench valgrind
	@$(MAKE) --no-print-directory build build/bench/scale \
	    build/bench/awake.so
	@TEST_NGINX_BINARY=$(NGINX) TEST_NGINX_LOAD_MODULES=$(MODULE) \
	    bench/scale-report $(if $(SCALE_HTTP),--http) -- $(SCALE)


bench-stall: deps ## how long a worker stops for a file of 1,000 keys; a table
	@$(MAKE) --no-print-directory build/bench/stall
	@build/bench/stall


# make bench-instructions UPDATE=1 writes the figures into the tree

UPDATE       ?=

bench-instructions: ## instructions per request, held against the figures here
	@util/install-deps build test valgrind
	@$(MAKE) --no-print-directory build
	@bench/instructions $(if $(UPDATE),--update)


# make bench BENCH_TIME=2 BENCH_ROUNDS=5 BENCH_ROWS='HS256' PEERS='njs jose sid'

BENCH_TIME   ?= 1
BENCH_ROUNDS ?= 7
BENCH_ROWS   ?= .
PEERS        ?= njs jose sid

bench: ## CPU time that a gate adds to a request, beside peers; a table
	@util/install-deps build bench >&2
	@[ -z "$(PEERS)" ] || util/install-deps bench-peers >&2 || :
	@$(MAKE) --no-print-directory -s build build/bench/tokens \
	    build/bench/awake.so >&2
	@bench/http --time $(BENCH_TIME) --rounds $(BENCH_ROUNDS) \
	    --rows '$(BENCH_ROWS)' --peers '$(PEERS)'


# make soak SOAK_TIME=60 SOAK='--rate 1000 --seed 7', or SOAK=--try-breaks

SOAK_TIME    ?= 600
SOAK         ?=

soak: ## ten minutes of load, reloads, rotations, revocations; SOAK_TIME=600
	@util/install-deps build soak
	@$(MAKE) --no-print-directory build
	@SOAK_TIME=$(SOAK_TIME) bench/soak --nginx $(NGINX) --module $(MODULE) \
	    $(SOAK)


# make soak-streams SOAK='--time 60 --seed 7', or SOAK=--valgrind, --try-breaks

soak-streams: ## two minutes of 1,000 streams that are cut, or end otherwise
	@util/install-deps build soak \
	    $(if $(findstring --valgrind,$(SOAK)),valgrind)
	@$(MAKE) --no-print-directory build
	@bench/soak-streams --nginx $(NGINX) --module $(MODULE) $(SOAK)


# make bench-streams STREAMS='--streams 100000'

STREAMS      ?=

bench-streams: ## 20,000 open streams in a worker, one of them revoked; a table
	@util/install-deps build soak
	@$(MAKE) --no-print-directory build
	@$(MAKE) --no-print-directory build/bench/longest.so
	@bench/streams --nginx $(NGINX) --module $(MODULE) $(STREAMS)


# make bench-core CORE='--time 60 --rows open,JSON'

bench-core: ## the two lower floors in ns per operation; a table
	@util/install-deps build test
	@$(MAKE) --no-print-directory build/bench/core
	@build/bench/core $(CORE)


build/bench/%.so: bench/%.c
	@mkdir -p $(@D)
	@$(CC) $(UNIT_CFLAGS) -O2 -shared -o $@ $< -ldl

# what is measured is compiled as nginx compiles it

build/bench/%: bench/%.c $(wildcard bench/*.h unit/*.h) $(LOWER) $(HEADS)
	@mkdir -p $(@D)
	@$(CC) $(UNIT_CFLAGS) -O2 -o $@ $< $(LOWER) $(UNIT_LIBS) -lm


demo: ## a gated platform and pages that embed it, in the foreground
	@util/install-deps build demo
	@$(MAKE) --no-print-directory build
	@TOUCAN_MODULE=$(MODULE) exec conf-examples/demo/run


test-matrix: ## nginx 1.26 (trixie) and a static build of 1.22.1
	@util/install-deps build test matrix
	@util/test-matrix


sanitize: ## unit and t under ASan and UBSan
	@util/install-deps build test sanitize
	@util/sanitize


valgrind: ## unit and a smoke set of t under memcheck
	@util/install-deps build test valgrind
	@$(MAKE) --no-print-directory build
	@util/valgrind


torture: ## every allocation of the lower floors fails once
	@util/install-deps build test
	@$(MAKE) --no-print-directory $(UNIT_BUILD)/torture
	@timeout 900 $(UNIT_BUILD)/torture


coverage: ## lines and branches of the lower floors, with gcov
	@util/install-deps build test coverage
	@util/coverage


clean: ## remove what was built (what was fetched stays)
	@rm -rf build/nginx build/unit build/lint build/t-keys build/bench \
	    build/sanitize build/valgrind build/coverage \
	    build/fuzz/{libfuzzer,regress,coverage} \
	    build/browser build/ngx_toucan_module.so t/servroot*


distclean: ## remove build/ whole
	@rm -rf build t/servroot*
