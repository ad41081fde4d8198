# SPDX-License-Identifier: GPL-2.0-or-later
"""The inside: time, store, writer and relay."""
from model import Dashboard, heatmap, series, stat, words

UP = words({0: ("down", "red"), 1: ("up", "green")})


def p(quantile, name, by="instance"):
    return f"histogram_quantile({quantile}, sum by ({by}, le) (rate({name}_bucket{{@S@}}[$__rate_interval])))"


DASHBOARD = Dashboard("6-engine", "fg-engine", "Fraud guard: engine and relay", "Time, store, writer and relay.", [
    ("Now", [
        stat("Decision, p99", "Time to judge an INVITE, the store included.", "max(" + p(0.99, "fraudguard_decision_duration_seconds") + ")", unit="s", thresholds=[(None, "green"), (0.01, "orange"), (0.02, "red")]),
        stat("Redis, p99", "The store's part while Redis is asked.", 'max(histogram_quantile(0.99, sum by (instance, le) (rate(fraudguard_redis_duration_seconds_bucket{@S@,op="evaluate"}[$__rate_interval]))))',
             unit="s", thresholds=[(None, "green"), (0.01, "orange"), (0.02, "red")]),
        stat("Waiting for the writer", "Fill of the ring of events and orders; full: events are lost.", "max(fraudguard_ring_used_bytes{@S@} / fraudguard_ring_size_bytes{@S@})", unit="percentunit",
             thresholds=[(None, "green"), (0.5, "orange"), (0.9, "red")]),
        stat("Relay", "Relays whose metrics can be read; the least one counts.", 'min(up{@S@,job="sbc-edge"})', mappings=UP),
        stat("Media ports", "In use; at 100 % calls go to the next relay.", "max(rtpengine_ports_used{@S@} / (rtpengine_ports{@S@} > 0))", unit="percentunit", thresholds=[(None, "green"), (0.7, "orange"), (0.9, "red")]),
        stat("After a verdict", "Packets forwarded after a verdict of block. Anything but 0 is a defect of the relay.", "sum(increase(sbc_edge_forwarded_after_verdict_total{@S@}[24h]))", decimals=0, quiet=True,
             thresholds=[(None, "green"), (1, "red")]),
    ]),
    ("Time", [
        series("Time to judge an INVITE", "Half of them, 99 of 100, 999 of 1,000.", [(p(q, "fraudguard_decision_duration_seconds", "job"), name) for q, name in ((0.5, "p50"), (0.99, "p99"), (0.999, "p99.9"))], unit="s"),
        heatmap("Time of the store", "Evaluations by time; the deadline is where they end.", 'sum by (le) (increase(fraudguard_redis_duration_seconds_bucket{@S@,op="evaluate"}[$__rate_interval]))', unit="s"),
    ]),
    ("Store", [
        series("Redis failures", "By kind, a second.", [("sum by (reason) (rate(fraudguard_redis_errors_total{@S@}[$__rate_interval])) > 0", "{{reason}}")], unit="ops", width=8, quiet=True),
        series("Backlog", "Counts that wait to be merged into Redis.", [("sum by (instance) (fraudguard_backlog_requests{@S@})", "{{instance}}")], width=8, quiet=True),
        series("Local table", "Counts that went since the local table is too small, a second.", [("sum by (table) (rate(fraudguard_local_evicted_total{@S@}[$__rate_interval]))", "{{table}}")], unit="ops", width=8, quiet=True),
        series("Writer", "Events written to Redis a second, and writes that failed.",
               [("sum(rate(fraudguard_events_written_total{@S@}[$__rate_interval]))", "written"), ("sum(rate(fraudguard_write_failures_total{@S@}[$__rate_interval]))", "failed")], unit="ops", width=8),
        series("Holds between nodes", "Holds set here and heard from others, a minute.",
               [("sum(rate(fraudguard_holds_set_total{@S@}[$__rate_interval])) * 60", "set"), ("sum(rate(fraudguard_holds_heard_total{@S@}[$__rate_interval])) * 60", "heard")], unit="cpm", width=8),
        series("Judged during calls", "Answers, started minutes and ends, a second.",
               [(f"sum(rate(fraudguard_{name}_events_total{{@S@}}[$__rate_interval]))", name) for name in ("answer", "minute", "end")], unit="ops", width=8),
    ]),
    ("Relay", [
        series("Calls", "Relayed now.", [('sum by (instance) (rtpengine_sessions{@S@})', "{{instance}}")], width=8),
        series("Packets", "A second: received and forwarded.",
               [("sum(rate(sbc_edge_packets_received_total{@S@}[$__rate_interval]))", "received"), ("sum(rate(rtpengine_packets_total{@S@}[$__rate_interval]))", "forwarded")], unit="pps", width=8),
        series("Dropped by reason", "Packets a second that were not forwarded. blocked, held and killed are verdicts at work.",
               [("sum by (reason) (rate(sbc_edge_drops_total{@S@}[$__rate_interval])) > 0", "{{reason}}")], unit="pps", width=8),
        series("ng commands", "A second, and those answered with an error.",
               [("sum by (request) (rate(rtpengine_requests_total{@S@}[$__rate_interval]))", "{{request}}"), ("sum(rate(rtpengine_errors_total{@S@}[$__rate_interval]))", "errors")], unit="reqps", width=12),
        series("Ends", "Calls ended, by why, a minute. Timeouts are calls whose end the relay was not told.",
               [("sum by (reason) (rate(rtpengine_closed_sessions_total{@S@}[$__rate_interval])) * 60", "{{reason}}")], unit="cpm", width=12),
    ]),
])
