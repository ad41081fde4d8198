# SPDX-License-Identifier: GPL-2.0-or-later
"""Plays the traffic to a model of a guard: attempts and ends in the order of their times, and started minutes of dear calls."""
import heapq

MINUTE = 60_000
REFUSED = -1
END, MINUTE_STARTS = 0, 1


class Stops(dict):
    """Index of a call -> REFUSED, or ms after its answer at which it was cut."""


def play(calls, model, dear=None):
    """Model: attempt(index, call, now) -> true to refuse; end(index, call, now); with `dear` (a set of indexes) minute(index, call, now) is called at
    the answer and each minute of those calls. Both end and minute may return indexes of live calls to cut."""
    stops = Stops()
    queue = []  # time, END or MINUTE_STARTS, index: ends come first
    live = {}

    def cut(indexes, now):
        for index in sorted(indexes):
            call = live.pop(index, None)
            if call is not None:
                stops[index] = max(0, now - call.answer) if call.answer else 0
                model.end(index, call, now)

    def turn(now):
        while queue and queue[0][0] <= now:
            at, kind, index = heapq.heappop(queue)
            call = live.get(index)
            if call is None:
                continue
            if kind == END:
                del live[index]
                to_cut = model.end(index, call, at)
            else:
                to_cut = model.minute(index, call, at)
                if at + MINUTE < call.end:
                    heapq.heappush(queue, (at + MINUTE, MINUTE_STARTS, index))
            if to_cut:
                cut(to_cut, at)

    for index, call in enumerate(calls):
        if queue and queue[0][0] <= call.start:
            turn(call.start)
        if model.attempt(index, call, call.start):
            stops[index] = REFUSED
            continue
        live[index] = call
        heapq.heappush(queue, (call.end, END, index))
        if dear is not None and call.answer and index in dear:
            heapq.heappush(queue, (call.answer, MINUTE_STARTS, index))
    turn(float("inf"))
    return stops
