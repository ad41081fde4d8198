# SPDX-License-Identifier: GPL-2.0-or-later
"""The padlock of each trunk: what was observed, not what was agreed."""
from model import Dashboard, bars, column, series, stat, table, words

LOCK = words({0: ("in clear", "red"), 1: ("encrypted", "green")})
DAYS = [{"value": None, "color": "red"}, {"value": 3 * 86400, "color": "orange"}, {"value": 14 * 86400, "color": "green"}]

DASHBOARD = Dashboard("5-encryption", "fg-encryption", "Fraud guard: trunk encryption", "What trunks really encrypt, how long their certificates last, and what SRTP refuses.", [
    ("Now", [
        stat("Trunks seen", "Trunks that have called since the nodes started.", 'count(count by (trunk) (fraudguard_trunk_encrypted{@S@}))', width=4),
        stat("Signalling in clear", "Trunks whose last call came without TLS.", 'count(min by (trunk) (fraudguard_trunk_encrypted{@S@,layer="signalling"}) == 0) or vector(0)', thresholds=[(None, "green"), (1, "red")]),
        stat("Media in clear", "Trunks whose last call offered no SRTP.", 'count(min by (trunk) (fraudguard_trunk_encrypted{@S@,layer="media"}) == 0) or vector(0)', thresholds=[(None, "green"), (1, "red")]),
        stat("First certificate to end", "Time until the first of the trunks' client certificates ends.", "min(fraudguard_trunk_cert_expiry_timestamp_seconds{@S@}) - time()", unit="s",
             thresholds=[(None, "red"), (3 * 86400, "orange"), (14 * 86400, "green")]),
        stat("Refused for it", "Calls of the last 24 hours refused with 488: no SRTP where the customer requires it.", "sum(increase(fraudguard_media_refused_total{@S@}[24h]))", decimals=0),
        stat("Revocation lists", "Time until the first of the revocation lists should be replaced.", "min(fraudguard_crl_next_update_timestamp_seconds{@S@}) - time()", unit="s", quiet=True,
             thresholds=[(None, "red"), (6 * 3600, "orange"), (86400, "green")]),
    ]),
    ("Trunks", [
        table("Padlocks", "Each trunk as its last call was: TLS for signalling, SRTP for media, and the certificate's time left.",
              ['min by (trunk) (fraudguard_trunk_encrypted{@S@,layer="signalling"})', 'min by (trunk) (fraudguard_trunk_encrypted{@S@,layer="media"})',
               "min by (trunk) (fraudguard_trunk_cert_expiry_timestamp_seconds{@S@}) - time()"],
              {"trunk": "Trunk", "Value #A": "Signalling", "Value #B": "Media", "Value #C": "Certificate left"}, width=16, height=12,
              overrides=[column("Signalling", mappings=LOCK, custom_cellOptions={"type": "color-background"}), column("Media", mappings=LOCK, custom_cellOptions={"type": "color-background"}),
                         column("Certificate left", unit="s", thresholds={"mode": "absolute", "steps": DAYS}, custom_cellOptions={"type": "color-text"})]),
        bars("Certificates that end first", "The ten with the least time left.", ("bottomk(10, min by (trunk) (fraudguard_trunk_cert_expiry_timestamp_seconds{@S@}) - time())", "{{trunk}}"), unit="s", height=12),
    ]),
    ("Over time", [
        series("Share of trunks encrypted", "Of those that have called: TLS, SRTP.", [("avg by (layer) (fraudguard_trunk_encrypted{@S@})", "{{layer}}")], unit="percentunit", maximum=1),
        series("SRTP refused", "Packets a second that did not authenticate, were seen before, or were no SRTP at all.",
               [('sum by (reason) (rate(sbc_edge_drops_total{@S@,reason=~"auth_failed|replay|not_srtp|plain_rtcp|no_key"}[$__rate_interval]))', "{{reason}}")], unit="pps"),
        series("Certificates read", "Identities taken from the connection's cache and read from the certificate, a second: many reads are many new connections.",
               [("sum(rate(fraudguard_tls_cache_hits_total{@S@}[$__rate_interval]))", "cached"), ("sum(rate(fraudguard_tls_cache_misses_total{@S@}[$__rate_interval]))", "read")], unit="ops", width=24),
    ]),
], since="now-24h")
