# SPDX-License-Identifier: GPL-2.0-or-later
"""Floods: of calls to a customer's lines, and of requests on the guard itself."""
from model import Dashboard, bars, by_action, series, stat, table

IN = 'direction="inbound"'
FAMILY = 'rule=~"IN_.*"'

DASHBOARD = Dashboard("4-tdos", "fg-tdos", "Fraud guard: floods", "Floods of calls to customers' lines, and of requests to the guard itself.", [
    ("Now", [
        stat("Calls in", "Calls to customers a second.", f"sum(rate(fraudguard_calls_total{{@S@,{IN}}}[$__rate_interval]))", unit="cps", decimals=1),
        stat("Let through", "Share of the calls to customers that went on.", f'sum(rate(fraudguard_calls_total{{@S@,{IN},action=~"allow|alert"}}[5m])) / (sum(rate(fraudguard_calls_total{{@S@,{IN}}}[5m])) > 0) or vector(1)',
             unit="percentunit", thresholds=[(None, "red"), (0.5, "orange"), (0.9, "green")]),
        stat("Throttled", "Last hour: refused so that lines stay free.", f'sum(increase(fraudguard_calls_total{{@S@,{IN},action="throttle"}}[1h]))', decimals=0),
        stat("Challenged", "Last hour: asked to show that a person calls.", f'sum(increase(fraudguard_calls_total{{@S@,{IN},action="challenge"}}[1h]))', decimals=0),
        stat("Passed", "Challenged calls of the last hour that were let through, since their callers passed.", "sum(increase(fraudguard_challenges_passed_total{@S@}[1h]))", decimals=0),
        stat("Attacks told", "Beginnings and ends of attacks in the last 24 hours; `fgctl attacks` lists them.", "sum(increase(fraudguard_attacks_total{@S@}[24h]))", decimals=0),
    ]),
    ("Calls to customers", [
        series("Calls in by verdict", "Calls to customers a second.", [(f"sum by (action) (rate(fraudguard_calls_total{{@S@,{IN}}}[$__rate_interval]))", "{{action}}")], unit="cps", stacked=True, width=16,
               overrides=by_action()),
        series("Now and last week", "Calls to customers a second, now and at the same time a week ago.",
               [(f"sum(rate(fraudguard_calls_total{{@S@,{IN}}}[$__rate_interval]))", "now"), (f"sum(rate(fraudguard_calls_total{{@S@,{IN}}}[$__rate_interval] offset 1w)) or vector(0)", "a week ago")],
               unit="cps", width=8),
        bars("Flood rules", "Hits in the last hour of rules for calls to customers.", (f"topk(10, sum by (rule) (increase(fraudguard_rule_hits_total{{@S@,{FAMILY}}}[1h])))", "{{rule}}"), width=12, decimals=0),
        table("Customers under most calls", "Refused, throttled and challenged calls of and to the customer, last hour.",
              ['topk(10, sum by (customer) (increase(fraudguard_customer_calls_total{@S@,action=~"block|throttle|challenge"}[1h])) > 0)'], {"customer": "Customer", "Value": "Not let through"}, decimals=0),
    ]),
    ("Floods on the guard", [
        series("Cut before they are read", "Requests a second over the limits `flood_*` of a source, connection or certificate: answered with 503, dropped. None of them costs a verdict.",
               [("sum by (instance) (rate(fraudguard_flood_refused_total{@S@}[$__rate_interval]))", "refused {{instance}}"),
                ("sum by (instance) (rate(fraudguard_flood_dropped_total{@S@}[$__rate_interval]))", "dropped {{instance}}")], unit="reqps", quiet=True),
        series("Nobody's, unreadable", "Attempts a second of nobody that is known, and messages that cannot be read.",
               [("sum(rate(fraudguard_identity_refused_total{@S@}[$__rate_interval]))", "not identified"), ("sum(rate(fraudguard_unreadable_total{@S@}[$__rate_interval]))", "unreadable")], unit="reqps"),
        series("Media nobody asked for", "Packets a second that the relay drops since they do not authenticate, are seen twice, or come from a wrong address.",
               [('sum by (reason) (rate(sbc_edge_drops_total{@S@,reason=~"auth_failed|replay|unknown_source|bad_packet|not_srtp"}[$__rate_interval]))', "{{reason}}")], unit="pps", width=24),
    ]),
], since="now-3h")
