// SPDX-License-Identifier: GPL-2.0-or-later
// What differs between releases of Kamailio: here and nowhere else. Built and tried against 5.6;
// docs/module.md says which newer headers it compiles against. How headers and flags are found is
// cmake/KamailioModule.cmake.
#pragma once

#include "modules/tm/h_table.h"

// Kamailio's own Makefiles define VERSIONVAL: 5006003 is 5.6.3.
#define FGM_KAMAILIO_AT_LEAST(major, minor) (VERSIONVAL >= (major)*1000000 + (minor)*1000)

#if !defined(VERSIONVAL)
// Only a tool that reads sources without Kamailio's flags comes here.
#elif !FGM_KAMAILIO_AT_LEAST(5, 6)
#error "Kamailio 5.6 or newer is needed"
#endif

// The To header of a transaction's request, as it stands in the message.
static inline const str *fgm_kamailio_to(const struct cell *transaction)
{
#if FGM_KAMAILIO_AT_LEAST(5, 7)
    return &transaction->to_hdr;
#else
    return &transaction->to;
#endif
}
