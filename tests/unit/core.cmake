# SPDX-License-Identifier: GPL-2.0-or-later
foreach(unit values heap hash calendar exposure known meter network peers prefix number registers ruleset)
    fg_unit_test(test_${unit} SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_${unit}.c LIBS fg_core)
endforeach()
foreach(unit customer decide decide_cut destination engine_properties explain hold identity meter_kinds overrides
    plan)
    fg_unit_test(test_${unit}
        SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_${unit}.c ${CMAKE_CURRENT_LIST_DIR}/engine_fixture.c
        LIBS fg_core)
endforeach()
foreach(unit overrides plan)
    if(TARGET test_${unit})
        target_link_options(test_${unit} PRIVATE -Wl,--wrap=malloc)
    endif()
endforeach()
