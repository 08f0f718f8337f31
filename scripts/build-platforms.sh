#!/bin/sh
# sh scripts/build-platforms.sh [platform]... (npm run build:platforms): addons for other platforms, on an x86-64 Debian machine,
# into artifacts/native, where `npm run package -- --addons artifacts/native` finds them. Without names: all that are published.
# What the binaries say of themselves is written to docs/platforms/built.txt; whether they run is not known from that.
#
# The standard library of all but linux-gnu is compiled, too: two to eight minutes a platform. On a machine with rustup's
# `rust-std` for the targets, scripts/build-platform.mjs alone does it faster, and without Debian.
#
# PLATFORMS_DIR: where tools and builds go (default: target/platforms).
set -eu
cd "$(dirname "$0")/.."

base=${PLATFORMS_DIR:-$PWD/target/platforms}
addons=$PWD/artifacts/native
mkdir -p "$base" docs/platforms
[ $# -gt 0 ] || set -- linux-x64-gnu linux-arm64-gnu linux-x64-musl darwin-arm64 darwin-x64 win32-x64-msvc

tools=$base/tools
parts='arm64 sources'
. scripts/cross-tools.sh
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$base/build}"
export RUSTC="$rust_for_targets"

for platform in "$@"; do
  case $platform in
    *-gnu) node scripts/build-platform.mjs "$platform" "$addons" ;;
    *) node scripts/build-platform.mjs "$platform" "$addons" --build-std ;;
  esac
done

report=docs/platforms/built.txt
{
  echo 'Addons of other platforms, built by scripts/build-platform.mjs: what scripts/addon-facts.mjs says of them'
  echo
  "$RUSTC" --version
  cargo-zigbuild --version
  echo "zig $(python3 -m ziglang version 2>/dev/null || zig version)"
  echo
} >"$report.new"
status=0
for platform in "$@"; do
  node scripts/addon-facts.mjs "$addons/hornbeam.$platform.node" >>"$report.new" || status=1
done
cat "$report.new"
mv "$report.new" "$report"
exit $status
