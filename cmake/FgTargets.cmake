# SPDX-License-Identifier: GPL-2.0-or-later
# One function a kind of target, so that every folder states what it is and nothing else.

# fg_library(NAME SOURCES... [PUBLIC libs] [PRIVATE libs]): a static library whose public headers are in include/.
function(fg_library name)
    cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
    add_library(${name} STATIC ${ARG_SOURCES})
    target_include_directories(${name} PUBLIC include PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(${name} PUBLIC ${ARG_PUBLIC} PRIVATE fg_options ${ARG_PRIVATE})
endfunction()

# Every report of a sanitizer ends the test that caused it.
set(FG_TEST_ENVIRONMENT
    "ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:abort_on_error=0"
    "UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1"
    "TSAN_OPTIONS=halt_on_error=1")

# fg_unit_test(NAME SOURCES... LIBS...): one cmocka binary, one CTest entry with the label `unit`.
# A no-op in builds without tests and in the fuzz build.
function(fg_unit_test name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
    if(FG_FUZZ OR NOT BUILD_TESTING)
        return()
    endif()
    find_package(PkgConfig REQUIRED)
    if(NOT TARGET PkgConfig::CMOCKA)
        pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET GLOBAL cmocka)
    endif()
    add_executable(${name} ${ARG_SOURCES})
    target_link_libraries(${name} PRIVATE fg_options ${ARG_LIBS} PkgConfig::CMOCKA)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES
        LABELS unit TIMEOUT 120 ENVIRONMENT "${FG_TEST_ENVIRONMENT}")
endfunction()

# fg_fuzz_target(NAME SOURCES... LIBS...): a libFuzzer binary and a CTest entry with the label `fuzz`
# that replays the seed corpus, tests/fuzz/corpus/NAME, and goes on for FG_FUZZ_SECONDS. What it
# learns stays in the build directory. Built only with -DFG_FUZZ=ON (clang); otherwise a no-op.
set(FG_FUZZ_SECONDS 5 CACHE STRING "How long the CTest entry of each fuzz target runs [s]")
function(fg_fuzz_target name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
    if(NOT FG_FUZZ)
        return()
    endif()
    add_executable(${name} ${ARG_SOURCES})
    target_link_libraries(${name} PRIVATE fg_options ${ARG_LIBS})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    set(learned "${CMAKE_BINARY_DIR}/fuzz-corpus/${name}")
    file(MAKE_DIRECTORY "${learned}")
    math(EXPR timeout_s "${FG_FUZZ_SECONDS} + 120")
    add_test(NAME ${name} COMMAND ${name}
        -max_total_time=${FG_FUZZ_SECONDS} -timeout=10 -rss_limit_mb=2048 -print_final_stats=1
        -artifact_prefix=${CMAKE_BINARY_DIR}/${name}- ${learned} ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name})
    set_tests_properties(${name} PROPERTIES
        LABELS fuzz TIMEOUT ${timeout_s} ENVIRONMENT "${FG_TEST_ENVIRONMENT}")
endfunction()
