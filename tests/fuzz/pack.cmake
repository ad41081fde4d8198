# SPDX-License-Identifier: GPL-2.0-or-later
fg_fuzz_target(fuzz_pack SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_pack.c LIBS fg_pack)
fg_fuzz_target(fuzz_customers SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_customers.c LIBS fg_pack)
fg_fuzz_target(fuzz_bounds SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_bounds.c LIBS fg_pack)
fg_fuzz_target(fuzz_csv SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_csv.c LIBS fg_pack)
fg_fuzz_target(fuzz_mmdb SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_mmdb.c LIBS fg_pack)
foreach(target fuzz_csv fuzz_mmdb)
    if(TARGET ${target})
        # The readers of networks are fg_pack's own.
        target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/engine/pack)
    endif()
endforeach()
