// SPDX-License-Identifier: GPL-2.0-or-later
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define BAR_WIDTH        30
#define TERMINAL_EACH_MS 150
#define LINE_EACH_MS     2000

static int64_t monotonic_ms(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void progress_begin(struct progress *progress, bool wanted, uint64_t whole_bytes)
{
    *progress = (struct progress){.whole_bytes = whole_bytes, .begin_ms = monotonic_ms()};
    progress->terminal = isatty(STDERR_FILENO) == 1;
    // Lines that scroll by on the same terminal are progress enough.
    progress->on = wanted || (progress->terminal && isatty(STDOUT_FILENO) != 1);
}

static void draw_bar(uint64_t bytes, uint64_t whole)
{
    const double share = whole == 0 ? 0 : bytes >= whole ? 1 : (double)bytes / (double)whole;
    const int full = (int)(share * BAR_WIDTH);
    char bar[BAR_WIDTH + 1];

    for (int i = 0; i < BAR_WIDTH; i++) {
        bar[i] = i < full ? '#' : '.';
    }
    bar[BAR_WIDTH] = '\0';
    (void)fprintf(stderr, "[%s] %3d %%  ", bar, (int)(share * 100));
}

void progress_show(struct progress *progress, uint64_t bytes, uint64_t calls)
{
    const int64_t now_ms = monotonic_ms();
    const int64_t each_ms = progress->terminal ? TERMINAL_EACH_MS : LINE_EACH_MS;
    const int64_t since_ms = now_ms - progress->begin_ms;

    if (!progress->on || now_ms - progress->shown_ms < each_ms) {
        return;
    }
    progress->shown_ms = now_ms;
    if (progress->terminal) {
        (void)fputs("\r\033[K", stderr);
    }
    if (progress->whole_bytes > 0) {
        draw_bar(bytes, progress->whole_bytes);
    }
    (void)fprintf(stderr, "%" PRIu64 " calls, %" PRIu64 " a second%s", calls,
                  since_ms > 0 ? calls * 1000 / (uint64_t)since_ms : 0,
                  progress->terminal ? "" : "\n");
    (void)fflush(stderr);
    progress->drawn = progress->terminal;
}

void progress_clear(struct progress *progress)
{
    if (progress->drawn) {
        (void)fputs("\r\033[K", stderr);
        progress->drawn = false;
    }
}
