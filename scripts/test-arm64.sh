#!/bin/sh
# sh scripts/test-arm64.sh: the Rust tests on the NEON level, on an x86-64 Debian machine: cross-compiled, run under qemu.
#
# rustup's `rust-std` for another target would do instead of Debian's compiler; this needs Debian's mirror alone. The
# compiler is unpacked into a folder of its own, so that the machine's Rust stays as it is; qemu and the linker are
# installed, and arm64 becomes one of dpkg's architectures. Root, or sudo, is asked for only while something is missing.
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

if [ ! -x "$toolchain/rustc" ]; then
  run mkdir -p "$toolchain/packages"
  run $sudo dpkg --add-architecture arm64
  run $sudo apt-get update
  run $sudo apt-get install -y --no-install-recommends qemu-user-static gcc-aarch64-linux-gnu libc6-dev-arm64-cross
  standard=$(apt-cache depends libstd-rust-web-dev | sed -n 's/.*Depends: \(libstd-rust-web-[0-9.]*\)$/\1/p' | head -n 1)
  llvm=$(apt-cache depends "$standard" | sed -n 's/.*Depends: \(libllvm[0-9]*\)$/\1/p' | head -n 1)
  (cd "$toolchain/packages" &&
    run apt-get download rustc-web libstd-rust-web-dev libstd-rust-web-dev:arm64 "$standard" "$llvm")
  for package in "$toolchain"/packages/*.deb; do
    run dpkg-deb -x "$package" "$toolchain"
  done
  # Last, since its presence says that the rest is there.
  printf '#!/bin/sh\nLD_LIBRARY_PATH="%s" exec "%s" "$@"\n' \
    "$toolchain/usr/lib/x86_64-linux-gnu" "$toolchain/usr/bin/rustc" >"$toolchain/rustc.new"
  chmod +x "$toolchain/rustc.new"
  mv "$toolchain/rustc.new" "$toolchain/rustc"
fi

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
