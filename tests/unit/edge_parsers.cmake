# SPDX-License-Identifier: GPL-2.0-or-later
if(FG_WITH_EDGE)
    foreach(test bencode cookie_cache ip ng_frame ng_json ng_message sdes sdp sdp_rewrite)
        fg_unit_test(test_${test} SOURCES unit/test_${test}.c LIBS edge_parsers)
    endforeach()
endif()
