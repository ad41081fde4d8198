# SPDX-License-Identifier: GPL-2.0-or-later
"""The models of what others do, by the names that the table has."""
from peer_opensips import OpenSips
from peer_spend import DailyCap, dear_calls
from peer_triggers import Triggers
from playback import play


def run(world):
    """Yields (name, stops) of each model on the same calls."""
    yield "opensips, as it behaves", play(world.calls, OpenSips(world, as_documented=False, by_trunk=False))
    yield "opensips, as documented", play(world.calls, OpenSips(world, as_documented=True, by_trunk=False))
    yield "opensips, user = trunk", play(world.calls, OpenSips(world, as_documented=True, by_trunk=True))
    yield "triggers (5/15/60 min)", play(world.calls, Triggers(world))
    dear = dear_calls(world)
    yield "daily spend cap", play(world.calls, DailyCap(world, dear), dear)
