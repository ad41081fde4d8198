# SPDX-License-Identifier: GPL-2.0-or-later
fg_unit_test(test_bound
    SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_bound.c ${CMAKE_CURRENT_LIST_DIR}/bound_attack.c
        ${CMAKE_CURRENT_LIST_DIR}/engine_fixture.c
    LIBS fg_bound fg_store fg_pack)
if(TARGET test_bound)
    target_compile_definitions(test_bound PRIVATE
        RULES_DIR="${PROJECT_SOURCE_DIR}/rules")
endif()
