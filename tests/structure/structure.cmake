# SPDX-License-Identifier: GPL-2.0-or-later
# Tests of the tree itself: who may include what, what the engine's core may call, conventions.
find_program(FG_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
if(NOT FG_PYTHON)
    find_program(FG_PYTHON python3 REQUIRED)
endif()

function(fg_structure_test name)
    add_test(NAME structure_${name} COMMAND ${FG_PYTHON} -B ${CMAKE_CURRENT_SOURCE_DIR}/structure/${ARGN})
    set_tests_properties(structure_${name} PROPERTIES LABELS structure TIMEOUT 60)
endfunction()

fg_structure_test(checkers test_checkers.py)
fg_structure_test(includes includes.py ${PROJECT_SOURCE_DIR})
fg_structure_test(conventions conventions.py ${PROJECT_SOURCE_DIR})
# What is generated from the code and kept in the tree.
if(TARGET fgctl)
    fg_structure_test(generated generated.py ${PROJECT_SOURCE_DIR} $<TARGET_FILE:fgctl>)
endif()
# Sanitizers and coverage add calls and counters of their own.
if(NOT FG_SANITIZE AND NOT FG_COVERAGE)
    fg_structure_test(core_symbols symbols.py ${PROJECT_BINARY_DIR}/engine/core/libfg_core.a)
endif()
