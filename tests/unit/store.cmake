# SPDX-License-Identifier: GPL-2.0-or-later
set(server unit/store_server.c unit/store_proxy.c)
fg_unit_test(test_store_differential
    SOURCES unit/test_store_differential.c ${server} LIBS fg_store)
# These look inside, too.
foreach(test store_channel store_guarded store_local store_redis store_redis_cluster
        store_redis_holds store_registers store_slots)
    set(sources unit/test_${test}.c ${server})
    if(test MATCHES "store_re")
        list(APPEND sources unit/redis_fixture.c)
    endif()
    fg_unit_test(test_${test} SOURCES ${sources} LIBS fg_store)
    if(TARGET test_${test})
        target_include_directories(test_${test} PRIVATE ${PROJECT_SOURCE_DIR}/engine/store)
    endif()
endforeach()
fg_unit_test(test_allowance
    SOURCES unit/test_allowance.c unit/engine_fixture.c LIBS fg_core fg_store)
fg_unit_test(test_meter_memory
    SOURCES unit/test_meter_memory.c unit/engine_fixture.c LIBS fg_core fg_store)
fg_unit_test(test_meter_typical
    SOURCES unit/test_meter_typical.c unit/engine_fixture.c ${server} LIBS fg_core fg_store)
if(TARGET test_meter_typical)
    target_include_directories(test_meter_typical PRIVATE ${PROJECT_SOURCE_DIR}/engine/store)
endif()
