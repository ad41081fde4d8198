# SPDX-License-Identifier: GPL-2.0-or-later
fg_fuzz_target(fuzz_record_message SOURCES fuzz/fuzz_record_message.c LIBS fg_record)
fg_fuzz_target(fuzz_record_explain SOURCES fuzz/fuzz_record_explain.c LIBS fg_record)
