# SPDX-License-Identifier: GPL-2.0-or-later
fg_fuzz_target(fuzz_module_uri SOURCES fuzz/fuzz_module_uri.c LIBS fgm_parse fg_core)
fg_fuzz_target(fuzz_module_passport SOURCES fuzz/fuzz_module_passport.c LIBS fgm_parse fg_core)
fg_fuzz_target(fuzz_module_sdp SOURCES fuzz/fuzz_module_sdp.c LIBS fgm_parse)
fg_fuzz_target(fuzz_module_journal SOURCES fuzz/fuzz_module_journal.c LIBS fgm_journal fg_core)
