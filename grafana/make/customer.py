# SPDX-License-Identifier: GPL-2.0-or-later
"""One customer: what their trunk does, beside what it did a week ago."""
from model import Dashboard, by_action, series, stat, table, words

C = 'customer=~"$customer"'
T = 'trunk=~"$customer"'
LOCK = words({0: ("in clear", "red"), 1: ("encrypted", "green")})
REFUSED = 'action=~"block|throttle|challenge"'

DASHBOARD = Dashboard("2-customer", "fg-customer", "Fraud guard: customer", "A customer's calls and verdicts, and how the trunk is secured.", [
    ("Now", [
        stat("Calls", "Calls of and to the customer a minute.", f"sum(rate(fraudguard_customer_calls_total{{@S@,{C}}}[$__rate_interval])) * 60", decimals=1),
        stat("Blocked", "Calls refused in the last hour.", f'sum(increase(fraudguard_customer_calls_total{{@S@,{C},action="block"}}[1h]))', decimals=0),
        stat("Refused share", "Of the last hour's calls: blocked, throttled and challenged.",
             f"sum(increase(fraudguard_customer_calls_total{{@S@,{C},{REFUSED}}}[1h])) / (sum(increase(fraudguard_customer_calls_total{{@S@,{C}}}[1h])) > 0)", unit="percentunit",
             thresholds=[(None, "green"), (0.05, "orange"), (0.3, "red")]),
        stat("Signalling", "Whether the last outbound call came over TLS.", f'min(fraudguard_trunk_encrypted{{@S@,{T},layer="signalling"}})', mappings=LOCK),
        stat("Media", "Whether the last outbound call offered SRTP.", f'min(fraudguard_trunk_encrypted{{@S@,{T},layer="media"}})', mappings=LOCK),
        stat("Certificate", "Time until the client certificate of the last call ends.", f"min(fraudguard_trunk_cert_expiry_timestamp_seconds{{@S@,{T}}}) - time()", unit="s",
             thresholds=[(None, "red"), (3 * 86400, "orange"), (14 * 86400, "green")]),
    ]),
    ("Calls", [
        series("Calls by verdict", "Calls a minute of and to the customer.", [(f"sum by (action) (rate(fraudguard_customer_calls_total{{@S@,{C}}}[$__rate_interval])) * 60", "{{action}}")],
               unit="cpm", stacked=True, width=16, overrides=by_action()),
        series("Now and last week", "Calls a minute, now and at the same time a week ago.",
               [(f"sum(rate(fraudguard_customer_calls_total{{@S@,{C}}}[$__rate_interval])) * 60", "now"),
                (f"sum(rate(fraudguard_customer_calls_total{{@S@,{C}}}[$__rate_interval] offset 1w)) * 60 or vector(0)", "a week ago")], unit="cpm", width=8),
    ]),
    ("Verdicts", [
        table("Verdicts", "Calls in the last 24 hours by verdict.", [f"sum by (customer, action) (increase(fraudguard_customer_calls_total{{@S@,{C}}}[24h])) > 0"],
              {"customer": "Customer", "action": "Verdict", "Value": "Calls"}, decimals=0),
        series("Refused", "Calls blocked, throttled and challenged a minute, by customer.",
               [(f"sum by (customer) (rate(fraudguard_customer_calls_total{{@S@,{C},{REFUSED}}}[$__rate_interval])) * 60", "{{customer}}")], unit="cpm"),
    ]),
], variables=("customer",))
