# Headers that nearly every file includes, read once: 42 % of the time of a build by clang, 28 % of one by GCC. A file
# still includes what it needs: clang-tidy, and a build of the preset bench, see what is missing.
set(CMAKE_DISABLE_PRECOMPILE_HEADERS ${CELLMON_BENCH})

set(CELLMON_PRECOMPILED
    <algorithm> <array> <atomic> <chrono> <cstdint> <functional> <map> <memory> <mutex> <optional> <span> <string>
    <string_view> <thread> <unordered_map> <utility> <variant> <vector>
    <fmt/format.h> "${CMAKE_CURRENT_LIST_DIR}/fmt_is_built.hpp" <simdjson.h> <tl/expected.hpp>)

# cellmon_precompiled(NAME header…): the object library cellmon_NAME holds them for targets with the same options.
function(cellmon_precompiled name)
    set(empty "${CMAKE_BINARY_DIR}/precompiled/${name}.cpp")
    file(CONFIGURE OUTPUT "${empty}" CONTENT "// A target has to compile something.\n")
    add_library(cellmon_${name} OBJECT "${empty}")
    target_link_libraries(cellmon_${name} PRIVATE cellmon_options)
    target_precompile_headers(cellmon_${name} PRIVATE ${ARGN})
endfunction()

# A precompiled header is only for targets with the same definitions; the first is that of hiredis.
target_compile_definitions(cellmon_options INTERFACE
    _FILE_OFFSET_BITS=64
    $<TARGET_PROPERTY:fmt::fmt,INTERFACE_COMPILE_DEFINITIONS>
    $<TARGET_PROPERTY:simdjson::simdjson,INTERFACE_COMPILE_DEFINITIONS>)

cellmon_precompiled(headers ${CELLMON_PRECOMPILED})
set(CELLMON_COLD_HEADERS cellmon_headers)
if(CELLMON_SANITIZE)
    # Clang takes none that was made with another optimisation.
    cellmon_precompiled(cold_headers ${CELLMON_PRECOMPILED})
    target_compile_options(cellmon_cold_headers PRIVATE ${CELLMON_COLD_OPTIONS})
    set(CELLMON_COLD_HEADERS cellmon_cold_headers)
endif()
if(CELLMON_TESTS)
    cellmon_precompiled(test_headers ${CELLMON_PRECOMPILED} <gtest/gtest.h>)
    target_link_libraries(cellmon_test_headers PRIVATE GTest::gtest)
    target_compile_options(cellmon_test_headers PRIVATE ${CELLMON_TEST_OPTIONS})
endif()
