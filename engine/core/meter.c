// SPDX-License-Identifier: GPL-2.0-or-later
#include "fg/meter.h"

#include <string.h>

#define SUM_MAX (INT64_C(1) << 52)

static uint8_t cells_clamped(uint8_t cells)
{
    return cells > FG_WINDOW_CELLS ? FG_WINDOW_CELLS : cells;
}

// How many cells bucket is newer than the window, at most cells.
static uint8_t cells_behind(const struct fg_window *window, uint8_t cells, int64_t bucket)
{
    if (bucket <= window->bucket) {
        return 0;
    }
    uint64_t distance = (uint64_t)bucket - (uint64_t)window->bucket;
    return distance >= cells ? cells : (uint8_t)distance;
}

static int64_t add_saturated(int64_t a, int64_t b)
{
    if (a > SUM_MAX || b > SUM_MAX || a > SUM_MAX - b) {
        return SUM_MAX;
    }
    return a + b;
}

void fg_window_advance(struct fg_window *window, uint8_t cells, int64_t bucket)
{
    cells = cells_clamped(cells);
    uint8_t shift = cells_behind(window, cells, bucket);
    if (bucket <= window->bucket) {
        return;
    }
    size_t kept = (size_t)(cells - shift);
    memmove(&window->cells[shift], &window->cells[0], kept * sizeof(window->cells[0]));
    memset(&window->cells[0], 0, shift * sizeof(window->cells[0]));
    window->bucket = bucket;
}

void fg_window_add(struct fg_window *window, uint8_t cells, int64_t bucket, int64_t amount)
{
    fg_window_advance(window, cells, bucket);
    window->cells[0] = add_saturated(window->cells[0], amount);
}

int64_t fg_window_sum(const struct fg_window *window, uint8_t cells, int64_t bucket)
{
    cells = cells_clamped(cells);
    uint8_t visible = (uint8_t)(cells - cells_behind(window, cells, bucket));
    int64_t sum = 0; // of at most 11 cells of at most 2^52 each
    for (uint8_t i = 0; i < visible; i++) {
        sum += window->cells[i] > SUM_MAX ? SUM_MAX : window->cells[i];
    }
    return sum > SUM_MAX ? SUM_MAX : sum;
}

int64_t fg_window_bucket(int64_t now_ms, int64_t over_ms)
{
    // Rounded up: ten cells beside the newest must not cover less than the window.
    int64_t width_ms = over_ms / FG_WINDOW_PARTS + (over_ms % FG_WINDOW_PARTS > 0 ? 1 : 0);
    if (width_ms < 1) {
        width_ms = 1;
    }
    return now_ms / width_ms - (now_ms % width_ms < 0 ? 1 : 0);
}
