// SPDX-License-Identifier: GPL-2.0-or-later
// The files of the trunk page, as they are sent. No NUL at their ends.
#pragma once

#include <stddef.h>

extern const unsigned char fgm_page_html[], fgm_page_css[], fgm_page_js[];
extern const size_t fgm_page_html_size, fgm_page_css_size, fgm_page_js_size;
