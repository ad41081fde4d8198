# SPDX-License-Identifier: GPL-2.0-or-later
"""A small world that several tests look at."""
import pytest

import world


@pytest.fixture(scope="session")
def small():
    return world.make(7, 8, 12, 1)
