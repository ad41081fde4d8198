// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stddef.h>

/**
 * A configuration file as rtpengine's: sections of `option = value`, options named as on the
 * command line. Those that may be given several times have their values on one line, separated by
 * `;`.
 */

/** Called for each option of the section, in order. */
typedef void edge_config_option_fn(void *context, const char *name, const char *value);

/**
 * Reads a section; NULL: `sbc-edge`, or `rtpengine` where there is no such section. 0; or -EINVAL
 * with a line of English in `error` (`size` bytes), which never has a value of the file.
 */
int edge_config_file_read(const char *path, const char *section, edge_config_option_fn *take,
                          void *context, char *error, size_t size);
