# SPDX-License-Identifier: GPL-2.0-or-later
foreach(target redis_reply redis_slots redis_url)
    fg_fuzz_target(fuzz_${target} SOURCES fuzz/fuzz_${target}.c LIBS fg_store)
    if(TARGET fuzz_${target})
        target_include_directories(fuzz_${target} PRIVATE ${PROJECT_SOURCE_DIR}/engine/store)
    endif()
endforeach()
