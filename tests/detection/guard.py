# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs `fgctl replay` on the files of a run and reads its verdicts."""
import json
import subprocess
import time
from collections import Counter

from playback import REFUSED, Stops

REFUSING = ("throttle", "challenge", "block")


class ReplayFailed(Exception):
    pass


def read_verdicts(lines, stops, actions, rules):
    """Takes the lines of -o jsonl: stops gets the refused and cut calls; actions counts; rules notes what stopped a call (index -> ids)."""
    for line in lines:
        if '"action":"allow"' in line and '"cut_after_ms"' not in line:
            actions["allow"] += 1
            continue
        verdict = json.loads(line)
        action = verdict["action"]
        actions[action] += 1
        index = int(verdict["call_id"][5:])
        if "cut_after_ms" in verdict:
            stops[index] = verdict["cut_after_ms"]
        elif action in REFUSING:
            stops[index] = REFUSED
        else:
            continue
        rules[index] = (action, tuple(r["id"] for r in verdict["rules"] if not r.get("shadow")))


def replay(fgctl, rules_directory, directory, n_calls):
    """(stops, actions, rules, seconds). Every call must have one verdict."""
    command = [str(fgctl), "replay", "--rules", str(rules_directory), "--customers", str(directory / "customers.yaml"), "--calls",
               str(directory / "calls.csv"), "--rates", str(directory / "rates.csv"), "--networks", str(directory / "networks.csv"), "--strict", "-o", "jsonl"]
    stops, actions, rules = Stops(), Counter(), {}
    begun = time.monotonic()
    with open(directory / "replay.log", "w", encoding="utf-8") as log:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, encoding="utf-8") as process:
            read_verdicts(process.stdout, stops, actions, rules)
    if process.returncode != 0:
        raise ReplayFailed((directory / "replay.log").read_text(encoding="utf-8").strip() or f"exit code {process.returncode}")
    if sum(actions.values()) != n_calls:
        raise ReplayFailed(f"{sum(actions.values())} verdicts for {n_calls} calls")
    return stops, actions, rules, time.monotonic() - begun
