// SPDX-License-Identifier: GPL-2.0-or-later
// The beginning and the end of an attack, as JSON.
#include <inttypes.h>
#include <stdio.h>

#include "fg/record.h"
#include "record_json.h"

static const char *kind_name(enum fg_attack_kind kind)
{
    static const char *const names[] = {
        [FG_ATTACK_SOURCE] = "source",
        [FG_ATTACK_CONNECTION] = "connection",
        [FG_ATTACK_CERTIFICATE] = "certificate",
        [FG_ATTACK_NUMBER] = "number",
    };
    return names[kind];
}

const char *fg_attack_kind_name(enum fg_attack_kind kind)
{
    return kind_name(kind);
}

static int64_t saturate(uint64_t count)
{
    return count > (uint64_t)INT64_MAX ? INT64_MAX : (int64_t)count;
}

static bool set_size(struct fg_json *object, const struct fg_attack *attack)
{
    return fg_json_set_integer(object, "since_ms", attack->since_ms) &&
           fg_json_set_integer(object, "last_ms", attack->last_ms) &&
           fg_json_set_integer(object, "calls", saturate(attack->calls)) &&
           fg_json_set_integer(object, "refused", saturate(attack->refused)) &&
           fg_json_set_integer(object, "dropped", saturate(attack->dropped)) &&
           fg_json_set_integer(object, "peak_per_minute", saturate(attack->peak_per_minute)) &&
           (attack->callers == 0 || fg_json_set_integer(object, "callers", attack->callers));
}

static void format_reason(const struct fg_attack *attack, char *out, size_t size)
{
    char callers[40] = "";
    if (attack->callers > 0)
        (void)snprintf(callers, sizeof(callers), " by about %" PRIu32 " callers", attack->callers);
    (void)snprintf(out, size,
                   "flood, %s %s: %" PRIu64 " %s%s, %" PRIu64 " refused, %" PRIu64
                   " dropped, at most %" PRIu64 " a minute",
                   kind_name(attack->kind), attack->subject, attack->calls,
                   attack->kind == FG_ATTACK_NUMBER ? "calls" : "requests", callers,
                   attack->refused, attack->dropped, attack->peak_per_minute);
}

char *fg_record_attack(const char *node, const struct fg_attack *attack, bool ended, int64_t now_ms)
{
    char id[17], reason[256];
    struct fg_json *object = fg_json_object_new();
    (void)snprintf(id, sizeof(id), "%016" PRIx64, attack->id);
    format_reason(attack, reason, sizeof(reason));
    const bool complete =
        fg_json_set_integer(object, "v", FG_RECORD_VERSION) &&
        fg_json_set_string(object, "type", ended ? "attack.ended" : "attack.started") &&
        fg_json_set_integer(object, "time_ms", now_ms) &&
        fg_json_set_string(object, "node", node) && fg_json_set_string(object, "attack", id) &&
        fg_json_set_string(object, "customer", attack->customer[0] ? attack->customer : NULL) &&
        fg_json_set_string(object, "kind", kind_name(attack->kind)) &&
        fg_json_set_string(object, "of", attack->subject) && set_size(object, attack) &&
        fg_json_set_string(object, "reason", reason);
    return fg_record_finish(object, complete);
}
