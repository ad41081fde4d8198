# SPDX-License-Identifier: GPL-2.0-or-later
foreach(target number identity_name)
    fg_fuzz_target(fuzz_${target} SOURCES ${CMAKE_CURRENT_LIST_DIR}/fuzz_${target}.c LIBS fg_core)
endforeach()
