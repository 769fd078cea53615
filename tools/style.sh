# shellcheck shell=bash
# The checks of ./test style, one function each; they say what is wrong and where.

check_layout() {
    git ls-files '*.cpp' '*.hpp' | xargs -r clang-format-19 --dry-run -Werror
}

# In the order of chance of the day, as clang-tidy's, until the time is over. What is found counts, also when it is.
check_together() { # BUILD_FOLDER SECONDS
    local found status=0
    found=$(find "$PWD/$1/src" -name 'unity_*.cxx' -not -path '*_test.dir/*' | sort | shuf --random-source=<(yes "$(date +%F)") |
        timeout "$2" xargs -P "$(nproc)" -n 1 /usr/bin/python3 tools/check_together.py "$1") || status=$?
    [ -z "$found" ] || printf '%s\n' "$found" >&2
    [ -z "$found" ] && { [ "$status" -eq 0 ] || [ "$status" -eq 124 ]; }
}

# Files that this checkout changed come first, the others in an order that differs from day to day, so that a bounded time
# reaches all of them within a few runs. A file that was checked once with the same content is not checked again.
check_tidy() { # BUILD_FOLDER SECONDS
    local cache=$1/tidy list
    list=$(mktemp)
    mkdir -p "$cache"
    {
        git diff --name-only HEAD -- 'src/*.cpp'
        git ls-files 'src/*.cpp' | grep -v '_test\.cpp$' | shuf --random-source=<(yes "$(date +%F)")
    } | awk '!seen[$0]++' >"$list"
    local headers status=0
    headers=$({ git ls-files 'src/*.hpp' | xargs -r cat; cat .clang-tidy; } | sha256sum | cut -c1-16)
    # Each file by itself and without the precompiled header, which is GCC's: both would hide what a file does not include.
    # The generated headers are those of the build.
    cmake -S . -B "$cache" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCELLMON_TESTS=ON -DCELLMON_APART=ON \
        -DCMAKE_EXPORT_COMPILE_COMMANDS=ON >/dev/null || return
    sed -E -i "s: -Winvalid-pch -include [^ ]+::; s:$PWD/$cache/:$PWD/$1/:g" "$cache/compile_commands.json"
    rm -f "$cache/failed"
    timeout "$2" xargs -r -P "$(nproc)" -I{} bash -c '
        key=$(sha256sum <"$1" | cut -c1-32)-$2
        [ ! -e "$3/$key" ] || exit 0
        if out=$(clang-tidy-19 --quiet --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-deprecated-declarations -p "$3" "$1" 2>/dev/null); then : >"$3/$key"; echo "$1" >>"$3/done"
        else printf "%s\n" "$out" >&2; echo "$1" >>"$3/failed"; exit 1; fi' tidy {} "$headers" "$cache" <"$list" || status=$?
    rm -f "$list"
    [ ! -e "$cache/failed" ] || return 1  # The time may be over all the same.
    if [ "$status" -eq 124 ]; then
        note "clang-tidy: $(sort -u "$cache/done" 2>/dev/null | wc -l) files checked, the time of $2 s is over"
        return 0
    fi
    return "$status"
}

api_types_file=dashboard/src/openapi.ts

# What tools/npm names, in build/npm; nothing when it is there already.
npm_packages() {
    local npm=build/npm
    command -v npm >/dev/null || { printf 'npm is missing; it gets what tools/npm names\n' >&2; return 1; }
    mkdir -p "$npm"
    if ! cmp -s tools/npm/package-lock.json "$npm/package-lock.json" || [ ! -d "$npm/node_modules" ]; then
        cp tools/npm/package.json tools/npm/package-lock.json "$npm/"
        npm --prefix "$npm" ci --ignore-scripts --no-audit --no-fund --silent || { rm -f "$npm/package-lock.json"; return 1; }
    fi
}

# The TypeScript types of the API's document, by openapi-typescript in the version that tools/npm names.
api_types() { # OUTPUT
    local npm=build/npm
    npm_packages || return 1
    /usr/bin/python3 tools/openapi_bundle.py schema/openapi "$npm/openapi.json" --for-types &&
        "$npm/node_modules/.bin/openapi-typescript" "$npm/openapi.json" --immutable --output "$1" >/dev/null 2>&1
}

# The C++ types are made by each build; the TypeScript ones lie in the repository.
check_generated() {
    local file
    while IFS= read -r file; do
        python3 tools/generate_event_types.py schema/event.schema.json --typescript "$file" --check || return 1
    done < <(git ls-files '*/event.ts' 'schema/event.ts')
    /usr/bin/python3 tools/openapi_reference.py schema/openapi docs/reference/api.md --check || return 1
    python3 tools/generate_dashboards.py deploy/grafana/dashboards --check || return 1
    file=$(mktemp)
    api_types "$file" && diff -q "$file" "$api_types_file" >/dev/null ||
        { printf '%s is not what schema/openapi says: run tools/generate\n' "$api_types_file" >&2; rm -f "$file"; return 1; }
    rm -f "$file"
}

check_types() {
    tsc --noEmit --project dashboard &&
        MYPYPATH=python mypy --strict --no-error-summary --cache-dir build/mypy python/cellmon_testing examples/pytest
}

# A file of more than 500 lines holds more than one idea, but for one that no hand has written.
check_lengths() {
    local long
    long=$(git ls-files ":!$api_types_file" '*.cpp' '*.hpp' '*.py' '*.sh' '*.ts' '*.css' | xargs -r wc -l | awk '$2 != "total" && $1 > 500')
    [ -z "$long" ] || { printf '%s\n' "$long" >&2; return 1; }
}

# Nothing outside the repository may be needed or named. The patterns are put together here so that they do not match themselves.
check_stands_alone() {
    local up='\.\./' found
    found=$(git grep -nIE "${up}shar""ed/|(^|[^[:alnum:]_./-])/wor""k/" -- . ':!docs/reference') || return 0
    printf '%s\n' "$found" >&2
    return 1
}

# rc::check only returns whether a property holds: a test in which nobody looks cannot fail.
check_properties() {
    git ls-files -z '*.cpp' | xargs -0 -r awk '
        /^ *rc::check\(/ && before !~ /[=(]$/ { print FILENAME ":" FNR ": nobody looks at what it returns"; found = 1 }
        { before = $0 }
        END { exit found }'
}

# No suite builds them. Read by clang with the generated headers of a build.
check_benchmarks() { # BUILD_FOLDER
    local flags
    read -r -a flags < <(pkg-config --cflags libpq)
    git ls-files -z 'bench/*.cpp' | xargs -0 -r -P "$(nproc)" -n 1 clang++-19 -std=c++20 -fsyntax-only -Wno-deprecated-declarations \
        -DBOOST_ASIO_NO_DEPRECATED -Isrc -I"$1/src" "${flags[@]}"
}

check_scripts() {
    local file
    for file in run test .ci/run $(git ls-files '*.sh'); do bash -n "$file" || return 1; done
    git ls-files -z '*.py' | xargs -0 -r /usr/bin/python3 -c '
import ast, sys
for name in sys.argv[1:]:
    ast.parse(open(name, encoding="utf-8").read(), name)'
}
