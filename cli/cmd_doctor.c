// SPDX-License-Identifier: GPL-2.0-or-later
// Looks at the whole installation and says what is wrong and how to mend it.
#include <stdarg.h>
#include <stdio.h>

#include "commands.h"
#include "doctor.h"
#include "redis.h"

static const char *const level_words[] = {[FINDING_OK] = "ok",
                                          [FINDING_NOTE] = "note",
                                          [FINDING_WARNING] = "warning",
                                          [FINDING_FAULT] = "fault"};
static const enum output_tone level_tones[] = {[FINDING_OK] = TONE_GOOD,
                                               [FINDING_NOTE] = TONE_NONE,
                                               [FINDING_WARNING] = TONE_WARNING,
                                               [FINDING_FAULT] = TONE_BAD};

void doctor_find(struct doctor *doctor, enum finding_level level, const char *what,
                 const char *remedy, const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    doctor->counts[level]++;
    struct fg_json *object = fg_json_object_new();
    const bool complete = fg_json_set_string(object, "level", level_words[level]) &&
                          fg_json_set_string(object, "what", what) &&
                          fg_json_set_text(object, "found", fg_view_of(text)) &&
                          fg_json_set_string(object, "remedy", remedy);
    if (!complete) {
        fg_json_free(object);
        doctor->complete = false;
        return;
    }
    const char *const cells[] = {level_words[level], what, text, remedy == NULL ? "" : remedy};
    doctor->complete = table_add(doctor->table, cells, object) && doctor->complete;
    table_tone(doctor->table, 0, level_tones[level]);
}

static void look(struct doctor *doctor, struct fg_redis *redis)
{
    doctor_look_at_rules(doctor);
    doctor_look_at_files(doctor);
    doctor_look_at_redis(doctor, redis);
    doctor_look_at_kamailio(doctor);
    doctor_look_at_relay(doctor);
    doctor_look_at_alerts(doctor, redis);
    doctor_look_at_trunks(doctor, redis);
}

enum exit_code cmd_doctor(struct invocation *call)
{
    static const char *const columns[] = {"", "WHAT", "FOUND", "WHAT TO DO"};
    enum exit_code code = EXIT_OK;
    struct fg_redis *redis = redis_open(call, &code);
    struct doctor doctor = {.call = call, .complete = true};

    if (redis == NULL) {
        return code;
    }
    doctor.table = table_new("findings", columns, sizeof(columns) / sizeof(columns[0]));
    if (doctor.table == NULL) {
        fg_redis_free(redis);
        return EXIT_FAILED;
    }
    look(&doctor, redis);
    fg_redis_free(redis);
    doctor.complete = doctor.complete && table_print(doctor.table, &call->output);
    table_free(doctor.table);
    if (!doctor.complete) {
        return EXIT_FAILED;
    }
    return doctor.counts[FINDING_FAULT] > 0     ? EXIT_FAILED
           : doctor.counts[FINDING_WARNING] > 0 ? EXIT_DEGRADED
                                                : EXIT_OK;
}
