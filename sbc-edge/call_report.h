// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "session.h"

/**
 * What is told of a call as a whole: its media, at intervals (docs/redis-schema.md, media facts),
 * and at its end what its verdicts did (docs/events.md, media.silenced). Taken by the thread that
 * owns the call, written as JSON by another. Pure.
 */

/** Longest Call-ID that is told; calls with longer ones are not, since nobody could name them. */
#define EDGE_REPORT_CALL_ID_MAX 255
/** Longest label that is told, of [A-Za-z0-9._-]. */
#define EDGE_REPORT_LABEL_MAX 31
/** Who has sent within this time is there. */
#define EDGE_PRESENT_NS 5000000000u
/** Room that the JSON of a report needs. */
#define EDGE_REPORT_JSON_MAX 12288

struct edge_side_report {
    bool is_there;                         /**< the leg has audio */
    char label[EDGE_REPORT_LABEL_MAX + 1]; /**< the leg's; empty: none, or none of words */
    bool is_encrypted;                     /**< keys for both ways */
    enum edge_srtp_suite suite;
    char codec[EDGE_CODEC_MAX + 1];
    uint64_t packets;
    struct edge_media_look look;
    uint32_t keys;
    uint32_t idle_s; /**< since the last packet, or the answer */
};

struct edge_leg_proof {
    bool is_caller;
    struct edge_verdict verdict;
    uint64_t last_forwarded_us; /**< Unix [us]; 0: never */
    uint64_t drops[EDGE_DROP_COUNT];
};

struct edge_call_report {
    uint16_t call_id_length;
    char call_id[EDGE_REPORT_CALL_ID_MAX];
    char customer[EDGE_CUSTOMER_MAX + 1];
    uint64_t at_us; /**< Unix */
    uint64_t created_us;
    bool is_on_hold;
    uint32_t up_s;      /**< since the answer */
    uint32_t silent_s;  /**< how long there has been nothing to hear from either side */
    uint32_t one_way_s; /**< how long only one side has sent anything */
    struct edge_side_report caller;
    struct edge_side_report called;
    unsigned n_proofs;
    struct edge_leg_proof proofs[EDGE_LEGS_MAX];
};

/**
 * Looks at a call (and begins its next interval). `has_end`: also at its verdicts. False when there
 * is nothing to tell: not answered and never silenced, or a Call-ID that is too long.
 */
bool edge_call_report_take(struct edge_session *session, bool has_end, uint64_t now_ns,
                           uint64_t now_us, struct edge_call_report *out);

/** Bytes of the report that are in use: the rest need not be copied. */
size_t edge_call_report_size(const struct edge_call_report *report);

/**
 * The message about a call's media, and the event about its verdicts, as one line of JSON. `node`:
 * this relay's name, of [A-Za-z0-9._-]. Return its length, or 0 when it does not fit.
 */
size_t edge_call_report_format(const struct edge_call_report *report, const char *node, char *out,
                               size_t size);
size_t edge_call_report_format_proof(const struct edge_call_report *report, const char *node,
                                     char *out, size_t size);
