// SPDX-License-Identifier: GPL-2.0-or-later
// $fg(name): the verdict on the message at hand.
#pragma once

#include "core/pvar.h"

extern pv_export_t fgm_pv_exports[];
