# cellmon_module(NAME [ONE_PROCESS] [DEPENDS library…] [TEST_DEPENDS library…])
#
# One folder is one static library: every `x.cpp` beside the CMakeLists.txt belongs to it, every `x_test.cpp`
# belongs to its test program `cellmon_NAME_test`. A new file is picked up by itself.
#
# ONE_PROCESS: ctest runs the whole test program at once, for tests that share something dear to make.
function(cellmon_module name)
    cmake_parse_arguments(MODULE "ONE_PROCESS" "" "DEPENDS;TEST_DEPENDS" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
    set(tests ${sources})
    list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
    list(FILTER tests INCLUDE REGEX "_test\\.cpp$")

    if(sources)
        add_library(cellmon_${name} STATIC ${sources})
        target_precompile_headers(cellmon_${name} REUSE_FROM cellmon_headers)
        target_link_libraries(cellmon_${name} PUBLIC cellmon_options ${MODULE_DEPENDS})
    else()
        add_library(cellmon_${name} INTERFACE)
        target_link_libraries(cellmon_${name} INTERFACE cellmon_options ${MODULE_DEPENDS})
    endif()

    if(CELLMON_TESTS AND tests)
        add_executable(cellmon_${name}_test ${tests})
        target_link_libraries(cellmon_${name}_test PRIVATE
            cellmon_${name} ${MODULE_TEST_DEPENDS} GTest::gtest GTest::gtest_main rapidcheck)
        target_compile_options(cellmon_${name}_test PRIVATE ${CELLMON_TEST_OPTIONS})
        target_precompile_headers(cellmon_${name}_test REUSE_FROM cellmon_test_headers)
        if(MODULE_ONE_PROCESS)
            add_test(NAME cellmon_${name}_test COMMAND cellmon_${name}_test)
            set_tests_properties(cellmon_${name}_test PROPERTIES LABELS unit)
        else()
            gtest_discover_tests(cellmon_${name}_test DISCOVERY_MODE PRE_TEST PROPERTIES LABELS unit)
        endif()
    endif()
endfunction()
