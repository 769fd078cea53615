# Files of a target are compiled several at once: most of the time of a build goes into what their headers have in common
# (docs/decisions/0017-files-compiled-together.md).
option(CELLMON_APART "Compile each file by itself: for clang-tidy, and for who changes one file again and again" OFF)

set(CELLMON_BATCH 20 CACHE STRING "How many files are compiled as one; 0: all of a target, which shows each name that two of them use")

# cellmon_together(TARGET): for each target of ours that is more than a few files.
function(cellmon_together target)
    if(NOT CELLMON_APART)
        set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${CELLMON_BATCH})
        # GCC takes what is local to one of the files for the contents of a header.
        target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
    endif()
endfunction()
