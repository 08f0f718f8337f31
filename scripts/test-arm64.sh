#!/bin/sh
# sh scripts/test-arm64.sh: the Rust tests on the NEON level, on an x86-64 Debian machine: cross-compiled, run under qemu.
#
# The compiler is Debian's (scripts/debian-rust.sh says why and where); qemu and the linker are installed. Root, or sudo, is
# asked for only while something is missing.
#
# ARM64_TOOLCHAIN: where the compiler is unpacked (default: target/arm64/toolchain). CARGO_TARGET_DIR: default target/arm64.
set -eu
cd "$(dirname "$0")/.."

target=aarch64-unknown-linux-gnu
toolchain=${ARM64_TOOLCHAIN:-$PWD/target/arm64/toolchain}
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target/arm64}"
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo

run() {
  echo "+ $*"
  "$@"
}

sh scripts/debian-rust.sh "$toolchain" arm64
{ command -v qemu-aarch64-static && command -v aarch64-linux-gnu-gcc; } >/dev/null ||
  run $sudo apt-get install -y --no-install-recommends qemu-user-static gcc-aarch64-linux-gnu libc6-dev-arm64-cross

export RUSTC="$toolchain/rustc"
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER='qemu-aarch64-static -L /usr/aarch64-linux-gnu'
run "$RUSTC" --version
run qemu-aarch64-static --version

# Without doctests: they would need a rustdoc of the same version. Cargo runs one test binary at a time.
failed=
test_crate() {
  run cargo test --no-fail-fast --target $target "$@" || failed="$failed [$*]"
}
test_crate -p hornbeam-kernels --lib --tests
test_crate -p hornbeam-graph --lib --tests
test_crate -p hornbeam-engine --lib --tests

[ -z "$failed" ] || echo "failed:$failed"
[ -z "$failed" ]
