#!/usr/bin/env bash
# Makes the target wasm32-wasip2 buildable, and builds for it.
#
#   scripts/wasm-target.sh                   prepare only
#   scripts/wasm-target.sh build <cargo …>   prepare, then `cargo build <cargo …>` in the way that works here
#
# The first of these that works is used: the target is already there; rustup adds it; Debian's own Rust for the web, which builds
# the standard library itself. WASM_TOOLCHAIN=debian takes the last one at once.
set -euo pipefail

target=wasm32-wasip2
debian_packages=(rustc-web cargo-web rust-web-src rust-web-llvm lld-22 wasi-libc)
debian_linker=/usr/lib/rustlib/x86_64-unknown-linux-gnu/bin/wasm-component-ld

has_target() {
  local libdir
  libdir=$(rustc --print target-libdir --target "$target" 2>/dev/null) && compgen -G "$libdir/libstd-*.rlib" >/dev/null
}

prepare_debian() {
  if [ -x "$debian_linker" ] && [ -x /usr/bin/cargo ] && [ -d /usr/lib/rust-web ] || [ -x "$debian_linker" ]; then
    return 0
  fi
  command -v apt-get >/dev/null || return 1
  local sudo=()
  [ "$(id -u)" = 0 ] || sudo=(sudo)
  "${sudo[@]}" apt-get update -q >&2 || true
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${debian_packages[@]}" >&2
}

way=
if [ "${WASM_TOOLCHAIN:-}" = debian ]; then
  prepare_debian && way=debian
elif command -v rustc >/dev/null && has_target; then
  way=cargo
elif command -v rustup >/dev/null && rustup target add "$target" >&2; then
  way=cargo
elif prepare_debian; then
  way=debian
fi
if [ -z "$way" ]; then
  echo "The Rust target $target is missing, and neither rustup nor Debian's packages (${debian_packages[*]}) could add it." >&2
  exit 1
fi

[ "${1:-}" = build ] || exit 0
shift
if [ "$way" = cargo ]; then
  exec cargo build "$@"
fi
exec env RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
  CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS="-Clink-self-contained=no -Lnative=/usr/lib/wasm32-wasi -Clinker=$debian_linker" \
  /usr/bin/cargo build -Zbuild-std=std,panic_abort "$@"
