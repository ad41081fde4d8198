# SPDX-License-Identifier: GPL-2.0-or-later
# One function a kind of target, so that every folder states what it is and nothing else.

# fg_library(NAME SOURCES... [PUBLIC libs] [PRIVATE libs]): a static library whose public headers are in include/.
function(fg_library name)
    cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
    add_library(${name} STATIC ${ARG_SOURCES})
    target_include_directories(${name} PUBLIC include PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(${name} PUBLIC ${ARG_PUBLIC} PRIVATE fg_options ${ARG_PRIVATE})
endfunction()

# fg_unit_test(NAME SOURCES... LIBS...): one cmocka binary, one CTest entry with the label `unit`.
function(fg_unit_test name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
    if(FG_FUZZ)
        return()
    endif()
    find_package(PkgConfig REQUIRED)
    pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET GLOBAL cmocka)
    add_executable(${name} ${ARG_SOURCES})
    target_link_libraries(${name} PRIVATE fg_options ${ARG_LIBS} PkgConfig::CMOCKA)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 120)
endfunction()

# fg_fuzz_target(NAME SOURCES... LIBS...): a libFuzzer binary; built only with -DFG_FUZZ=ON (clang).
# Its seed corpus lies in tests/fuzz/corpus/NAME. Otherwise a no-op.
function(fg_fuzz_target name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
    if(NOT FG_FUZZ)
        return()
    endif()
    add_executable(${name} ${ARG_SOURCES})
    target_link_libraries(${name} PRIVATE fg_options ${ARG_LIBS})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endfunction()
