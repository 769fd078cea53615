# shellcheck shell=bash
# Every Debian 12 package the project asks for, in one place. Sourced by ./run and ./test.
# A package stands in the first list that needs it; the later lists add to the earlier ones.

# shellcheck disable=SC2034
RUN_PACKAGES=(
    g++                  # the compiler of the release binary
    cmake                # configures
    ninja-build          # builds
    pkgconf              # finds libxxhash
    mold                 # links in a tenth of the time
    python3-minimal      # starts the generator of the event types
    libpython3-stdlib    # the json module that the generator needs
    python3-yaml         # reads the source of the API's document
    esbuild              # bundles the live page, which is part of the binary
    libboost1.81-dev     # Asio and Beast: the HTTP server (1.74 does not compile as C++20)
    libsimdjson-dev      # decodes events
    libxxhash-dev        # chain of the journal, hashes of ids
    libspdlog-dev        # logs
    libfmt-dev           # text formatting
    libtomlplusplus-dev  # configuration file
    libcli11-dev         # command line
    libexpected-dev      # tl::expected, the Result type
    prometheus-cpp-dev   # /metrics
    libssl-dev           # SHA-256 of what was cut, HMAC of tokens
    zlib1g-dev           # bodies in gzip
    libzstd-dev          # what notebook versions hold, packed
    libsqlite3-dev       # the relational store
    libpq-dev            # the classroom's rows in PostgreSQL
    libcurl4-openssl-dev # InfluxDB's HTTP API: https, proxies, time limits
    libhiredis-dev       # the stream and the channels in Redis
    libsodium-dev        # Argon2id: passwords
    libcrypt-dev         # bcrypt: passwords of accounts that come from elsewhere
    libjpeg62-turbo-dev  # maps of the classroom: JPEG in and out
    libpng-dev           # PNG in
    libwebp-dev          # WebP in, and scaling
    libseccomp-dev       # what the process that decodes them may ask of the kernel
)

# shellcheck disable=SC2034
TEST_PACKAGES=(
    libgtest-dev         # unit tests
    librapidcheck-dev    # property tests
    python3              # system and crash tests
    python3-pytest       # runs them
    python3-venv         # schemathesis, in the version of tests/api/requirements.txt
    python3-pytest-xdist # several files of tests at a time
    python3-websocket    # their clients of the live socket
    python3-fastjsonschema # holds each answer against the API's document
    nodejs               # tests of the live page's parts without a browser
    chromium             # browser tests
    chromium-driver      # steers it
    python3-selenium     # speaks to the driver
    strace               # injects faults into the release binary
    ccache               # a second build of the same files is free
    postgresql-15        # the tests start one of their own, on a free port
    influxdb             # another one, likewise
    redis-server         # the tests start some of their own
    python3-redis        # reads what is in them
    prometheus           # scrapes a server and is asked what the dashboards ask; promtool tries the alerts
    libfaketime          # steps the clock of one server
    util-linux           # unshare and setpriv: full disk, a user without permission
    mount                # the small file system that gets full
)

# It gets what tools/npm names. Other packages of node than Debian's bring it along, and refuse Debian's.
command -v npm >/dev/null || TEST_PACKAGES+=(npm)

# shellcheck disable=SC2034
CHECK_PACKAGES=(
    node-typescript      # types of the live page
    mypy                 # types of the Python package
    git                  # which files are the project's
    clang-19             # sanitizers, fuzz targets
    clang-format-19      # layout
    clang-tidy-19        # mistakes a compiler does not name
    python3-clang-19     # names that mean what is local to another file
    libclang-rt-19-dev   # libFuzzer and the sanitizers of clang
    lld-19               # links what clang makes with its sanitizers
)
