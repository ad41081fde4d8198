# SPDX-License-Identifier: GPL-2.0-or-later
"""`fgctl watch` in a real terminal: what it shows as events come, what keys do, and that it leaves the terminal as it was."""
import json
import os
import shlex
import subprocess

import pytest

from module_fixtures import wait_for
from test_fgctl import Redis
from test_fgctl_events import FGCTL, add, event


class Terminal:
    """A tmux of its own, with one window of 110 by 30."""

    def __init__(self, directory, command):
        self.socket = os.path.join(str(directory), "tmux")
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", "110", "-y", "30", f"{command}; echo ended; sleep 60")

    def tmux(self, *args):
        done = subprocess.run(["tmux", "-S", self.socket, *args], capture_output=True, text=True, check=False, timeout=20, env={**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"})
        return done.stdout

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def shows(self, *texts):
        wait_for(lambda: all(text in self.screen() for text in texts), 20, f"{texts} on the screen")
        return self.screen()

    def press(self, *keys):
        self.tmux("send-keys", *keys)

    def type(self, text):
        self.tmux("send-keys", "-l", text)

    def end(self):
        self.tmux("kill-server")


@pytest.fixture(name="watched")
def fixture_watched(tmp_path):
    redis = Redis(tmp_path)
    add(redis, event("first-call", "acme", "allow", 5, "+44113***00", "GB", ("TIME_CLOSED",)), event("second-call", "globex"))
    terminal = Terminal(tmp_path, f"{shlex.quote(FGCTL)} --redis {redis.url} watch")
    try:
        yield terminal, redis
    finally:
        terminal.end()
        redis.stop()


def test_events_come_and_keys_do_what_the_foot_says(watched):
    terminal, redis = watched
    terminal.shows("2 events", "first-call", "second-call", "F10 Leave", "globex", "block")
    add(redis, event("third-call", "initech"))
    terminal.shows("3 events", "third-call")
    terminal.press("F3")
    terminal.shows("Only events that contain:")
    terminal.type("GLOBEX")
    terminal.press("Enter")
    screen = terminal.shows("1 events", "only: GLOBEX")
    assert "second-call" in screen and "third-call" not in screen
    terminal.press("F1")
    terminal.shows("Any key goes back")
    terminal.press("x")
    terminal.shows("only: GLOBEX")
    terminal.press("F4")
    terminal.shows("STOPPED")
    terminal.press("F10")
    terminal.shows("ended")


def test_texts_cannot_speak_to_the_terminal(watched):
    terminal, redis = watched
    add(redis, event("two\nlines\u202e\x1b[2J", "evil\x07"))
    screen = terminal.shows("3 events", r"two\x0alines")
    assert r"\x1b[2J" in screen and r"evil\x07" in screen and "first-call" in screen and "\u202e" not in screen
    # A flood that one look does not take is caught up with.
    redis.call("EVAL", "for i = 1, 30000 do redis.call('XADD', 'fg:events', '*', 'e', ARGV[1]) end redis.call('XADD', 'fg:events', '*', 'e', ARGV[2])", 0,
               json.dumps(event("flood")), json.dumps(event("the-last-one", "hooli")))
    terminal.shows("the-last-one")
    redis.stop()
    terminal.shows("Redis does not answer")
    redis.__init__(redis.path.parent)
    wait_for(lambda: "Redis does not answer" not in terminal.screen(), 20, "the line at the foot")


def test_a_block_wants_a_reason(watched):
    terminal, redis = watched
    terminal.shows("second-call")
    terminal.press("b")
    terminal.shows("Block for an hour", "globex/risky")
    terminal.press("Enter")
    terminal.shows("Why (required):")
    terminal.press("Enter")
    terminal.shows("nothing is blocked: a reason is required")
    assert redis.call("HLEN", "fg:{globex}:h") == 0
    terminal.press("b")
    terminal.shows("Block for an hour")
    terminal.press("Escape")
    terminal.shows("nothing is blocked")
    terminal.press("b")
    terminal.shows("Block for an hour")
    for _ in "risky":
        terminal.press("BSpace")
    terminal.type("county.MV")
    terminal.press("Enter")
    terminal.shows("Why (required):")
    terminal.type("PBX broken into")
    terminal.press("Enter")
    terminal.shows("a scope is CUSTOMER")
    assert redis.call("HLEN", "fg:{globex}:h") == 0
    terminal.press("b")
    terminal.shows("Block for an hour")
    terminal.press("Enter")
    terminal.shows("Why (required):")
    terminal.type("PBX broken into")
    terminal.press("Enter")
    terminal.shows("globex/risky is held until")
    hold = redis.call("HVALS", "fg:{globex}:h")[0].decode()
    assert '"PBX broken into"' in hold and '"fgctl:' in hold
    assert redis.call("XLEN", "fg:audit") == 1
    terminal.shows("hold.set")
    terminal.press("q")
    terminal.shows("ended")


def test_it_wants_a_terminal(watched):
    _, redis = watched
    done = subprocess.run([FGCTL, "--redis", redis.url, "watch"], capture_output=True, text=True, check=False, timeout=20, stdin=subprocess.DEVNULL)
    assert done.returncode == 1 and "fgctl tail" in done.stderr
