# SPDX-License-Identifier: GPL-2.0-or-later
foreach(target alert_event alert_config alert_kept)
    fg_fuzz_target(fuzz_${target} SOURCES fuzz/fuzz_${target}.c LIBS fga_core)
endforeach()
