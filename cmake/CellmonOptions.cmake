# Compiler and linker settings that every target of the project shares.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
# Sanitizers and coverage: quick to build, quick enough to run, line tables for readable stacks.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1 -DNDEBUG")
# Tests are built more often than they are run, most of all with sanitizers. What is cold (cellmon_module) takes two thirds
# of the time of -O3 with -O1, and with sanitizers a third of that of -O1 with -O0.
if(CELLMON_SANITIZE)
    set(CELLMON_TEST_OPTIONS -O0)
    set(CELLMON_COLD_OPTIONS -O0)
else()
    set(CELLMON_TEST_OPTIONS -O1)
    set(CELLMON_COLD_OPTIONS $<$<CONFIG:Release>:-O1>)
endif()
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")

set(doubtful_warnings -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
add_library(cellmon_options INTERFACE)
target_compile_options(cellmon_options INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
    # GCC 12 reports what cannot happen in assignments to std::string (GCC bug 105651), and more of it when the header
    # is precompiled.
    "$<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:${doubtful_warnings}>"
    # Which GCC does not count among the conversions of C++.
    $<$<CXX_COMPILER_ID:Clang>:-Wno-sign-conversion>
    # std::stable_sort of GCC 12's library uses what C++17 deprecates, which clang tells when the header is precompiled.
    $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>
    # Line tables are enough for a readable stack of a release binary.
    $<$<CONFIG:Release>:-g1>)
target_include_directories(cellmon_options INTERFACE "${CMAKE_SOURCE_DIR}/src")
# Asio without the parts that the project does not use.
target_compile_definitions(cellmon_options INTERFACE BOOST_ASIO_NO_DEPRECATED)

find_program(CELLMON_CCACHE ccache)
if(CELLMON_CCACHE)
    # ccache's manual, "Precompiled headers": without these it does not keep what uses one.
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros
                                    "${CELLMON_CCACHE}")
    if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
        add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
    endif()
endif()
find_program(CELLMON_MOLD mold)
if(CELLMON_MOLD)
    add_link_options(-fuse-ld=mold)
endif()
if(CELLMON_SANITIZE)
    add_compile_options(-fsanitize=${CELLMON_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_compile_definitions(CELLMON_SANITIZED)
    add_link_options(-fsanitize=${CELLMON_SANITIZE})
    if(CELLMON_SANITIZE MATCHES undefined)
        # What the address sanitizer sees as well, and a quarter of the time of the build.
        add_compile_options(-fno-sanitize=null,object-size,vptr)
    endif()
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # GCC's manual: with sanitizers this warning names what is no fault. The other presets keep it.
        target_compile_options(cellmon_options INTERFACE -Wno-maybe-uninitialized)
    endif()
    if(CELLMON_SANITIZE MATCHES thread AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # Asio has fences that the thread sanitizer does not see; its locks it does.
        target_compile_options(cellmon_options INTERFACE -Wno-tsan)
    endif()
endif()
if(CELLMON_COVERAGE)
    add_compile_options(--coverage)
    add_link_options(--coverage)
endif()
if(CELLMON_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
