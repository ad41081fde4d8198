# SPDX-License-Identifier: GPL-2.0-or-later
fg_fuzz_target(fuzz_calls
    SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_calls.c LIBS fg_replay)
