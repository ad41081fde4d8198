# SPDX-License-Identifier: GPL-2.0-or-later
set(server unit/store_server.c)
fg_unit_test(test_store_differential
    SOURCES unit/test_store_differential.c ${server} LIBS fg_store)
