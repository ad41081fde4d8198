# SPDX-License-Identifier: GPL-2.0-or-later
# The readers of YAML, CSV and times are fg_pack's own.
set(pack_private ${PROJECT_SOURCE_DIR}/engine/pack)
set(pack_fixture ${CMAKE_CURRENT_LIST_DIR}/pack_fixture.c)
foreach(unit diag lint meter_limits misread mistakes yaml pack pack_hold pack_limits pack_meters pack_networks pack_overrides customers never quotes zone csv policy)
    fg_unit_test(test_${unit}
        SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_${unit}.c ${pack_fixture} LIBS fg_pack)
    if(TARGET test_${unit})
        target_include_directories(test_${unit} PRIVATE ${pack_private})
    endif()
endforeach()
if(TARGET test_meter_limits)
    target_compile_definitions(test_meter_limits PRIVATE RULES_DIR="${PROJECT_SOURCE_DIR}/rules")
endif()
if(TARGET fg_packtest)
    fg_unit_test(test_packtest SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_packtest.c LIBS fg_packtest)
endif()
# Small packs that show one thing each, with their tests.
foreach(pack history holidays media new trunks usual)
    add_test(NAME packs_${pack} COMMAND fgctl rules test --data ${PROJECT_SOURCE_DIR}/rules/data
        ${PROJECT_SOURCE_DIR}/tests/packs/${pack})
    set_tests_properties(packs_${pack} PROPERTIES
        LABELS unit TIMEOUT 120 ENVIRONMENT "${FG_TEST_ENVIRONMENT}")
endforeach()
fg_unit_test(test_replies
    SOURCES unit/test_replies.c unit/engine_fixture.c ${pack_fixture} LIBS fg_pack fg_core)
