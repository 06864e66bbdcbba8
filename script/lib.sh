# Shared by every script. Source it; it moves to the project's top.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build_packages=(g++ cmake ninja-build pkg-config ccache lld git ca-certificates
  mariadb-server-core mariadb-client-core default-libmysqlclient-dev librdkafka-dev libcli11-dev
  nlohmann-json3-dev libfmt-dev libsimdjson-dev libssl-dev zlib1g-dev)
test_packages=(libgtest-dev libgmock-dev procps)
lint_packages=(clang-format-14 clang-tidy-14)

die() {
  echo "${0##*/}: $*" >&2
  exit 1
}

# Installs what is missing of the packages named, and says nothing when nothing is.
need_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "packages are missing and there is no sudo; as root: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  echo "installing ${missing[*]}" >&2
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
    >/dev/null
}

# Builds a preset; prints only when something goes wrong. More arguments are targets.
build_preset() {
  local preset=$1
  shift
  export CCACHE_DIR="${CCACHE_DIR:-$PWD/.cache/ccache}"
  local log="build/$preset/build.log"
  mkdir -p "build/$preset"
  [ -e "build/$preset/build.ninja" ] || cmake --preset "$preset" >"$log" 2>&1 || { cat "$log" >&2; die "cmake failed"; }
  cmake --build "build/$preset" ${1:+--target "$@"} >"$log" 2>&1 || { tail -n 60 "$log" >&2; die "build failed"; }
}
