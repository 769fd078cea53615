# cellmon_module(NAME [COLD] [PROCESSES number] [DEPENDS library…] [TEST_DEPENDS library…])
#
# One folder is one static library: every `x.cpp` beside the CMakeLists.txt belongs to it, every `x_test.cpp`
# belongs to its test program `cellmon_NAME_test`. A new file is picked up by itself.
#
# Several files are compiled as one (docs/decisions/0017-files-compiled-together.md), so what is local to a file has a name
# that no other file of the module uses.
#
# COLD: no event passes through it, so it is built quickly rather than to be quick.
# PROCESSES: ctest runs the test program as so many processes, for tests that share something dear to make, such as a
# PostgreSQL; else each test is a process.
function(cellmon_module name)
    cmake_parse_arguments(MODULE "COLD" "PROCESSES" "DEPENDS;TEST_DEPENDS" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
    set(tests ${sources})
    list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
    list(FILTER tests INCLUDE REGEX "_test\\.cpp$")

    if(sources)
        add_library(cellmon_${name} STATIC ${sources})
        cellmon_together(cellmon_${name})
        target_link_libraries(cellmon_${name} PUBLIC cellmon_options ${MODULE_DEPENDS})
        if(MODULE_COLD)
            target_compile_options(cellmon_${name} PRIVATE ${CELLMON_COLD_OPTIONS})
            target_precompile_headers(cellmon_${name} REUSE_FROM ${CELLMON_COLD_HEADERS})
        else()
            target_precompile_headers(cellmon_${name} REUSE_FROM cellmon_headers)
        endif()
    else()
        add_library(cellmon_${name} INTERFACE)
        target_link_libraries(cellmon_${name} INTERFACE cellmon_options ${MODULE_DEPENDS})
    endif()

    if(CELLMON_TESTS AND tests)
        add_executable(cellmon_${name}_test ${tests})
        cellmon_together(cellmon_${name}_test)
        target_link_libraries(cellmon_${name}_test PRIVATE
            cellmon_${name} ${MODULE_TEST_DEPENDS} GTest::gtest GTest::gtest_main rapidcheck)
        target_compile_options(cellmon_${name}_test PRIVATE ${CELLMON_TEST_OPTIONS})
        target_precompile_headers(cellmon_${name}_test REUSE_FROM cellmon_test_headers)
        if(MODULE_PROCESSES)
            math(EXPR last "${MODULE_PROCESSES} - 1")
            foreach(index RANGE ${last})
                set(part cellmon_${name}_test_${index})
                add_test(NAME ${part} COMMAND cellmon_${name}_test)
                # The longest ones first, or the last of them has a core for itself.
                set_tests_properties(${part} PROPERTIES LABELS unit COST ${MODULE_PROCESSES}
                    ENVIRONMENT "GTEST_TOTAL_SHARDS=${MODULE_PROCESSES};GTEST_SHARD_INDEX=${index}")
            endforeach()
        else()
            gtest_discover_tests(cellmon_${name}_test DISCOVERY_MODE PRE_TEST PROPERTIES LABELS unit)
        endif()
    endif()
endfunction()
