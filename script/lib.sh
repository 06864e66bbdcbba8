# What all scripts share: sourced, never run. It moves to the top of the project and knows the packages by purpose.
# shellcheck shell=bash
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
export CCACHE_DIR=${CCACHE_DIR:-$root/.cache/ccache}
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1 # presets that compile alike share their objects

# Build and run: all that script/demo needs. mariadb-server-core has the server without a system service on port 3306,
# mariadb-client-core the my_print_defaults that mariadb-install-db calls.
# shellcheck disable=SC2034 # the lists are for those who source this file
demo_packages=(g++ cmake ninja-build pkg-config ccache
  libmariadb-dev librdkafka-dev libcurl4-openssl-dev libcli11-dev nlohmann-json3-dev libfmt-dev libsimdjson-dev libssl-dev zlib1g-dev libzstd-dev libavro-dev libsqlite3-dev
  mariadb-server-core mariadb-client-core)
# shellcheck disable=SC2034
test_packages=("${demo_packages[@]}" lld clang-14 libclang-rt-14-dev libgtest-dev libgmock-dev procps openssl python3-avro sqlite3)
# shellcheck disable=SC2034
lint_packages=("${test_packages[@]}" clang-format-14 clang-tidy-14 shellcheck)
# shellcheck disable=SC2034
fuzz_packages=("${demo_packages[@]}" clang-14 libclang-rt-14-dev)

die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

cores() { nproc; }

# Installs those of the packages that are missing; silent when none is.
need_packages() {
  command -v dpkg-query >/dev/null || return 0 # not a Debian: the build says what it lacks
  local missing=() package
  for package in "$@"; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  local as_root=()
  if [[ $(id -u) != 0 ]]; then
    command -v sudo >/dev/null || die "packages are missing; as root: apt-get install --no-install-recommends ${missing[*]}"
    as_root=(sudo)
  fi
  echo "installing ${#missing[@]} Debian packages: ${missing[*]}"
  local log
  log=$(mktemp)
  if ! "${as_root[@]}" apt-get -q update >"$log" 2>&1 ||
    ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 \
      install --no-install-recommends "${missing[@]}" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    die "apt-get could not install: ${missing[*]}"
  fi
  rm -f "$log"
}

# Builds a preset, or the targets of it that are named; silent when it is up to date.
build_preset() {
  local preset=$1 log
  shift
  log=$(mktemp)
  if [[ ! build/$preset/build.ninja -nt CMakePresets.json ]] && ! cmake --preset "$preset" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    die "cmake could not configure preset $preset"
  fi
  rm -f "$log"
  ninja -C "build/$preset" -j "$(cores)" "$@" | show_progress "$preset"
}

# Turns ninja's lines into one that moves on (a terminal) or one per fifth (a log), and passes on what compilers say.
show_progress() {
  local terminal=0
  [[ -t 1 ]] && terminal=1
  awk -v preset="$1" -v terminal="$terminal" '
    /^ninja: (Entering|no work)/ || /^\[0\/[0-9]+\] Re-(checking|running)/ || /^--/ { next }
    match($0, /^\[[0-9]+\/[0-9]+\]/) {
      split(substr($0, 2, RLENGTH - 2), step, "/")
      if (terminal) printf "\rbuilding %s %d/%d ", preset, step[1], step[2]
      else if (int(5 * step[1] / step[2]) > int(5 * (step[1] - 1) / step[2])) printf "building %s %d/%d\n", preset, step[1], step[2]
      shown = 1; fflush(); next
    }
    { if (terminal && shown) printf "\n"; shown = 0; print; fflush() }
    END { if (terminal && shown) printf "\r\033[K" }'
}
