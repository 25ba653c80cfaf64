# What scripts/quickstart and scripts/test share: say what happens, install what is missing, build. Sourced, or run by itself:
#
#   bash scripts/common.sh [--tests] [--without-libtorch]     only installs the packages; with --tests also those of the tests
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages=(g++ cmake ninja-build ccache lld libhdf5-dev zlib1g-dev libboost-program-options-dev libboost-context-dev
  libnlopt-dev libnlopt-cxx-dev libpagmo-dev libdlib-dev libeigen3-dev nlohmann-json3-dev libhwy-dev librandom123-dev)
# OpenBLAS in its openmp flavour: without it LibTorch falls back to the reference BLAS, 15 times slower on matrix products.
torch_packages=(libtorch-dev libopenblas0-openmp)
# The one without X; another gnuplot that is there does as well, and would have to go for this one.
command -v gnuplot >/dev/null || packages+=(gnuplot-nox)
test_packages=(doctest-dev libbenchmark-dev clang-format-14 pkg-config)

say() { printf '\n== %s (%d s so far)\n' "$*" "$SECONDS"; }
fail() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }
stopped() {
  if (($1 == 130)); then printf '%s: interrupted; run it again to go on\n' "$(basename "$0")" >&2
  else printf '%s: failed (exit %d) at: %s\n' "$(basename "$0")" "$1" "$2" >&2; fi
  exit "$1"
}
trap 'stopped $? "$BASH_COMMAND"' ERR

# install_missing PACKAGE…: asks dpkg first, so that a second run needs neither network nor root.
install_missing() {
  command -v apt-get >/dev/null && command -v dpkg-query >/dev/null ||
    fail "this script installs packages with apt (Debian 12 or newer), and there is no apt here; install the equivalents of '$*' yourself, then build with: cmake --preset release && cmake --build --preset release"
  local package missing=()
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
  done
  if ((${#missing[@]} == 0)); then
    echo "all $# packages are installed"
    return
  fi
  local root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || fail "installing packages needs root and there is no sudo; as root, run: apt-get install --no-install-recommends ${missing[*]}"
    root=(sudo)
  fi
  say "installing with apt, a minute or two: ${missing[*]}"
  local apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0 -o Acquire::Retries=3)
  local log
  log=$(mktemp)
  # apt is long-winded when it works; when it does not, its last lines say why.
  if ! { "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    fail "apt could not install the packages; its last lines are above"
  fi
  rm -f "$log"
}

# A pthread OpenBLAS that was there before keeps its own threads in spite of LibTorch's settings; put the openmp one first for what we start.
prefer_openmp_blas() {
  local folder
  for folder in /usr/lib/*/openblas-openmp; do
    [[ $(readlink -f "${folder%/*}/libblas.so.3" 2>/dev/null) == "$folder"/* ]] || [[ ! -d $folder ]] ||
      export LD_LIBRARY_PATH="$folder${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
  done
}

# build PRESET TARGET [CMAKE OPTION…]: configures once (ninja re-configures by itself afterwards), builds. A compile with LibTorch
# takes 1 GB, so memory limits the jobs too.
build() {
  local preset=$1 target=$2 cores memory jobs
  shift 2
  cores=$(nproc)
  memory=$(awk '/MemAvailable/ {print int($2 / 1500000)}' /proc/meminfo)
  jobs=$((memory < 1 ? 1 : memory < cores ? memory : cores))
  [[ -e build/$preset/build.ninja ]] || cmake --preset "$preset" "$@"
  cmake --build --preset "$preset" --target "$target" -j "$jobs"
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
  wanted=("${packages[@]}")
  [[ " $* " != *" --tests "* ]] || wanted+=("${test_packages[@]}")
  [[ " $* " == *" --without-libtorch "* ]] || wanted+=("${torch_packages[@]}")
  install_missing "${wanted[@]}"
fi
