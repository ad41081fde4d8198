# SPDX-License-Identifier: GPL-2.0-or-later
# The queues are fg_replay's own.
fg_unit_test(test_replay_calls SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_replay_calls.c LIBS fg_replay)
fg_unit_test(test_replay_queue SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_replay_queue.c LIBS fg_replay)
if(TARGET test_replay_queue)
    target_include_directories(test_replay_queue PRIVATE ${PROJECT_SOURCE_DIR}/engine/replay)
endif()
fg_unit_test(test_replay_summary
    SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_replay_summary.c LIBS fg_replay)
foreach(unit compare replay replay_identity)
    fg_unit_test(test_${unit}
        SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_${unit}.c
            ${CMAKE_CURRENT_LIST_DIR}/engine_fixture.c ${CMAKE_CURRENT_LIST_DIR}/replay_fixture.c
        LIBS fg_replay)
endforeach()
