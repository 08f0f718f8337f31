# Read by `. scripts/cross-tools.sh`, with $tools set to an absolute folder: cargo-zigbuild and zig, which are installed there when
# they are missing, and Debian's Rust of the parts in $parts (scripts/debian-rust.sh). Adds to PATH, and sets rust_for_targets.
# Compiling cargo-zigbuild takes some minutes.

zig_version=0.17.1
zigbuild_version=0.24.1

if ! cargo-zigbuild --version >/dev/null 2>&1; then
  PATH="$tools/bin:$PATH"
  cargo-zigbuild --version >/dev/null 2>&1 ||
    cargo install --quiet --locked --root "$tools" --target-dir "$tools/build" "cargo-zigbuild@$zigbuild_version"
fi
# cargo-zigbuild looks for zig through python3.
if ! python3 -m ziglang version >/dev/null 2>&1 && ! zig version >/dev/null 2>&1; then
  [ -x "$tools/python/bin/python3" ] || python3 -m venv "$tools/python"
  PATH="$tools/python/bin:$PATH"
  python3 -m ziglang version >/dev/null 2>&1 || python3 -m pip install --quiet "ziglang==$zig_version"
fi
export PATH
# shellcheck disable=SC2086 # several parts
sh scripts/debian-rust.sh "$tools/rust" $parts
rust_for_targets="$tools/rust/rustc"
