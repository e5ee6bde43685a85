# Thin names over cargo. `make` lists them; `make demo` and `make test` are all that a newcomer needs.

WASM = scripts/wasm-target.sh
GUESTS = -p unassign-role-wasi -p unassign-role-spin -p unassign-role-caller
HOST = --workspace --exclude unassign-role-wasi --exclude unassign-role-spin --exclude unassign-role-caller
TARGET_DIR = $(abspath $(or $(CARGO_TARGET_DIR),target))

.DEFAULT_GOAL = help
.PHONY: help announce command demo serve session test test-all test-clients test-examples test-hosts page test-page fuzz bench doc docs check guests lint dist test-dist

help:                   ## this list
	@awk -F '## ' '/^[a-z-]+:.*## / { sub(/:.*/, "", $$1); printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: announce command  ## the main cases, on embedded sandboxes
	@cargo run -q -p unassign-role-cli -- demo

serve: announce command ## the HTTP face on 127.0.0.1:3000 with sandbox accounts
	@cargo run -q -p unassign-role-cli -- serve --sandbox

# Cargo shows its progress: a first build is not silent.
command: guests         ## the command `unassign-role`, into target/debug
	@echo "Building the command ..."
	@cargo build -p unassign-role-cli

announce:
	@echo "The first time this builds the components (about a minute) and the command with wasmtime in it (several minutes)."
	@echo "After that it takes seconds."

session: command        ## docs/session.txt: a terminal session on the sandboxes
	scripts/session

# The matrices append their counts to MATRIX_REPORT, because cargo hides what a passing test prints.
test: guests            ## unit tests, sandbox tests, and the contract through the real components, with the counts of the matrices
	@mkdir -p "$(TARGET_DIR)"; rm -f "$(TARGET_DIR)/matrix.txt"
	MATRIX_REPORT="$(TARGET_DIR)/matrix.txt" cargo test $(HOST); status=$$?; \
	  sort "$(TARGET_DIR)/matrix.txt" 2>/dev/null; exit $$status

# Optimized: the tests' own code would be the slowest part.
test-all:               ## the same with every case of every matrix, about ten minutes, and an offboarding of 1,000 people at six accounts, ten more
	CARGO_PROFILE_DEV_OPT_LEVEL=1 MATRIX=full $(MAKE) test

test-clients: guests    ## real clients over sockets; installs them into target/clients, which needs a network the first time
	clients/run

test-examples: guests   ## the programs of examples/ against the sandboxes; installs what they need into target/examples
	examples/run

test-hosts: guests      ## wasmtime (oldest, newest) and wasmCloud with the component, and the manifests of deploy/
	hosts/run

# WITHOUT_COMMAND=1 leaves out the command; ONLY="wasi spin-crowdstrike" builds these components and nothing else.
dist:                   ## a release, into dist/ (docs/release.md); without the command it takes half as long: WITHOUT_COMMAND=1
	cargo run -q -p unassign-role-packaging -- dist $(if $(WITHOUT_COMMAND),--without-command) $(addprefix --only ,$(ONLY))

test-dist: guests       ## the contract through the components in dist/, its command, and that two builds in different folders are the same
	@test -f dist/unassign_role_wasi.wasm -a -f dist/unassign_role_spin.wasm || { echo "dist/ has no components: run \`make dist\` first" >&2; exit 1; }
	cd dist && sha256sum --check --quiet SHA256SUMS
	scripts/released-command dist
	UNASSIGN_ROLE_COMPONENTS="$(abspath dist)" cargo test -p host-tests
	cargo run -q -p unassign-role-packaging -- reproduce

page:                   ## the files of the API reference at `serve --sandbox`, into target/page; needs npm
	scripts/page

test-page: guests       ## the page of `serve --sandbox` in headless Chromium; installs playwright-core into target/clients/page
	clients/page/run

fuzz:                   ## each fuzz target for FUZZ_SECONDS (60); TARGETS="query crowdstrike" runs only these
	fuzz/run $(TARGETS)

# With optimized hosts, which are compiled the first time; COMMAND=dist/unassign-role takes the one of `make dist`, with its components.
# Beside node and the wasmtime of WASMTIME, of PATH, or of `make test-hosts`; what is missing is left out with its reason.
COMMAND ?= cargo run -q --release -p unassign-role-cli --
bench: guests           ## size, speed and start, side by side in one run; also into target/bench.md. BENCH="--seconds 5"
	cd bench/floor && ../../$(WASM) build --release --target wasm32-wasip2 --target-dir "$(TARGET_DIR)/bench"
	$(if $(filter dist/%,$(COMMAND)),UNASSIGN_ROLE_COMPONENTS="$(abspath dist)") \
	  WASMTIME="$${WASMTIME:-$$(command -v wasmtime || ls $(TARGET_DIR)/hosts/wasmtime-*/lib/python3*/site-packages/wasmtime_cli/wasmtime 2>/dev/null | sort -V | tail -1)}" \
	  $(COMMAND) bench --out "$(TARGET_DIR)/bench.md" $(BENCH)

doc:                    ## the documentation of the crates; a warning is an error
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items $(HOST)

docs:                   ## the book, into target/book; needs mdbook
	scripts/docs

check:                  ## what CI runs: lint, doc, test, test-clients, and the conformance check where there are specifications
	.ci/run

guests:                 ## the components, into target/wasm32-wasip2/guest/
	$(WASM) build --profile guest --target wasm32-wasip2 $(GUESTS)
	@# cargo leaves a file alone that no change concerns; the harness compares times.
	@touch $(TARGET_DIR)/wasm32-wasip2/guest/unassign_role_*.wasm

# The host's lints see everything but the components, whose code is for wasm only.
lint:                   ## format and lints, of the host, the components and the fuzz targets
	cargo fmt --all --check
	cargo fmt --manifest-path fuzz/Cargo.toml --check
	cargo clippy --workspace --all-targets -- -D warnings
	$(WASM) clippy --target wasm32-wasip2 -p unassign-role $(GUESTS) -- -D warnings
