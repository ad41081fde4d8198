# SPDX-License-Identifier: GPL-2.0-or-later
if(BUILD_TESTING AND NOT FG_FUZZ)
    add_executable(bench_load bench/bench_load.c)
    target_link_libraries(bench_load PRIVATE fg_options fg_pack)
    add_test(NAME bench_load COMMAND bench_load ${PROJECT_SOURCE_DIR}/rules/data 1)
    set_tests_properties(bench_load PROPERTIES LABELS bench TIMEOUT 120)
endif()
