#!/bin/sh
# sh scripts/sanitize/valgrind.sh (npm run check:valgrind): the kernels' tests under valgrind's memcheck, which sees every read past
# the end of an operand and every decision on a byte that nobody wrote. It hides AVX-512 from the program, so the AVX2 level is the best
# that runs; asan.sh runs the kernels on AVX-512.
#
# Optimised as a release and without debug assertions: what is examined is what users get. (With them, the optimizer moves checks of
# an operand's address above the question whether there is such an operand, and memcheck reports the moved branch.)
#
# SANITIZE_DIR: where builds go (default: target/sanitize). Arguments replace the list of tests: those of cargo test.
set -eu
cd "$(dirname "$0")/../.."

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
command -v valgrind >/dev/null || $sudo apt-get install -y --no-install-recommends valgrind

export CARGO_TARGET_DIR="${SANITIZE_DIR:-$PWD/target/sanitize}/valgrind"
export CARGO_PROFILE_TEST_OPT_LEVEL=3
export CARGO_PROFILE_TEST_DEBUG_ASSERTIONS=false
export CARGO_PROFILE_TEST_OVERFLOW_CHECKS=false
# A vector load of which a part lies outside is allowed unless told otherwise.
memcheck="valgrind --error-exitcode=99 --leak-check=no --partial-loads-ok=no --suppressions=$PWD/scripts/sanitize/valgrind.supp"
export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER="$memcheck"
valgrind --version
rustc --version

[ $# -gt 0 ] || set -- -p hornbeam-kernels --tests
echo "+ cargo test --no-fail-fast --target x86_64-unknown-linux-gnu $* -- --test-threads 1"
cargo test --no-fail-fast --target x86_64-unknown-linux-gnu "$@" -- --test-threads 1
