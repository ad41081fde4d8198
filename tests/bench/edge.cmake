# SPDX-License-Identifier: GPL-2.0-or-later
if(FG_WITH_EDGE AND BUILD_TESTING AND NOT FG_FUZZ)
    add_executable(bench_relay bench/bench_relay.c)
    target_include_directories(bench_relay PRIVATE unit)
    target_link_libraries(bench_relay PRIVATE fg_options edge_core)
    add_test(NAME bench_relay COMMAND bench_relay 50 5)
    set_tests_properties(bench_relay PROPERTIES LABELS bench TIMEOUT 120)
    # The load of tests/bench/relay, which compares with rtpengine; run by hand.
    add_executable(relay_load bench/relay_load.c)
    target_link_libraries(relay_load PRIVATE fg_options edge_core)
endif()
