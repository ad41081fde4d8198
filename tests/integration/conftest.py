# SPDX-License-Identifier: GPL-2.0-or-later
"""Where a test's files lie: short, since the path of a UNIX socket has 107 bytes and the checkout lies where its owner likes."""
import itertools

import pytest

NUMBERS = itertools.count()


@pytest.fixture
def tmp_path(tmp_path_factory):
    return tmp_path_factory.mktemp(f"t{next(NUMBERS)}", numbered=False)
