// SPDX-License-Identifier: GPL-2.0-or-later
#include "fgm_targets.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/forward.h"
#include "core/locking.h"
#include "core/parser/contact/parse_contact.h"
#include "core/parser/parse_rr.h"
#include "core/parser/parse_to.h"
#include "core/parser/parse_uri.h"
#include "fg/err.h"
#include "fg/hash.h"
#include "fgm_log.h"
#include "fgm_memory.h"
#include "fgm_params.h"
#include "fgm_str.h"

#define NOTES_MAX 16 // of a side
#define NOTE_LEN  16 // hex digits
#define HOST_MAX  256

struct notes {
    int n;
    char text[NOTES_MAX][NOTE_LEN]; // the newest first
};

static const struct dlg_binds *dialogs;
// A note is added to what is there: not by two processes at once.
static gen_lock_t *lock;

int fgm_targets_init(const struct dlg_binds *binds)
{
    dialogs = binds;
    lock = fgm_memory_map(sizeof *lock);
    return lock && lock_init(lock) ? FG_OK : FG_ENOMEM;
}

static str name_of(unsigned int leg)
{
    return fgm_str(leg == DLG_CALLER_LEG ? "fraudguard_caller" : "fraudguard_callee");
}

static void write_note(uint64_t hash, char out[NOTE_LEN])
{
    char text[NOTE_LEN + 1];
    snprintf(text, sizeof text, "%016" PRIx64, hash);
    memcpy(out, text, NOTE_LEN);
}

static void note_of_tag(const str *tag, char out[NOTE_LEN])
{
    const struct fg_view parts[] = {fg_view_of("tag"), fgm_view(*tag)};
    write_note(fg_hash128_parts(&fgm_config.hash_key, parts, 2).lo, out);
}

static unsigned short port_of(const struct sip_uri *uri)
{
    bool secure = uri->type == SIPS_URI_T || uri->proto == PROTO_TLS;
    return uri->port_no ? uri->port_no : secure ? SIPS_PORT : SIP_PORT;
}

