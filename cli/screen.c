// SPDX-License-Identifier: GPL-2.0-or-later
#include "screen.h"

#include <ncurses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fg/text.h"

#define ESCAPE_WAIT_MS 25 // within which the rest of a function key's sequence comes

static bool with_colour;

bool screen_begin(bool colour)
{
    if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0) {
        return false;
    }
    SCREEN *terminal = newterm(NULL, stdout, stdin);
    if (terminal == NULL) {
        return false;
    }
    (void)set_term(terminal);
    (void)cbreak();
    (void)noecho();
    (void)keypad(stdscr, true);
    (void)curs_set(0);
    (void)set_escdelay(ESCAPE_WAIT_MS);
    with_colour = colour && has_colors() && start_color() == OK && use_default_colors() == OK;
    if (with_colour) {
        (void)init_pair(TONE_GOOD, COLOR_GREEN, -1);
        (void)init_pair(TONE_WARNING, COLOR_YELLOW, -1);
        (void)init_pair(TONE_BAD, COLOR_RED, -1);
    }
    return true;
}

void screen_end(void)
{
    (void)endwin();
}

void screen_size(int *rows, int *columns)
{
    getmaxyx(stdscr, *rows, *columns);
}

void screen_clear(void)
{
    (void)erase();
}

static attr_t attributes_of(struct screen_style style)
{
    attr_t attributes = A_NORMAL;

    attributes |= style.bold ? A_BOLD : 0;
    attributes |= style.reverse ? A_REVERSE : 0;
    if (with_colour && style.tone != TONE_NONE) {
        attributes |= (attr_t)COLOR_PAIR(style.tone);
    }
    return attributes;
}

// How many bytes of plain text fill at most width columns, and how many columns they are; a
// character takes one.
static size_t fit(const char *text, int width, int *columns)
{
    size_t at = 0;

    *columns = 0;
    while (text[at] != '\0') {
        size_t next = at + 1;
        while (((unsigned char)text[next] & 0xc0U) == 0x80) {
            next++;
        }
        if (*columns >= width) {
            break;
        }
        (*columns)++;
        at = next;
    }
    return at;
}

void screen_put(int row, int column, int width, struct screen_style style, const char *text)
{
    int rows = 0;
    int all = 0;
    int taken = 0;

    screen_size(&rows, &all);
    if (row < 0 || row >= rows || column < 0 || column >= all || width <= 0) {
        return;
    }
    width = width < all - column ? width : all - column;
    // What calls have in them may come from anybody, and a line stays one.
    char *plain = fg_text_plain(fg_view_of(text));
    const size_t bytes = plain == NULL ? 0 : fit(plain, width, &taken);
    (void)attrset((int)attributes_of(style));
    (void)move(row, column);
    (void)addnstr(plain == NULL ? "" : plain, (int)bytes);
    free(plain);
    for (int i = taken; i < width; i++) {
        (void)addch(' ');
    }
    (void)attrset(A_NORMAL);
}

void screen_show(void)
{
    (void)refresh();
}

static int key_of(int key)
{
    switch (key) {
    case ERR:
        return SCREEN_NONE;
    case KEY_UP:
        return SCREEN_UP;
    case KEY_DOWN:
        return SCREEN_DOWN;
    case KEY_PPAGE:
        return SCREEN_PAGE_UP;
    case KEY_NPAGE:
        return SCREEN_PAGE_DOWN;
    case KEY_HOME:
        return SCREEN_HOME;
    case KEY_END:
        return SCREEN_END;
    case KEY_ENTER:
    case '\n':
    case '\r':
        return SCREEN_ENTER;
    case 27:
        return SCREEN_ESCAPE;
    case KEY_BACKSPACE:
    case 127:
    case '\b':
        return SCREEN_BACKSPACE;
    case KEY_RESIZE:
        return SCREEN_RESIZED;
    default:
        break;
    }
    if (key >= KEY_F(1) && key <= KEY_F(10)) {
        return SCREEN_F1 + (key - KEY_F(1));
    }
    return key >= ' ' && key < 127 ? SCREEN_CHARACTER + key : SCREEN_NONE;
}

int screen_key(int timeout_ms)
{
    timeout(timeout_ms);
    return key_of(getch());
}

bool screen_ask(const char *question, char *out, size_t size)
{
    const struct screen_style style = {.bold = true};
    char line[512];
    int rows = 0;
    int columns = 0;

    for (;;) {
        const size_t len = strlen(out);
        screen_size(&rows, &columns);
        (void)snprintf(line, sizeof(line), "%s %s_", question, out);
        screen_put(rows - 1, 0, columns, style, line);
        screen_show();
        const int key = screen_key(-1);
        if (key == SCREEN_ENTER) {
            return true;
        }
        if (key == SCREEN_ESCAPE) {
            return false;
        }
        if (key == SCREEN_BACKSPACE && len > 0) {
            out[len - 1] = '\0';
        } else if (key >= SCREEN_CHARACTER && len + 1 < size) {
            out[len] = (char)(key - SCREEN_CHARACTER);
            out[len + 1] = '\0';
        }
    }
}
