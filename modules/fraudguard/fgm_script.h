// SPDX-License-Identifier: GPL-2.0-or-later
// What the configuration script calls: fraudguard_check() and fraudguard_attr().
#pragma once

#include "core/kemi.h"
#include "core/sr_module.h"

extern sr_kemi_t fgm_kemi_exports[];
extern cmd_export_t fgm_cmd_exports[];

// What fraudguard_check() returns.
enum fgm_return {
    FGM_RETURN_EXIT = 0, // ends the script: another process deals with the same INVITE
    FGM_RETURN_ALLOW = 1,
    FGM_RETURN_ALERT = 2,
    FGM_RETURN_THROTTLE = -1,
    FGM_RETURN_CHALLENGE = -2,
    FGM_RETURN_BLOCK = -3
};
