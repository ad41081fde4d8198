# SPDX-License-Identifier: GPL-2.0-or-later
"""What rules do to live traffic, those in shadow beside those that count."""
from model import Dashboard, bars, heatmap, series, stat, table, words

R = 'rule=~"$rule"'
LOADED = words({0: ("refused", "red"), 1: ("loaded", "green")})

DASHBOARD = Dashboard("3-rules", "fg-rules", "Fraud guard: rules", "What rules do to live traffic, in force and in shadow.", [
    ("In force", [
        stat("Last reload", "Refused: a file has a fault, a test failed, or nobody confirmed; the older rules are in force.", "min(fraudguard_config_last_reload_successful{@S@})", mappings=LOADED),
        stat("In force since", "When the rules in force were loaded.", "max(fraudguard_config_last_reload_success_timestamp_seconds{@S@}) * 1000", unit="dateTimeFromNow"),
        stat("Rules", "How many are in force; the node with fewest.", "min(fraudguard_rules{@S@})"),
        stat("Customers", "How many are known; the node with fewest.", "min(fraudguard_customers{@S@})"),
        stat("Versions", "Sets of packs in force over all nodes: more than one while a change is rolled out, or when a node was left out.",
             "max(count by (pack) (count by (pack, sha) (fraudguard_pack_info{@S@})))", thresholds=[(None, "green"), (2, "orange")]),
        stat("Never hit", "Rules and composites in force without a hit since the nodes started: wrong, not needed, or waiting for their day.",
             'count(sum by (rule) (fraudguard_rule_hits_total{@S@}) == 0) or vector(0)'),
    ]),
    ("Hits", [
        series("Hits that counted", "Hits a minute of rules that are enforced.", [(f'sum by (rule) (rate(fraudguard_rule_hits_total{{@S@,{R},mode="enforce"}}[$__rate_interval])) * 60 > 0', "{{rule}}")],
               unit="cpm", width=12, height=10),
        series("Hits in shadow", "Hits a minute of rules that only watch. Compare before `fgctl rules promote`.",
               [(f'sum by (rule) (rate(fraudguard_rule_hits_total{{@S@,{R},mode="shadow"}}[$__rate_interval])) * 60', "{{rule}}")], unit="cpm", width=12, height=10),
        bars("Most hits, 24 hours", "Rules that are enforced, by hits in a day.", (f'topk(15, sum by (rule) (increase(fraudguard_rule_hits_total{{@S@,{R},mode="enforce"}}[24h])) > 0)', "{{rule}}"), width=12, height=10, decimals=0),
        table("Rules without a hit", "Since the nodes started, enforced or in shadow.", [f"sum by (rule, mode) (fraudguard_rule_hits_total{{@S@,{R}}}) == 0"], {"rule": "Rule", "mode": "Mode"}, width=12, height=10),
    ]),
    ("Scores", [
        heatmap("Points of calls", "How many calls get how many points; the bands of the shipped packs begin at 30 (alert), 50 (throttle), 65 (challenge) and 80 (block).",
                "sum by (le) (increase(fraudguard_score_bucket{@S@}[$__rate_interval]))"),
        heatmap("Points with shadow rules", "The same calls, had the rules in shadow counted too.", "sum by (le) (increase(fraudguard_shadow_score_bucket{@S@}[$__rate_interval]))"),
        series("Refused, and had shadow counted", "Blocked calls a minute as they were judged, and as they would have been with the rules in shadow.",
               [('sum(rate(fraudguard_calls_total{@S@,action="block"}[$__rate_interval])) * 60', "blocked"),
                ('sum(rate(fraudguard_shadow_calls_total{@S@,action="block"}[$__rate_interval])) * 60', "had shadow counted")], unit="cpm"),
        series("Reasons that are no rules", "Holds, allowances, missing identity, exceptions and overrides, a minute.",
               [("sum by (reason) (rate(fraudguard_other_reasons_total{@S@}[$__rate_interval])) * 60", "{{reason}}")], unit="cpm"),
    ]),
], variables=("rule",), since="now-24h")
