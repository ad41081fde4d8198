#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The checkers of this folder find what they are there for: each case plants one violation."""
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import conventions
import includes
import symbols

LICENCE = "// SPDX-License-Identifier: GPL-2.0-or-later\n"


class PlantedTree(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = Path(scratch.name)
        self.plant("engine/core/include/fg/view.h", "#pragma once\n#include <stddef.h>\n")
        self.plant("engine/store/include/fg/store.h", '#pragma once\n#include "fg/view.h"\n')
        self.plant("engine/store/redis.c", '#include "fg/store.h"\n#include <hiredis/hiredis.h>\n')
        self.plant("modules/fraudguard/fraudguard_mod.c",
                   '#include "core/sr_module.h"\n#include "fg/store.h"\n')
        self.plant("sbc-edge/main.c", '#include "fg/view.h"\n#include <sys/socket.h>\n')

    def plant(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(LICENCE + text)


class Includes(PlantedTree):
    def complain(self, name, text, about):
        self.plant(name, text)
        found = includes.check(self.root)
        self.assertEqual(len(found), 1, found)
        self.assertIn(about, found[0])

    def test_clean_tree_passes(self):
        self.assertEqual(includes.check(self.root), [])

    def test_core_must_not_know_the_store(self):
        self.complain("engine/core/decide.c", '#include "fg/store.h"\n', "engine/store")

    def test_core_must_not_read_a_clock(self):
        self.complain("engine/core/decide.c", "#include <time.h>\n", "time.h")

    def test_edge_must_not_know_the_packs(self):
        self.plant("engine/pack/include/fg/pack.h", "#pragma once\n")
        self.complain("sbc-edge/hold.c", '# include "fg/pack.h"\n', "engine/pack")

    def test_edge_must_not_know_kamailio(self):
        self.complain("sbc-edge/sip.c", '#include "core/parser/msg_parser.h"\n', "Kamailio")

    def test_edge_must_not_know_the_module(self):
        self.plant("modules/fraudguard/fgm_msg.h", "#pragma once\n")
        self.complain("sbc-edge/sip.c", '#include "../modules/fraudguard/fgm_msg.h"\n', "fgm_msg.h")

    def test_library_outside_its_part(self):
        self.complain("sbc-edge/rules.c", "#include <libfyaml.h>\n", "libfyaml.h")

    def test_library_in_two_files_of_a_part(self):
        self.complain("engine/store/stream.c", "#include <hiredis/async.h>\n", "2 files")

    def test_unknown_library(self):
        self.complain("cli/main.c", "#include <glib.h>\n", "glib.h")


class Conventions(PlantedTree):
    def complain(self, name, text, about):
        self.plant(name, text)
        found = conventions.check(self.root)
        self.assertEqual(len(found), 1, found)
        self.assertIn(about, found[0])

    def test_clean_tree_passes(self):
        self.assertEqual(conventions.check(self.root), [])

    def test_unfinished_work(self):
        self.complain("cli/main.c", "// " + "TO" + "DO later\n", "unfinished")

    def test_path_of_a_workplace(self):
        self.complain("docs/notes.md", "see /wo" + "rk/main/x\n", "workplace")

    def test_trackers_number(self):
        self.complain("docs/notes.md", "closes iss" + "ue 12\n", "tracker")

    def test_vague_name(self):
        self.complain("cli/string_utils.c", "\n", "name the file")

    def test_too_long(self):
        self.complain("cli/main.c", "int x;\n" * 700, "lines")

    def test_missing_licence(self):
        (self.root / "cli").mkdir()
        (self.root / "cli/main.c").write_text("int main(void);\n")
        self.assertIn("SPDX", conventions.check(self.root)[0])

    def test_missing_guard(self):
        self.complain("cli/output.h", "struct output;\n", "#pragma once")


class Symbols(unittest.TestCase):
    def complaints(self, name, text):
        with tempfile.TemporaryDirectory() as scratch:
            source = Path(scratch) / f"{name}.c"
            source.write_text(text)
            compiler = os.environ.get("CC", "cc")
            subprocess.run([compiler, "-O1", "-fPIC", "-c", source, "-o", f"{source}.o"], check=True)
            archive = f"{scratch}/libplanted.a"
            subprocess.run(["ar", "rc", archive, f"{source}.o"], check=True)
            return symbols.check(archive)

    def test_clean_object_passes(self):
        text = ("#include <string.h>\nstatic int add(int a) { return a + 1; }\n"
                "int (*const fg_table[])(int) = {add};\n"
                "unsigned long fg_len(const char *s) { return strlen(s); }\n")
        self.assertEqual(self.complaints("view", text), [])

    def test_clock(self):
        found = self.complaints("plan", "#include <time.h>\nlong f(void) { struct timespec t;"
                                        "clock_gettime(CLOCK_REALTIME, &t); return t.tv_sec; }\n")
        self.assertIn("clock_gettime", found[0])

    def test_allocation_outside_the_heap(self):
        text = "#include <stdlib.h>\nvoid *f(void) { return malloc(9); }\n"
        self.assertIn("malloc", self.complaints("plan", text)[0])
        self.assertEqual(self.complaints("heap", text), [])

    def test_global_variable(self):
        self.assertIn("counter", self.complaints("plan", "int counter;\nint f(void) {"
                                                         "return ++counter; }\n")[0])
        self.assertIn("last", self.complaints("plan", "int f(int n) { static int last = 3;"
                                                      "last += n; return last; }\n")[0])


if __name__ == "__main__":
    unittest.main()
