#!/bin/sh
# sh scripts/sanitize/asan.sh (npm run check:asan): the library's tests in Node, and the kernels' and the engine's own, with
# AddressSanitizer in the Rust code.
#
# The addon is built without mimalloc, since the sanitizer watches the system's allocator, and with `hornbeam_strict_memory` (see
# crates/engine/src/arena.rs), since the engine's own cache would hide what is used after its end. Node itself is as always, so
# the sanitizer's runtime is loaded before it. What a program keeps in one workspace lies side by side there: a kernel that leaves
# its operand inside the workspace is seen by the kernels' tests alone, where every operand is an allocation of its own.
#
# SANITIZE_DIR: where builds go (default: target/sanitize). Arguments choose files of tests in Node, as vitest takes them, and leave out the
# Rust tests.
set -eu
cd "$(dirname "$0")/../.."

target=x86_64-unknown-linux-gnu
base=${SANITIZE_DIR:-$PWD/target/sanitize}
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
failed=

run() {
  echo "+ $*"
  "$@"
}

# Its libasan can be loaded before a program that was built without it.
command -v gcc >/dev/null || run $sudo apt-get install -y --no-install-recommends gcc libc6-dev
rustup run nightly rustc --version || run rustup toolchain install nightly --profile minimal
[ -d node_modules ] || run npm ci --no-audit --no-fund
runtime=$(gcc -print-file-name=libasan.so)
node --version
gcc --version | head -n 1

export CARGO_TARGET_DIR="$base/asan"
export RUSTFLAGS='-Zsanitizer=address --cfg hornbeam_strict_memory -Cforce-frame-pointers=yes'
# Leaks: what lives as long as the process is not one. Memory that is refused is an error, not the end.
export ASAN_OPTIONS="detect_leaks=0:allocator_may_return_null=1:detect_stack_use_after_return=1:${ASAN_OPTIONS:-}"

if [ $# -eq 0 ]; then
  # Two tests are about what strict memory does not have: steps that allocate nothing, and blocks that are kept for reuse.
  run cargo +nightly test --no-fail-fast --target $target -p hornbeam-kernels --tests || failed="$failed kernels"
  run cargo +nightly test --no-fail-fast --target $target -p hornbeam-engine --tests -- \
    --skip a_steady_step_allocates_nothing --skip a_refused_block_leaves_the_accounts || failed="$failed engine"
fi

# Debug assertions are on: no two tasks may write the same bytes at the same time.
export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_STRIP=none
export CARGO_PROFILE_RELEASE_DEBUG=line-tables-only CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS=true
run cargo +nightly build --release -p hornbeam-node --no-default-features --target $target
cp "$CARGO_TARGET_DIR/$target/release/libhornbeam_node.so" "$base/hornbeam-asan.node"
# The loader and the declarations beside the addon come from an ordinary build.
if [ ! -e native/binding.cjs ]; then
  (unset RUSTFLAGS CARGO_TARGET_DIR ASAN_OPTIONS && run npm run build:native)
fi

export SANITIZED_ADDON="$base/hornbeam-asan.node"
echo "+ LD_PRELOAD=$runtime vitest run $*"
LD_PRELOAD=$runtime node node_modules/vitest/vitest.mjs run --config scripts/sanitize/vitest.config.mjs --root . "$@" ||
  failed="$failed node"

[ -z "$failed" ] || echo "failed:$failed"
[ -z "$failed" ]
