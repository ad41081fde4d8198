# SPDX-License-Identifier: GPL-2.0-or-later
if(FG_WITH_EDGE)
    foreach(target dtls relay srtp state_record state_seal hold_message)
        fg_fuzz_target(fuzz_${target} SOURCES fuzz/fuzz_${target}.c LIBS edge_core)
    endforeach()
endif()
