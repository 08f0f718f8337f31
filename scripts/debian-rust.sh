#!/bin/sh
# sh scripts/debian-rust.sh <folder> [arm64] [sources]: Debian's Rust compiler, unpacked into a folder of its own, on an x86-64
# Debian machine. `arm64` adds the standard library of aarch64-unknown-linux-gnu, `sources` the library's sources, from which
# cargo's -Zbuild-std makes it for any other target. The machine's own Rust stays as it is: <folder>/rustc is what RUSTC is set to.
#
# rustup's `rust-std` of a target does the same where rustup's server can be reached; this needs Debian's mirror alone. apt-get
# update is called, and arm64 becomes one of dpkg's architectures, with root or sudo; both only while something is missing.
set -eu

mkdir -p "$1"
toolchain=$(cd "$1" && pwd)
shift
parts="compiler $*"
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo

run() {
  echo "+ $*" >&2
  "$@" >&2
}

missing=
for part in $parts; do
  [ -e "$toolchain/$part.unpacked" ] || missing="$missing $part"
done
if [ -n "$missing" ]; then
  case $missing in *arm64*) run $sudo dpkg --add-architecture arm64 ;; esac
  run $sudo apt-get update
fi

depends() {
  apt-cache depends "$1" | sed -n "s/.*Depends: \($2\)\$/\1/p" | head -n 1
}
for part in $missing; do
  case $part in
    compiler)
      standard=$(depends libstd-rust-web-dev 'libstd-rust-web-[0-9.]*')
      names="rustc-web libstd-rust-web-dev $standard $(depends "$standard" 'libllvm[0-9]*')"
      ;;
    arm64) names=libstd-rust-web-dev:arm64 ;;
    sources) names=rust-web-src ;;
    *) echo "unknown part $part: arm64, sources" >&2 && exit 2 ;;
  esac
  run rm -rf "$toolchain/packages/$part"
  run mkdir -p "$toolchain/packages/$part"
  # shellcheck disable=SC2086 # several names
  (cd "$toolchain/packages/$part" && run apt-get download $names)
  for package in "$toolchain/packages/$part"/*.deb; do
    run dpkg-deb -x "$package" "$toolchain"
  done
  # The compiler finds its libraries by its own place, but for the LLVM of Debian.
  printf '#!/bin/sh\nLD_LIBRARY_PATH="%s" exec "%s" "$@"\n' \
    "$toolchain/usr/lib/x86_64-linux-gnu" "$toolchain/usr/bin/rustc" >"$toolchain/rustc"
  chmod +x "$toolchain/rustc"
  # Last, since its presence says that the rest is there.
  : >"$toolchain/$part.unpacked"
done
