# SPDX-License-Identifier: GPL-2.0-or-later
"""The files that are shipped for the relay."""
import os
import re
import shutil
import subprocess

import pytest

from edge_lab import BINARY, TOP

SHIPPED = os.path.join(TOP, "deploy", "systemd")


def test_the_shipped_configuration_is_read():
    result = subprocess.run([BINARY, f"--config-file={SHIPPED}/sbc-edge.conf", "--version"], capture_output=True,
                            text=True, timeout=10)
    assert result.returncode == 0, result.stderr


def test_what_it_leaves_commented_out_is_right_too(tmp_path):
    text = open(f"{SHIPPED}/sbc-edge.conf").read()
    (tmp_path / "all.conf").write_text(re.sub(r"^#(?=[a-z-]+ = )", "", text, flags=re.M))
    result = subprocess.run([BINARY, f"--config-file={tmp_path}/all.conf", "--version"], capture_output=True, text=True,
                            timeout=10)
    assert result.returncode == 0, result.stderr


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze")
def test_the_unit_exposes_little():
    result = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=25",
                             f"{SHIPPED}/sbc-edge.service"], capture_output=True, text=True, timeout=60)
    if "not supported" in result.stderr or "Failed to" in result.stderr:
        pytest.skip(result.stderr)
    assert result.returncode == 0, result.stdout[-2000:]
    exposure = float(re.search(r"exposure level for .*: ([\d.]+)", result.stdout)[1])
    assert exposure <= 2.5
