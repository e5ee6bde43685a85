# Thin names over cargo. `make demo` and `make test` are all that a newcomer needs.

GUEST = scripts/wasm-target.sh build --profile guest --target wasm32-wasip2

.PHONY: demo serve test test-clients bench check guests lint

demo: guests            ## the main job, on embedded sandboxes
	cargo run -q -p host-tests -- demo

serve: guests           ## the HTTP face on 127.0.0.1:3000 with sandbox accounts
	cargo run -q -p host-tests -- serve

test: guests            ## unit tests, sandbox tests, and the contract through the real components
	cargo test --workspace --exclude unassign-role-wasi --exclude unassign-role-spin --exclude unassign-role-caller

test-clients: guests    ## real clients over sockets; installs them into target/clients
	clients/run

bench: guests           ## size and speed, side by side in one run
	cargo run -q -p host-tests -- bench

check: lint test        ## what CI runs

guests:                 ## the components, into target/wasm32-wasip2/guest/
	$(GUEST) -p unassign-role-wasi -p unassign-role-spin -p unassign-role-caller
	@# cargo leaves a file alone that no change concerns; the harness compares times.
	@touch $${CARGO_TARGET_DIR:-target}/wasm32-wasip2/guest/unassign_role_*.wasm

lint:                   ## format and lints of what runs on the host
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --exclude unassign-role-wasi --exclude unassign-role-spin --exclude unassign-role-caller -- -D warnings
