# SPDX-License-Identifier: GPL-2.0-or-later
fg_fuzz_target(fuzz_pack SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_pack.c LIBS fg_pack)
fg_fuzz_target(fuzz_customers SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_customers.c LIBS fg_pack)
fg_fuzz_target(fuzz_bounds SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_bounds.c LIBS fg_pack)
fg_fuzz_target(fuzz_csv SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_csv.c LIBS fg_pack)
fg_fuzz_target(fuzz_mmdb SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_mmdb.c LIBS fg_pack)
fg_fuzz_target(fuzz_layout SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_layout.c LIBS fg_pack)
fg_fuzz_target(fuzz_lint SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_lint.c LIBS fg_pack)
fg_fuzz_target(fuzz_promote SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_promote.c LIBS fg_pack)
fg_fuzz_target(fuzz_packtest SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_packtest.c LIBS fg_packtest)
# The readers of CSV and networks, the trees that edits are checked by and the reader of tests are
# those parts' own.
foreach(target fuzz_csv fuzz_mmdb fuzz_promote fuzz_packtest)
    if(TARGET ${target})
        target_include_directories(${target} PRIVATE
            ${PROJECT_SOURCE_DIR}/engine/pack ${PROJECT_SOURCE_DIR}/engine/packtest)
    endif()
endforeach()
