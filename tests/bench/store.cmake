# SPDX-License-Identifier: GPL-2.0-or-later
if(BUILD_TESTING AND NOT FG_FUZZ)
    add_executable(bench_store bench/bench_store.c unit/store_server.c)
    target_include_directories(bench_store PRIVATE unit ${PROJECT_SOURCE_DIR}/engine/store)
    target_link_libraries(bench_store PRIVATE fg_options fg_store)
    add_test(NAME bench_store COMMAND bench_store 200)
    set_tests_properties(bench_store PROPERTIES LABELS bench TIMEOUT 120)
endif()
