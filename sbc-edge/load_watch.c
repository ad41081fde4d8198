// SPDX-License-Identifier: GPL-2.0-or-later
#include "load_watch.h"

#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE_NS 500000000u
#define FIELDS    8

bool edge_load_read_stat(const char *line, uint64_t *busy, uint64_t *total)
{
    uint64_t ticks[FIELDS]; /* user nice system idle iowait irq softirq steal */
    const char *at = line;

    if (strncmp(at, "cpu ", 4) != 0)
        return false;
    at += 4;
    *total = 0;
    for (int i = 0; i < FIELDS; i++) {
        char *end;

        ticks[i] = strtoull(at, &end, 10);
        if (end == at)
            return false;
        *total += ticks[i];
        at = end;
    }
    *busy = *total - ticks[3] - ticks[4];
    return true;
}

static bool read_processors(uint64_t *busy, uint64_t *total)
{
    char line[512];
    FILE *file = fopen("/proc/stat", "re");
    bool is_read = file && fgets(line, sizeof(line), file) != NULL;

    if (file)
        (void)fclose(file);
    return is_read && edge_load_read_stat(line, busy, total);
}

static bool is_cpu_busy(struct edge_load_watch *watch, uint32_t max_percent)
{
    uint64_t busy;
    uint64_t total;
    uint64_t busy_then = watch->busy;
    uint64_t total_then = watch->total;

    if (max_percent == 0 || !read_processors(&busy, &total))
        return false;
    watch->busy = busy;
    watch->total = total;
    return total_then != 0 && total > total_then &&
           (busy - busy_then) * 100 > (total - total_then) * max_percent;
}

static bool is_load_high(uint32_t max_percent)
{
    double load;

    return max_percent != 0 && getloadavg(&load, 1) == 1 && load * 100.0 > (double)max_percent;
}

const char *edge_refusal_text(enum edge_refusal refusal)
{
    switch (refusal) {
    case EDGE_REFUSAL_DRAIN:
        return "Shutting down";
    case EDGE_REFUSAL_CPU:
        return "CPU usage limit exceeded";
    case EDGE_REFUSAL_LOAD:
        return "Load limit exceeded";
    case EDGE_REFUSAL_NONE:
        break;
    }
    return "";
}

void edge_load_watch_turn(struct edge_load_watch *watch, struct edge_node *node, uint64_t now_ns)
{
    enum edge_refusal refusal = EDGE_REFUSAL_NONE;
    enum edge_refusal before = (enum edge_refusal)atomic_load(&node->refusal);

    if (before == EDGE_REFUSAL_DRAIN || now_ns - watch->sampled_ns < SAMPLE_NS)
        return;
    watch->sampled_ns = now_ns;
    if (is_cpu_busy(watch, node->config->max_cpu_percent))
        refusal = EDGE_REFUSAL_CPU;
    else if (is_load_high(node->config->max_load_percent))
        refusal = EDGE_REFUSAL_LOAD;
    if (refusal != before)
        edge_log(EDGE_LOG_NOTICE, "new calls are %s",
                 refusal == EDGE_REFUSAL_NONE ? "taken again" : edge_refusal_text(refusal));
    atomic_store(&node->refusal, refusal);
}
