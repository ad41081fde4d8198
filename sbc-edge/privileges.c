// SPDX-License-Identifier: GPL-2.0-or-later
#include "privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

int edge_privileges_drop(void)
{
    static const unsigned unneeded[] = {CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF};
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {0};

    if (syscall(SYS_capget, &header, sets) != 0)
        return -errno;
    for (unsigned i = 0; i < sizeof(unneeded) / sizeof(unneeded[0]); i++) {
        struct __user_cap_data_struct *set = &sets[unneeded[i] / 32];
        uint32_t kept = ~(1u << (unneeded[i] % 32));

        set->effective &= kept;
        set->permitted &= kept;
        set->inheritable &= kept; /* and with it the ambient one */
    }
    return syscall(SYS_capset, &header, sets) == 0 ? 0 : -errno;
}
