# SPDX-License-Identifier: GPL-2.0-or-later
if(FG_WITH_EDGE)
    # One a line, so that branches that add some do not meet.
    foreach(test
            blocks
            dialogue
            edge_config
            hold_message
            io_uring
            leg_keys
            load_watch
            mailbox
            media_facts
            packet
            ports
            raw_udp
            relay
            relay_long
            srtp
            srtp_positions
            state_queue
            state_record
            state_seal)
        fg_unit_test(test_${test} SOURCES unit/test_${test}.c LIBS edge_core)
    endforeach()
    fg_unit_test(test_dtls SOURCES unit/test_dtls.c LIBS edge_core OpenSSL::SSL)
    fg_unit_test(test_leg_dtls SOURCES unit/test_leg_dtls.c LIBS edge_core)
    fg_unit_test(test_dtls_fingerprint SOURCES unit/test_dtls_fingerprint.c LIBS edge_parsers)
endif()
