# SPDX-License-Identifier: GPL-2.0-or-later
if(BUILD_TESTING AND NOT FG_FUZZ)
    add_executable(bench_replay bench/bench_replay.c)
    target_link_libraries(bench_replay PRIVATE fg_options fg_replay fg_pack)
    add_test(NAME bench_replay COMMAND bench_replay ${PROJECT_SOURCE_DIR}/rules 20000)
    set_tests_properties(bench_replay PROPERTIES LABELS bench TIMEOUT 120)
endif()
