# SPDX-License-Identifier: GPL-2.0-or-later
"""The figures of a run, and how they are printed."""
from score import class_of, percentile

GOAL_MINUTES = 10  # $10 at $1/min


def figures(incidents):
    """What a list of incidents comes to."""
    n = len(incidents)
    calls = sum(i.calls for i in incidents)
    out = [i for i in incidents if i.outbound]
    delays = [i.delay_s for i in incidents if i.delay_s is not None]
    at_calls = [i.at_call for i in incidents if i.at_call is not None]
    return {
        "attacks": n,
        "stopped": sum(i.stopped for i in incidents),
        "calls": calls,
        "calls_stopped_share": round(sum(i.stopped_calls for i in incidents) / calls, 4) if calls else None,
        "calls_through_mean": round(sum(i.through for i in incidents) / n, 1) if n else None,
        "minutes_through_mean": round(sum(i.minutes for i in incidents) / n, 1) if n else None,
        "minutes_through_p95": percentile([i.minutes for i in incidents], .95),
        "minutes_through_mean_out": round(sum(i.minutes for i in out) / len(out), 1) if out else None,
        "within_goal": sum(i.minutes <= GOAL_MINUTES for i in out),
        "outbound_attacks": len(out),
        "delay_s_p50": percentile(delays, .5), "delay_s_p95": percentile(delays, .95),
        "at_call_p50": percentile(at_calls, .5), "at_call_p95": percentile(at_calls, .95),
        "usd_through": round(sum(i.usd for i in incidents), 2), "usd_all": round(sum(i.usd_all for i in incidents), 2),
    }


def wanted_figures(wanted):
    return {"calls": wanted.calls, "hurt": wanted.hurt, "hurt_per_100k": round(wanted.hurt / wanted.calls * 1e5, 1) if wanted.calls else None,
            "hurt_outside_attacks": wanted.hurt - wanted.hurt_in_attack, "customer_days": wanted.days, "customer_days_lost": wanted.days_lost}


def report(scores):
    """scores: name -> Score. Everything as plain values for JSON."""
    result = {}
    for name, score in scores.items():
        classes = {}
        for incident in score.incidents:
            classes.setdefault(class_of(incident.label), []).append(incident)
        result[name] = {
            "all": figures(score.incidents), "wanted": wanted_figures(score.wanted()),
            "classes": {c: figures(members) for c, members in sorted(classes.items())},
            "profiles": {p: wanted_figures(w) for p, w in sorted(score.profiles.items())},
        }
    return result


def _share(part, whole):
    return f"{100 * part / whole:.1f}%" if whole else "-"


def _seconds(value):
    if value is None:
        return "-"
    return f"{value:.0f}s" if value < 120 else f"{value / 60:.0f}m" if value < 7200 else f"{value / 3600:.1f}h"


def _number(value, digits=1):
    return "-" if value is None else f"{value:,.{digits}f}" if isinstance(value, float) else f"{value:,}"


def grid(head, rows):
    """Lines of a table: the first column to the left, the others to the right."""
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]
    lines = []
    for row in [head, ["-" * w for w in widths], *rows]:
        cells = [str(row[0]).ljust(widths[0])] + [str(cell).rjust(w) for cell, w in zip(row[1:], widths[1:])]
        lines.append("  ".join(cells).rstrip())
    return lines


def _systems(data):
    rows = []
    for name, system in data.items():
        f, w = system["all"], system["wanted"]
        rows.append([name, f"{f['stopped']}/{f['attacks']}", _share(f["stopped"], f["attacks"]), f"{100 * (f['calls_stopped_share'] or 0):.1f}%",
                     _number(f["calls_through_mean"]), _number(f["minutes_through_mean"]), _number(f["minutes_through_mean_out"]),
                     _share(f["within_goal"], f["outbound_attacks"]), _number(f["usd_through"], 0), _share(f["usd_through"], f["usd_all"]), _number(w["hurt_per_100k"]), _number(w["hurt_outside_attacks"]),
                     f"{w['customer_days_lost']}/{w['customer_days']}"])
    return grid(["guard", "stopped", "", "calls", "through/att", "min/att", "min/out", "<=10 min", "$ through", "", "hurt/100k", "outside", "days lost"], rows)


def _classes(classes):
    rows = []
    for name, f in classes.items():
        rows.append([name, f"{f['stopped']}/{f['attacks']}", f"{100 * f['calls_stopped_share']:.1f}%", _number(f["calls_through_mean"]),
                     _number(f["minutes_through_mean"]), _number(f["minutes_through_p95"]),
                     _share(f["within_goal"], f["outbound_attacks"]) if f["outbound_attacks"] else "-", _seconds(f["delay_s_p50"]), _seconds(f["delay_s_p95"]),
                     _number(f["at_call_p50"]), _number(f["at_call_p95"]), _number(f["usd_through"], 0)])
    return grid(["attack", "stopped", "calls", "through/att", "min/att", "p95", "<=10 min", "first block p50", "p95", "at call p50", "p95", "$ through"], rows)


def _compare(data, part, cell):
    names = sorted({key for system in data.values() for key in system[part]})
    return [[key, *(cell(system[part][key]) for system in data.values())] for key in names]


def human(data, head):
    """data as report() makes it; the first system is ours."""
    ours = next(iter(data))
    lines = [*head, "", *_systems(data), "", f"{ours}, by attack:", *_classes(data[ours]["classes"]), "", "calls refused or cut, by attack:"]
    lines += grid(["attack", *data], _compare(data, "classes", lambda f: f"{100 * f['calls_stopped_share']:.1f}%"))
    lines += ["", "wanted calls refused or cut per 100,000 (days lost), by profile:"]
    lines += grid(["profile", *data], _compare(data, "profiles", lambda w: f"{_number(w['hurt_per_100k'])} ({w['customer_days_lost']})"))
    return "\n".join(lines)
