# SPDX-License-Identifier: GPL-2.0-or-later
if(NOT FG_FUZZ AND BUILD_TESTING)
    add_executable(bench_engine ${CMAKE_CURRENT_LIST_DIR}/bench_engine.c)
    target_link_libraries(bench_engine PRIVATE fg_options fg_pack fg_store)
    target_link_options(bench_engine PRIVATE
        -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc)
    add_test(NAME bench_engine COMMAND bench_engine ${PROJECT_SOURCE_DIR}/rules)
    set_tests_properties(bench_engine PROPERTIES LABELS bench TIMEOUT 120)
endif()
# The load of tests/bench/flood and outage, which build it for themselves; here for the checkers.
if(NOT FG_FUZZ AND BUILD_TESTING)
    find_package(OpenSSL 3 REQUIRED)
    add_executable(trunk_load ${CMAKE_CURRENT_LIST_DIR}/trunk_load.c)
    target_link_libraries(trunk_load PRIVATE fg_options OpenSSL::SSL OpenSSL::Crypto)
endif()
