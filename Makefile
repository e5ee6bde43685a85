# Thin names over cargo. `make demo` and `make test` are all that a newcomer needs.

WASM = scripts/wasm-target.sh
GUESTS = -p unassign-role-wasi -p unassign-role-spin -p unassign-role-caller

.PHONY: demo serve test test-clients bench check guests lint

demo: guests            ## the main job, on embedded sandboxes
	cargo run -q -p unassign-role-cli -- demo

serve: guests           ## the HTTP face on 127.0.0.1:3000 with sandbox accounts
	cargo run -q -p unassign-role-cli -- serve

test: guests            ## unit tests, sandbox tests, and the contract through the real components
	cargo test --workspace --exclude unassign-role-wasi --exclude unassign-role-spin --exclude unassign-role-caller

test-clients: guests    ## real clients over sockets; installs them into target/clients, which needs a network the first time
	clients/run

bench: guests           ## size and speed, side by side in one run
	cargo run -q -p unassign-role-cli -- bench

check:                  ## what CI runs: lint, test, test-clients, and the conformance check where there are specifications
	.ci/run

guests:                 ## the components, into target/wasm32-wasip2/guest/
	$(WASM) build --profile guest --target wasm32-wasip2 $(GUESTS)
	@# cargo leaves a file alone that no change concerns; the harness compares times.
	@touch $${CARGO_TARGET_DIR:-target}/wasm32-wasip2/guest/unassign_role_*.wasm

# The host's lints see everything but the components, whose code is for wasm alone.
lint:                   ## format and lints, of the host and of the components
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	$(WASM) clippy --target wasm32-wasip2 -p unassign-role $(GUESTS) -- -D warnings
