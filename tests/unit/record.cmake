# SPDX-License-Identifier: GPL-2.0-or-later
fg_unit_test(test_record SOURCES unit/test_record.c LIBS fg_record)
fg_unit_test(test_record_decision SOURCES unit/test_record_decision.c LIBS fg_record)
