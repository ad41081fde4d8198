# SPDX-License-Identifier: GPL-2.0-or-later
if(FG_WITH_EDGE)
    foreach(test packet ports blocks relay dialogue edge_config hold_message leg_keys mailbox srtp_positions state_record state_seal)
        fg_unit_test(test_${test} SOURCES unit/test_${test}.c LIBS edge_core)
    endforeach()
endif()
