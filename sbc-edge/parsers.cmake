# SPDX-License-Identifier: GPL-2.0-or-later
# edge_parsers: what the relay reads and writes (ng, SDES, SDP), as pure functions over bytes.
find_package(PkgConfig REQUIRED)
if(NOT TARGET PkgConfig::JANSSON)
    pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET GLOBAL jansson)
endif()

add_library(edge_parsers STATIC
    ${CMAKE_CURRENT_LIST_DIR}/base64.c
    ${CMAKE_CURRENT_LIST_DIR}/bencode.c
    ${CMAKE_CURRENT_LIST_DIR}/cookie_cache.c
    ${CMAKE_CURRENT_LIST_DIR}/decimal.c
    ${CMAKE_CURRENT_LIST_DIR}/dtls_fingerprint.c
    ${CMAKE_CURRENT_LIST_DIR}/dtls_hello.c
    ${CMAKE_CURRENT_LIST_DIR}/ip.c
    ${CMAKE_CURRENT_LIST_DIR}/ng_flag_string.c
    ${CMAKE_CURRENT_LIST_DIR}/ng_frame.c
    ${CMAKE_CURRENT_LIST_DIR}/ng_ignored.c
    ${CMAKE_CURRENT_LIST_DIR}/ng_json.c
    ${CMAKE_CURRENT_LIST_DIR}/ng_message.c
    ${CMAKE_CURRENT_LIST_DIR}/ng_request_fields.c
    ${CMAKE_CURRENT_LIST_DIR}/ng_sdes_list.c
    ${CMAKE_CURRENT_LIST_DIR}/ng_value.c
    ${CMAKE_CURRENT_LIST_DIR}/ng_word.c
    ${CMAKE_CURRENT_LIST_DIR}/output.c
    ${CMAKE_CURRENT_LIST_DIR}/parse_error.c
    ${CMAKE_CURRENT_LIST_DIR}/sdes.c
    ${CMAKE_CURRENT_LIST_DIR}/sdp.c
    ${CMAKE_CURRENT_LIST_DIR}/sdp_attribute.c
    ${CMAKE_CURRENT_LIST_DIR}/sdp_names.c
    ${CMAKE_CURRENT_LIST_DIR}/sdp_rewrite.c
    ${CMAKE_CURRENT_LIST_DIR}/srtp_suite.c)
target_include_directories(edge_parsers PUBLIC ${CMAKE_CURRENT_LIST_DIR})
target_link_libraries(edge_parsers PRIVATE fg_options PkgConfig::JANSSON)
