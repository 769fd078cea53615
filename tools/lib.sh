# shellcheck shell=bash
# What ./run and ./test share: messages, packages, builds.

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
    bold=$'\e[1m' red=$'\e[31m' green=$'\e[32m' dim=$'\e[2m' plain=$'\e[0m'
else
    bold='' red='' green='' dim='' plain=''
fi

say() { printf '%s==>%s %s%s%s\n' "$green" "$plain" "$bold" "$*" "$plain"; }
note() { printf '%s    %s%s\n' "$dim" "$*" "$plain"; }
fail() {
    printf '%serror:%s %s\n' "$red" "$plain" "$1" >&2
    shift
    [ $# -eq 0 ] || printf '       %s\n' "$@" >&2
    exit 1
}

missing_packages() {
    local -A installed=()
    local name status
    while read -r name status; do
        [ "$status" = installed ] && installed[$name]=1
    done < <(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null)
    for name in "$@"; do
        [ -n "${installed[$name]:-}" ] || printf '%s\n' "$name"
    done
}

# Installs what is missing; says what to type where it may not. Nothing that is installed is ever removed.
install_packages() {
    command -v dpkg-query >/dev/null || fail "this is no Debian system (dpkg-query is missing)" \
        "The names of the libraries stand in tools/packages.sh; with them installed, ./run --no-install goes on."
    local missing
    mapfile -t missing < <(missing_packages "$@")
    [ ${#missing[@]} -gt 0 ] || return 0
    say "Installing ${#missing[@]} Debian packages"
    note "${missing[*]}"
    local root=()
    if [ "$(id -u)" -ne 0 ]; then
        if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
            root=(sudo)
        else
            fail "these Debian packages are missing, and only root may install them. Type:" \
                "apt-get install -y --no-install-recommends ${missing[*]}"
        fi
    fi
    local log=${TMPDIR:-/tmp}/cellmon-packages.$$.log
    if ! { "${root[@]}" apt-get update -qq &&
        "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
            --no-remove "${missing[@]}"; } >"$log" 2>&1; then
        tail -n 15 "$log" >&2
        rm -f "$log"
        fail "apt-get could not install ${missing[*]}"
    fi
    rm -f "$log"
}

# The presets dev and release share their objects: what one has built, ccache gives to the other.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1

# build PRESET [target…]: configures when needed and builds; quiet unless something fails. Waits for another build of the same.
build() {
    local preset=$1 log
    shift
    { mkdir -p build && [ -w build ]; } 2>/dev/null || fail "no permission to write to $PWD/build"
    log=build/$preset.log
    say "Building the $preset preset"
    local lock
    exec {lock}>"build/$preset.lock"
    flock "$lock"
    # A preset whose build.ninja is there configures itself again when a CMake file has changed.
    if [ ! -f "build/$preset/build.ninja" ]; then
        cmake --preset "$preset" >"$log" 2>&1 || { tail -n 40 "$log" >&2; fail "cmake failed; the whole output is in $log"; }
    fi
    if [ -t 1 ]; then
        ninja -C "build/$preset" "$@" 2>&1 | tee "$log" | show_build_progress
    else
        ninja -C "build/$preset" "$@" >"$log" 2>&1
    fi || { grep -E 'error|FAILED|undefined' "$log" | head -n 40 >&2; fail "the build failed; the whole output is in $log"; }
    exec {lock}>&-
}

# One line that is written over, so that a build does not fill the screen.
show_build_progress() {
    local line
    while IFS= read -r line; do
        case $line in \[*) printf '\r\e[K    %.90s' "$line" ;; esac
    done
    printf '\r\e[K'
}
