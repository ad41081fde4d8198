# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes grafana/dashboards from the files beside this one. --check: only says which differ."""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import customer  # noqa: E402
import encryption  # noqa: E402
import engine  # noqa: E402
import noc  # noqa: E402
import rules  # noqa: E402
import tdos  # noqa: E402

DASHBOARDS = [module.DASHBOARD for module in (noc, customer, rules, tdos, encryption, engine)]
FOLDER = os.path.join(os.path.dirname(HERE), "dashboards")


def text_of(dashboard):
    return json.dumps(dashboard.document(), indent=2, ensure_ascii=False) + "\n"


def differing():
    """Files that are missing, differ, or that nobody makes."""
    made = {dashboard.file + ".json": text_of(dashboard) for dashboard in DASHBOARDS}
    there = set(os.listdir(FOLDER)) if os.path.isdir(FOLDER) else set()
    wrong = there - set(made)
    for name, text in made.items():
        path = os.path.join(FOLDER, name)
        if name not in there or open(path, encoding="utf-8").read() != text:
            wrong.add(name)
    return sorted(wrong)


def main():
    if "--check" in sys.argv[1:]:
        for name in (wrong := differing()):
            print(f"grafana/dashboards/{name} is not what grafana/make makes; run python3 grafana/make")
        return 1 if wrong else 0
    os.makedirs(FOLDER, exist_ok=True)
    for dashboard in DASHBOARDS:
        with open(os.path.join(FOLDER, dashboard.file + ".json"), "w", encoding="utf-8") as file:
            file.write(text_of(dashboard))
    print(f"{len(DASHBOARDS)} dashboards, {sum(len(d.panels()) for d in DASHBOARDS)} panels")
    return 0


if __name__ == "__main__":
    sys.exit(main())
