// SPDX-License-Identifier: GPL-2.0-or-later
// Rates that rules throttle to.
#include <string.h>

#include "build.h"
#include "fg/rate.h"

uint32_t pack_count_throttles(const struct pack_build *build)
{
    const struct pack_table *table = &build->tables[PACK_RULE];
    uint32_t n = 0;
    for (uint32_t i = 0; i < table->n; i++) {
        n += fg_yaml_get(table->items[i].body, "throttle_to") != NULL ? 1 : 0;
    }
    return n;
}

// "100/min": up to 6 digits, a slash and a unit.
static bool parse_rate(struct fg_view text, struct fg_meter *out)
{
    static const struct {
        const char *unit;
        uint32_t seconds;
    } units[] = {{"/s", 1}, {"/min", 60}, {"/h", 3600}};
    size_t at = 0;
    for (; at < text.len && at < 6 && text.ptr[at] >= '0' && text.ptr[at] <= '9'; at++) {
        out->rate = out->rate * 10 + (uint32_t)(text.ptr[at] - '0');
    }
    const struct fg_view unit = {text.ptr + at, text.len - at};
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (fg_view_equal(unit, fg_view_of(units[i].unit))) {
            out->rate_s = units[i].seconds;
        }
    }
    return out->rate_s > 0 && out->rate >= 1 && out->rate <= FG_RATE_BURST_MAX;
}

static bool read_rate(struct pack_build *build, const struct fg_yaml_node *map,
                      struct fg_meter *out)
{
    struct fg_fields *fields = &build->fields;
    const struct fg_yaml_node *rate = fg_yaml_get(map, "rate");
    const struct fg_yaml_node *burst = fg_yaml_get(map, "burst");
    const struct fg_yaml_node *key = fg_yaml_get(map, "key");
    bool good = false;
    if (rate == NULL) {
        FG_FIELD_ERROR(fields, map, FG_CODE_MISSING_KEY,
                       "'throttle_to' needs a 'rate', such as {rate: \"5/s\", burst: 10}");
    } else if (fg_field_is(fields, rate, FG_YAML_SCALAR, "rate")) {
        good = parse_rate(rate->text, out);
        if (!good) {
            FG_FIELD_ERROR(fields, rate, FG_CODE_NUMBER,
                           "the rate must be from 1 to 100000 calls in a second, minute or hour, "
                           "such as \"5/s\", \"100/min\" or \"20/h\"");
        }
    }
    int32_t at_once = good ? (int32_t)out->rate : 1;
    if (burst != NULL) {
        good =
            fg_field_int(fields, burst, "burst", 1, (int32_t)FG_RATE_BURST_MAX, &at_once) && good;
    }
    out->burst = (uint32_t)at_once;
    out->per = key == NULL ? FG_KEY_CUSTOMER : 0;
    if (key != NULL) {
        pack_read_keys(build, key, &out->per);
    }
    return good;
}

void pack_read_throttle(struct pack_build *build, const struct fg_yaml_node *node,
                        struct fg_rule *rule)
{
    struct fg_fields *fields = &build->fields;
    struct fg_meter meter = {.name = rule->id, .kind = FG_METER_RATE, .direction = rule->direction};
    if (rule->measured) {
        FG_FIELD_ERROR(fields, node, FG_CODE_CONFLICT,
                       "'throttle_to' goes with 'when' and 'score', not with 'measure'");
        return;
    }
    if (rule->events != 1U << FG_EVENT_ATTEMPT) {
        FG_FIELD_ERROR(fields, node, FG_CODE_CONFLICT,
                       "'throttle_to' is for attempts: nothing else can come later");
        return;
    }
    if ((!fg_field_shape(fields, node, FG_SHAPE_THROTTLE) && node->kind != FG_YAML_MAP) ||
        !read_rate(build, node, &meter) || build->meters == NULL) {
        return;
    }
    // A rate that is changed goes on with what it has admitted: its id is that of name and key.
    meter.id = fg_meter_id(&meter, build->lists, build->out->calendars);
    const int32_t at = pack_add_meter(build, node, &meter);
    if (at >= 0) {
        rule->throttles = true;
        rule->throttle_meter = (uint16_t)at;
    }
}
