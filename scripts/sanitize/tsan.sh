#!/bin/sh
# sh scripts/sanitize/tsan.sh (npm run check:tsan): the engine's tests under ThreadSanitizer, on an x86-64 Debian machine.
#
# ThreadSanitizer wants a standard library that was compiled for it, so std is built here from Debian's sources with Debian's
# compiler of the same version (scripts/debian-rust.sh). The sanitizer's runtime comes with rustup's nightly,
# which is installed when it is missing.
#
# SANITIZE_DIR: where compiler and builds go (default: target/sanitize). Arguments replace the list of tests: those of cargo test.
set -eu
cd "$(dirname "$0")/../.."

target=x86_64-unknown-linux-gnu
base=${SANITIZE_DIR:-$PWD/target/sanitize}
toolchain=$base/toolchain

run() {
  echo "+ $*"
  "$@"
}

sh scripts/debian-rust.sh "$toolchain" sources
# The compiler asks for the runtime by the name of its own channel.
libraries=lib/rustlib/$target/lib
if [ ! -e "$toolchain/usr/$libraries/librustc-stable_rt.tsan.a" ]; then
  rustup run nightly rustc --version || run rustup toolchain install nightly --profile minimal
  run cp "$(rustup run nightly rustc --print sysroot)/$libraries/librustc-nightly_rt.tsan.a" \
    "$toolchain/usr/$libraries/librustc-stable_rt.tsan.a"
fi

export RUSTC="$toolchain/rustc"
# Unstable flags (the sanitizer, a standard library of one's own) of a stable compiler.
export RUSTC_BOOTSTRAP=1
export RUSTFLAGS=-Zsanitizer=thread
export CARGO_TARGET_DIR="$base/tsan"
export TSAN_OPTIONS="history_size=4:${TSAN_OPTIONS:-}"
# More workers than most machines that run this have cores: more ways to meet.
export HORNBEAM_NUM_THREADS="${HORNBEAM_NUM_THREADS:-4}"
run "$RUSTC" --version

# Without doctests: they would need a rustdoc of the same version. A report makes its test binary end with code 66.
failed=
test_crate() {
  run cargo test --no-fail-fast -Zbuild-std=std,panic_unwind,test --target $target "$@" || failed="$failed [$*]"
}
if [ $# -gt 0 ]; then
  test_crate "$@"
else
  test_crate -p hornbeam-engine --lib --tests
fi

[ -z "$failed" ] || echo "failed:$failed"
[ -z "$failed" ]
