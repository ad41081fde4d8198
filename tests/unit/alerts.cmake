# SPDX-License-Identifier: GPL-2.0-or-later
foreach(unit alert_event alert_incident alert_delivery alert_message alert_config)
    fg_unit_test(test_${unit} SOURCES unit/test_${unit}.c LIBS fga_core)
endforeach()
