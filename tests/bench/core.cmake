# SPDX-License-Identifier: GPL-2.0-or-later
if(NOT FG_FUZZ AND BUILD_TESTING)
    add_executable(bench_engine
        ${CMAKE_CURRENT_LIST_DIR}/bench_engine.c ${CMAKE_CURRENT_LIST_DIR}/../unit/engine_fixture.c)
    target_include_directories(bench_engine PRIVATE ${CMAKE_CURRENT_LIST_DIR}/../unit)
    target_link_libraries(bench_engine PRIVATE fg_options fg_core PkgConfig::CMOCKA)
    add_test(NAME bench_engine COMMAND bench_engine)
    set_tests_properties(bench_engine PROPERTIES LABELS bench TIMEOUT 120)
endif()