// Parameters may be written in another order, or be added on the way: user, host and port say
// where it goes. False when it is no URI.
static bool note_of_uri(const str *text, char out[NOTE_LEN])
{
    struct sip_uri uri;
    char host[HOST_MAX];
    if (!text->s || text->len <= 0 || parse_uri(text->s, text->len, &uri) < 0 ||
        uri.host.len <= 0 || uri.host.len > HOST_MAX)
        return false;
    for (int i = 0; i < uri.host.len; i++) {
        char c = uri.host.s[i];
        host[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    const unsigned short port = port_of(&uri);
    const struct fg_view parts[] = {fg_view_of("uri"),
                                    fgm_view(uri.user),
                                    {host, (size_t)uri.host.len},
                                    {(const char *)&port, sizeof port}};
    write_note(fg_hash128_parts(&fgm_config.hash_key, parts, 4).lo, out);
    return true;
}

// The lock is held.
static void read_notes(struct dlg_cell *dialog, unsigned int leg, struct notes *out)
{
    str name = name_of(leg);
    const str *value = dialogs->get_dlg_varref(dialog, &name);
    out->n = value ? value->len / NOTE_LEN : 0;
    if (out->n > NOTES_MAX)
        out->n = NOTES_MAX;
    if (out->n > 0)
        memcpy(out->text, value->s, (size_t)out->n * NOTE_LEN);
}

static bool has(const struct notes *notes, const char note[NOTE_LEN])
{
    for (int i = 0; i < notes->n; i++) {
        if (memcmp(notes->text[i], note, NOTE_LEN) == 0)
            return true;
    }
    return false;
}

static bool add(struct notes *notes, const char note[NOTE_LEN])
{
    if (has(notes, note))
        return false;
    if (notes->n < NOTES_MAX)
        notes->n++;
    memmove(notes->text + 1, notes->text, (size_t)(notes->n - 1) * NOTE_LEN);
    memcpy(notes->text[0], note, NOTE_LEN);
    return true;
}

static bool add_uri(struct notes *notes, const str *uri)
{
    char note[NOTE_LEN];
    return note_of_uri(uri, note) && add(notes, note);
}

static bool add_contact(struct notes *notes, struct sip_msg *msg)
{
    if (!msg->contact || parse_contact(msg->contact) < 0)
        return false;
    const contact_body_t *body = msg->contact->parsed;
    return body->contacts && add_uri(notes, &body->contacts->uri);
}

static bool add_routes(struct notes *notes, struct sip_msg *msg)
{
    bool added = false;
    for (struct hdr_field *header = msg->record_route; header; header = next_sibling_hdr(header)) {
        if (parse_rr(header) < 0)
            return added;
        for (const rr_t *rr = header->parsed; rr; rr = rr->next)
            added |= add_uri(notes, &rr->nameaddr.uri);
    }
    return added;
}

static bool add_tag(struct notes *notes, struct sip_msg *msg)
{
    char note[NOTE_LEN];
    if (msg->first_line.type != SIP_REPLY || !msg->to || !msg->to->parsed ||
        get_to(msg)->tag_value.len <= 0)
        return false;
    note_of_tag(&get_to(msg)->tag_value, note);
    return add(notes, note);
}

void fgm_targets_note(struct dlg_cell *dialog, unsigned int leg, struct sip_msg *msg)
{
    struct notes notes;
    if (parse_headers(msg, HDR_EOH_F, 0) < 0)
        return;
    lock_get(lock);
    read_notes(dialog, leg, &notes);
    bool added = add_routes(&notes, msg);
    added |= add_contact(&notes, msg);
    added |= add_tag(&notes, msg);
    if (added) {
        str name = name_of(leg), value = {notes.text[0], notes.n * NOTE_LEN};
        if (dialogs->set_dlg_var(dialog, &name, &value) != 0)
            fgm_error("requests within a call may be refused: its dialog takes no variable");
    }
    lock_release(lock);
}

static void notes_of(struct dlg_cell *dialog, unsigned int leg, struct notes *out)
{
    lock_get(lock);
    read_notes(dialog, leg, out);
    lock_release(lock);
}

bool fgm_targets_has_tag(struct dlg_cell *dialog, const str *tag)
{
    struct notes notes;
    char note[NOTE_LEN];
    if (!tag->s || tag->len <= 0)
        return false;
    notes_of(dialog, DLG_CALLEE_LEG, &notes);
    note_of_tag(tag, note);
    return has(&notes, note);
}

static bool is_ours(const str *text)
{
    struct sip_uri uri;
    return parse_uri(text->s, text->len, &uri) == 0 && check_self(&uri.host, port_of(&uri), 0) == 1;
}

static bool is_named(const struct notes *notes, const str *uri)
{
    char note[NOTE_LEN];
    return note_of_uri(uri, note) && has(notes, note);
}

static bool are_routes_named(const struct notes *notes, struct sip_msg *msg)
{
    for (struct hdr_field *header = msg->route; header; header = next_sibling_hdr(header)) {
        if (parse_rr(header) < 0)
            return false;
        for (const rr_t *rr = header->parsed; rr; rr = rr->next) {
            const str *uri = &rr->nameaddr.uri;
            if (!is_named(notes, uri) && !is_ours(uri))
                return false;
        }
    }
    return true;
}

bool fgm_targets_allow(struct dlg_cell *dialog, unsigned int leg, struct sip_msg *msg)
{
    struct notes notes;
    if (parse_headers(msg, HDR_EOH_F, 0) < 0)
        return false;
    notes_of(dialog, DLG_CALLER_LEG, &notes);
    if (notes.n == 0)
        return true;
    if (leg != DLG_CALLER_LEG)
        notes_of(dialog, leg, &notes);
    return is_named(&notes, GET_RURI(msg)) && are_routes_named(&notes, msg);
}
