# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the demonstration; see ./quickstart --help."""
import argparse
import os
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import scenes  # noqa: E402
from report import Report  # noqa: E402
from stack import TOP, Stack, StartFailed  # noqa: E402


def hints(stack):
    """What to type in another terminal. The addresses are whole ones: fgctl takes no others."""
    fgctl = os.path.relpath(os.path.join(stack.build_dir, "cli/fgctl"), TOP)
    control = os.path.relpath(stack.path("kamailio.ctl"), TOP)
    return f"""Everything keeps running. In another terminal, from {TOP}:

    export FRAUDGUARD_REDIS=unix:{stack.path('redis.sock')} FRAUDGUARD_KAMAILIO={stack.path('kamailio.rpc')}
    export FRAUDGUARD_RULES={os.path.join(TOP, 'rules')} FRAUDGUARD_CUSTOMERS={stack.path('customers.yaml')} FRAUDGUARD_HASH_KEY={stack.path('hash.key')}
    {fgctl} tail --follow                          # what is decided
    {fgctl} watch                                  # the same on the whole terminal
    {fgctl} top customers                          # who and what it was about
    {fgctl} explain last                           # why
    {fgctl} trunks                                 # what is encrypted
    {fgctl} block globex/risky --for 1h --reason "PBX broken into"
    {fgctl} holds; {fgctl} unblock globex/risky --reason "it was us"
    {fgctl} doctor --relay 127.0.0.1:{stack.ng_port}         # what is wrong, and how to mend it
    kamcmd -s unix:{control} fraudguard.status
    curl http://{stack.guard_metrics}/metrics http://127.0.0.1:{stack.metrics_port}/metrics   # for Prometheus: guard, relay
    edit rules/20-toll-fraud.yaml, then: {fgctl} reload

The trunk page, in a browser on this machine: http://{stack.guard_metrics}/trunks
Logs are in {os.path.relpath(stack.run_dir, TOP)}/*.log. Ctrl-C ends it all."""


def look_around(stack):
    print(hints(stack), flush=True)
    while True:
        time.sleep(1)
        for name, process in stack.processes.items():
            if process.poll() is not None and name != "redis":
                print(f"{name} has ended by itself; see {stack.path(name + '.log')}", file=sys.stderr)
                return 1


def main():
    parser = argparse.ArgumentParser(prog="quickstart")
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--build-dir", default=os.path.join(TOP, "build/release"))
    parser.add_argument("--run-dir", default=os.path.join(TOP, "run/quickstart"))
    parser.add_argument("--base-port", type=int, default=17000)
    parser.add_argument("--only", help="run only scenes whose name contains this")
    args = parser.parse_args()
    # A terminal's hang-up or a supervisor's TERM must clean up as Ctrl-C does.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(130))
    stack, report = Stack(args.run_dir, args.build_dir, args.base_port), Report()
    started = time.monotonic()
    try:
        print("Starting, all on loopback:", flush=True)
        stack.start()
        print("Trying:", flush=True)
        scenes.run(stack, report, args.only)
        report.print()
        failed = report.failed()
        print(f"{time.monotonic() - started:.0f} s")
        print(f"scenes: {len(report.rows) - failed} passed, {failed} failed", flush=True)
        if args.once:
            return 1 if failed or not report.rows else 0
        return look_around(stack)
    except StartFailed as error:
        print(f"quickstart: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopping")
        return 0
    finally:
        stack.stop()


if __name__ == "__main__":
    sys.exit(main())
