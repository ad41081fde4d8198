# SPDX-License-Identifier: GPL-2.0-or-later
"""What the person on duty looks at first: is the guard at work, what does it stop, who is attacked."""
from model import Dashboard, bars, by_action, link, series, stat, table, words

UP = words({0: ("down", "red"), 1: ("up", "green")})
RATE = "sum by (action) (rate(fraudguard_calls_total{@S@}[$__rate_interval]))"

DASHBOARD = Dashboard("1-noc", "fg-noc", "Fraud guard: overview", "Is the guard at work, what does it stop, and for whom.", [
    ("Now", [
        stat("Guard", "Nodes whose metrics can be read; the least one counts.", 'min(up{@S@,job="fraudguard"})', mappings=UP, width=3),
        stat("Store", "Redis as the nodes see it; the worst counts. Down: verdicts are made from each node's own counters (degraded).",
             'min((1 - fraudguard_degraded{@S@}) * on(job, instance) (fraudguard_store_state{@S@,state="up"} * 2 + 1))',
             mappings=words({0: ("down", "red"), 1: ("slow", "orange"), 3: ("up", "green")}), width=3),
        stat("Calls", "Calls judged a second, both directions.", "sum(rate(fraudguard_calls_total{@S@}[$__rate_interval]))", unit="cps", width=3, decimals=1),
        stat("In progress", "Calls that are up and watched.", "sum(fraudguard_live_calls{@S@})", width=3),
        stat("Blocked", "Calls refused in the last hour.", 'sum(increase(fraudguard_calls_total{@S@,action="block"}[1h]))', width=3, decimals=0),
        stat("Cut", "Calls ended while they were up, in the last hour.", "sum(increase(fraudguard_calls_cut_total{@S@}[1h]))", width=3, decimals=0),
        stat("Holds", "Holds in force, as the node knows them that knows most.", "max by (job) (sum by (job, instance) (fraudguard_holds{@S@}))", width=3,
             thresholds=[(None, "green"), (1, "orange")]),
        stat("Trunks in clear", "Trunks whose last call came without TLS, or offered no SRTP.", "count(min by (trunk) (fraudguard_trunk_encrypted{@S@}) == 0) or vector(0)", width=3,
             thresholds=[(None, "green"), (1, "red")]),
    ]),
    ("Verdicts", [
        series("Calls by verdict", "Calls a second by what was done with them. Dashed below: the blocks of the same hour last week.",
               [(RATE, "{{action}}")], unit="cps", stacked=True, width=16, overrides=by_action()),
        series("Blocked, and last week", "Blocks a second, now and at the same time a week ago: a jump without a campaign is an attack, or a rule that is wrong.",
               [('sum(rate(fraudguard_calls_total{@S@,action="block"}[$__rate_interval]))', "now"),
                ('sum(rate(fraudguard_calls_total{@S@,action="block"}[$__rate_interval] offset 1w)) or vector(0)', "a week ago")], unit="cps", width=8),
        table("Customers with most blocked calls", "Last hour. Follow the name to the customer's own dashboard.",
              ['topk(10, sum by (customer) (increase(fraudguard_customer_calls_total{@S@,action="block"}[1h])) > 0)'], {"customer": "Customer", "Value": "Blocked"}, decimals=0,
              overrides=[{"matcher": {"id": "byName", "options": "Customer"}, "properties": [{"id": "links", "value": [link("Show the customer", "fg-customer", "customer")]}]}]),
        bars("Rules that hit most", "Points that counted, last hour.", ('topk(10, sum by (rule) (increase(fraudguard_rule_hits_total{@S@,mode="enforce"}[1h])) > 0)', "{{rule}}"), width=12, decimals=0),
    ]),
    ("Health", [
        series("Time to judge an INVITE (p99)", "The store included. Above 20 ms callers begin to notice.",
               [("histogram_quantile(0.99, sum by (instance, le) (rate(fraudguard_decision_duration_seconds_bucket{@S@}[$__rate_interval])))", "{{instance}}")], unit="s", width=8),
        series("Verdicts without Redis", "Made from the node's own counters. More than a few: see the runbook of DegradedMode.",
               [("sum by (instance) (rate(fraudguard_degraded_verdicts_total{@S@}[$__rate_interval]))", "{{instance}}")], unit="cps", width=8, quiet=True),
        series("Lost", "Counts, events and orders that never reached Redis, and calls that nobody watches. Anything here is a fault.",
               [("sum by (instance) (increase(fraudguard_backlog_lost_total{@S@}[$__rate_interval]))", "counts {{instance}}"),
                ("sum by (instance) (increase(fraudguard_ring_dropped_total{@S@}[$__rate_interval]))", "events {{instance}}"),
                ("sum by (instance) (increase(fraudguard_calls_untracked_total{@S@}[$__rate_interval]))", "calls {{instance}}")], width=8, quiet=True),
    ]),
], annotations=(("Holds", 'ALERTS{alertname="CustomerHold",alertstate="firing"}', "orange", "hold: {{scope}}"),
                ("Reloads", "changes(fraudguard_config_last_reload_success_timestamp_seconds{@S@}[2m]) > 0", "blue", "rules reloaded on {{instance}}")))
