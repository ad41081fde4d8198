// SPDX-License-Identifier: GPL-2.0-or-later
// Pieces of JSON that several records share. Private to engine/record.
#pragma once

#include "fg/identity.h"
#include "fg/json.h"
#include "fg/record.h"
#include "fg/view.h"

// Sets "call_id" and, where it is not plain text, "call_id_hex" with its bytes, so that nothing of
// a hostile Call-ID is lost. False when out of memory.
bool fg_record_set_call_id(struct fg_json *object, struct fg_view call_id);
// Reads a Call-ID that was written as a whole; out is zeroed. FG_ESYNTAX.
FG_MUST_CHECK int fg_record_read_call_id(const struct fg_json *json, char out[FG_CALL_ID_MAX + 1]);
// Sets "tls" as seen at now_ms [Unix ms]; null when peer is NULL or did not use TLS.
bool fg_record_set_tls(struct fg_json *object, const struct fg_tls_peer *peer, int64_t now_ms);
// Formats and frees object; NULL when complete is false.
char *fg_record_finish(struct fg_json *object, bool complete);
