// SPDX-License-Identifier: GPL-2.0-or-later
// Requests as Kamailio 5.6.3's rtpengine module sends them (tags and order as captured).
#pragma once

// clang-format off
#define NG_PING \
    "0_14910_0 d7:command4:pinge"
#define NG_OFFER \
    "0_14910_1 d8:supportsl10:load limite3:sdp290:v=0\r\no=pbx 2890844526 2890844526 " \
    "IN IP4 10.9.8.7\r\ns=call\r\nc=IN IP4 10.9.8.7\r\nt=0 0\r\nm=audio 41000 RTP/SAV" \
    "P 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=crypto" \
    ":1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^31|" \
    "1:4\r\na=rtcp:41001\r\na=sendrecv\r\n3:ICE6:remove4:DTLS3:off14:address-family3:" \
    "IP413:media-address9:127.0.0.95:label4:cust3:TOSi184e12:drop-traffic5:start17:en" \
    "dpoint-learning9:immediate11:record-call2:no9:directionl3:pub4:prive5:flagsl13:s" \
    "trict-source13:trust-address13:port-latchinge7:replacel6:origin18:session-connec" \
    "tione18:transport-protocol7:RTP/AVP8:rtcp-muxl5:demuxe4:SDESl28:only-AES_CM_128_" \
    "HMAC_SHA1_8026:no-AES_CM_128_HMAC_SHA1_323:pade7:call-id28:a84b4c76e66710@cust1." \
    "example10:via-branch9:z9hG4bK-113:received-froml3:IP49:127.0.0.1e8:from-tag6:A" \
    "AA1117:command5:offere"
#define NG_ANSWER \
    "0_14910_3 d8:supportsl10:load limite3:sdp161:v=0\r\no=- 5 6 IN IP4 127.0.0.1\r\n" \
    "s=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 42000 RTP/AVP 8 101\r\na=rtpmap:8 " \
    "PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n4:DTLS3:off12:dr" \
    "op-traffic4:stop18:transport-protocol8:RTP/SAVP7:call-id28:a84b4c76e66710@cust1." \
    "example10:via-branch9:z9hG4bK-113:received-froml3:IP49:127.0.0.1e8:from-tag6:A" \
    "AA1116:to-tag6:BBB2227:command6:answere"
#define NG_BLOCK \
    "0_14910_4 d8:supportsl10:load limite7:call-id28:a84b4c76e66710@cust1.example13:r" \
    "eceived-froml3:IP49:127.0.0.1e7:command11:block mediae"
#define NG_BLOCK_ONE \
    "0_14910_5 d8:supportsl10:load limite7:call-id28:a84b4c76e66710@cust1.example13:r" \
    "eceived-froml3:IP49:127.0.0.1e8:from-tag6:AAA1117:command11:block mediae"
#define NG_UNBLOCK_ALL \
    "0_14910_7 d8:supportsl10:load limite5:flagsl3:alle7:call-id28:a84b4c76e66710@cus" \
    "t1.example13:received-froml3:IP49:127.0.0.1e7:command13:unblock mediae"
#define NG_QUERY \
    "0_14910_21 d8:supportsl10:load limite7:call-id28:a84b4c76e66710@cust1.example13:" \
    "received-froml3:IP49:127.0.0.1e8:from-tag6:BBB2226:to-tag6:AAA1117:command5:quer" \
    "ye"
#define NG_DELETE \
    "0_14910_23 d8:supportsl10:load limite7:call-id28:a84b4c76e66710@cust1.example13:" \
    "received-froml3:IP49:127.0.0.1e8:from-tag6:BBB2227:command6:deletee"
#define NG_DELETE_BOTH \
    "0_14910_25 d8:supportsl10:load limite12:delete delayi5e12:delete-delay1:07:call-" \
    "id28:a84b4c76e66710@cust1.example10:via-branch10:z9hG4bK-2013:received-froml3:IP" \
    "49:127.0.0.1e8:from-tag3:CCC7:command6:deletee"
// clang-format on
