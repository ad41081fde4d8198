// SPDX-License-Identifier: GPL-2.0-or-later
// The terminal's whole screen. The only place that knows ncurses; one screen a process.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "output.h"

enum screen_key {
    SCREEN_NONE, // nothing was pressed in time
    SCREEN_UP,
    SCREEN_DOWN,
    SCREEN_PAGE_UP,
    SCREEN_PAGE_DOWN,
    SCREEN_HOME,
    SCREEN_END,
    SCREEN_ENTER,
    SCREEN_ESCAPE,
    SCREEN_BACKSPACE,
    SCREEN_RESIZED,
    SCREEN_F1, // and so on to F10
    SCREEN_F10 = SCREEN_F1 + 9,
    SCREEN_CHARACTER = 0x100, // plus the ASCII character
};

struct screen_style {
    enum output_tone tone;
    bool bold, reverse;
};

// Takes the terminal over. False where there is none.
bool screen_begin(bool colour);
void screen_end(void);
void screen_size(int *rows, int *columns);
// Begins a new picture; nothing is seen of it before screen_show().
void screen_clear(void);
// Writes text (UTF-8) at a place, cut and filled up to width columns.
void screen_put(int row, int column, int width, struct screen_style style, const char *text);
void screen_show(void);
// The next key, waited for at most so long.
int screen_key(int timeout_ms);
// Asks for a line of text at the screen's foot; begins with what out holds. False when it was given
// up.
bool screen_ask(const char *question, char *out, size_t size);
