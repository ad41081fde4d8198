// SPDX-License-Identifier: GPL-2.0-or-later
// Whatever a body holds; and more lines before the end of the first audio stream never turn an
// offer without any key into an SRTP offer.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fgm_sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool srtp = fgm_sdp_offers_srtp((struct fg_view){(const char *)data, size});
    if (srtp && !(memmem(data, size, "a=crypto:", 9) || memmem(data, size, "a=fingerprint:", 14)))
        abort();
    return 0;
}
