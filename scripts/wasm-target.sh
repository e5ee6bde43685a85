#!/usr/bin/env bash
# Makes the target wasm32-wasip2 buildable, and runs cargo for it.
#
#   scripts/wasm-target.sh                   prepare only
#   scripts/wasm-target.sh <verb> <cargo …>  prepare, then `cargo <verb> <cargo …>` (build, clippy) in the way that works here
#
# The first of these that works is used: the target is already there; rustup adds it; Debian's own Rust for the web, which builds
# the standard library itself. WASM_TOOLCHAIN=debian takes the last one at once. Packages are installed by root alone;
# WASM_TOOLCHAIN_SUDO=1 lets others use sudo for that.
set -euo pipefail

target=wasm32-wasip2
debian_packages=(rustc-web cargo-web rust-web-src rust-web-llvm rust-web-clippy lld-22 wasi-libc)

has_target() {
  local libdir
  libdir=$(rustc --print target-libdir --target "$target" 2>/dev/null) && compgen -G "$libdir/libstd-*.rlib" >/dev/null
}

debian_linker() {
  local host
  host=$(/usr/bin/rustc -vV 2>/dev/null | sed -n 's/^host: //p')
  echo "/usr/lib/rustlib/$host/bin/wasm-component-ld"
}

# What the packages bring, by file: an installation that was broken off, or another Rust in the same place, does not count.
has_debian() {
  local file
  for file in /usr/bin/cargo /usr/bin/rustc /usr/bin/cargo-clippy /usr/bin/rust-lld "$(debian_linker)"; do
    [ -x "$file" ] || return 1
  done
  [ -e /usr/lib/rustlib/src/rust/library/std/Cargo.toml ] && [ -e /usr/lib/wasm32-wasi/libc.a ]
}

prepare_debian() {
  has_debian && return
  command -v apt-get >/dev/null || return 1
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    if [ "${WASM_TOOLCHAIN_SUDO:-}" != 1 ]; then
      echo "Debian's packages would do. Only root installs them: sudo apt-get install ${debian_packages[*]}" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -q >&2 || true
  # It may add packages and not take any away: rustc-web conflicts with Debian's rustc.
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-remove --no-install-recommends "${debian_packages[@]}" >&2 || return 1
  has_debian
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

[ $# -gt 0 ] || exit 0
verb=$1
shift
if [ "$way" = cargo ]; then
  exec cargo "$verb" "$@"
fi
# Cargo looks for its subcommands in PATH: another toolchain's clippy there would not fit this compiler.
exec env PATH="/usr/bin:$PATH" RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
  CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS="-Clink-self-contained=no -Lnative=/usr/lib/wasm32-wasi -Clinker=$(debian_linker)" \
  /usr/bin/cargo "$verb" -Zbuild-std=std,panic_abort "$@"
