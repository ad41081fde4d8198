# SPDX-License-Identifier: GPL-2.0-or-later
"""DTLS-SRTP through the relay: OpenSSL at either end, or at both."""
import re

import pytest
from OpenSSL import SSL

import test_edge_attacks as matrix
from edge_dtls import DtlsEndpoint, shake
from edge_lab import CM_80, Call, Endpoint, rtp, talk, wait_until

attackers = matrix.attackers  # the fixture


@pytest.fixture
def connect(ng):
    """Makes calls between two given ends, deleted at the end of the test."""
    calls = []

    def make(a, b, **keys):
        profile = b.proto if isinstance(b, DtlsEndpoint) else "RTP/SAVP" if b.suite else "RTP/AVP"
        calls.append(Call(ng, a, b, transport_protocol=profile, **keys))
        return calls[-1]

    yield make
    for one in calls:
        one.ng("delete", call_id=one.id, from_tag="")
        one.a.close()
        one.b.close()


def srtp(call, tag):
    return call.query()["tags"][tag]["medias"][0]["srtp"]


def ready(call):
    """Handshakes, until the relay has the keys, too."""
    ends = [(end, tag) for end, tag in ((call.a, "tag-a"), (call.b, "tag-b")) if isinstance(end, DtlsEndpoint)]
    assert shake(*(end for end, _ in ends)), call.query()
    for end, tag in ends:
        wait_until(lambda tag=tag, end=end: established(call, tag) == len(end.associations))
    return call


def established(call, tag):
    dtls = srtp(call, tag)["dtls"]
    return (dtls["state"] == "established") + (dtls.get("rtcp_state") == "established")


def set_up(call, to_tag="", **answer_keys):
    call.offer(to_tag=to_tag)
    if isinstance(call.b, DtlsEndpoint):
        call.b.setup = "passive" if call.b.setup == "actpass" else call.b.setup
        call.b.is_client = call.b.setup == "active"
    call.answer(**answer_keys)
    return ready(call)


@pytest.mark.parametrize("suite", ["AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32", "AEAD_AES_128_GCM",
                                   "AEAD_AES_256_GCM"])
def test_each_profile_towards_a_leg_in_clear(connect, suite):
    one = set_up(connect(DtlsEndpoint(suite), Endpoint()))
    talk(one)
    facts = srtp(one, "tag-a")
    assert facts["suite_in"] == facts["suite_out"] == suite and facts["encrypted"] == 1
    assert facts["dtls"] == {"role": "active", "state": "established", "last_handshake": "ok"}


@pytest.mark.parametrize("setup,role", [("active", "passive"), ("passive", "active"), ("actpass", "active")])
@pytest.mark.parametrize("mux", [True, False])
def test_roles_of_the_caller(connect, setup, role, mux):
    one = set_up(connect(DtlsEndpoint(setup=setup, mux=mux), Endpoint(suite=CM_80)))
    assert srtp(one, "tag-a")["dtls"]["role"] == role
    talk(one)


@pytest.mark.parametrize("setup", ["active", "passive"])
@pytest.mark.parametrize("mux", [True, False])
def test_roles_of_the_called_side(connect, setup, mux):
    one = connect(Endpoint(suite=CM_80, mux=mux), DtlsEndpoint(setup=setup, mux=mux))
    set_up(one)
    assert "a=setup:actpass" in one.offer_sdp and "UDP/TLS/RTP/SAVP " in one.offer_sdp
    assert "a=crypto" not in one.offer_sdp and "a=fingerprint" not in one.answer_sdp
    talk(one)


def test_dtls_at_both_ends(connect):
    one = set_up(connect(DtlsEndpoint(), DtlsEndpoint("AEAD_AES_128_GCM", setup="active")))
    assert one.a.peer_print.split()[1] not in one.a.sdp() + one.b.sdp()
    talk(one)
    assert srtp(one, "tag-b")["suite_in"] == "AEAD_AES_128_GCM"


def test_passive_on_request_and_another_hash(connect):
    one = connect(DtlsEndpoint(), Endpoint(), DTLS_reverse="passive")
    set_up(one, DTLS_fingerprint="sha-512")
    assert "a=setup:passive" in one.answer_sdp and "a=fingerprint:sha-512 " in one.answer_sdp
    talk(one)


@pytest.mark.parametrize("profile", ["RTP/AVP", "UDP/TLS/RTP/SAVP"])
def test_an_echo_of_media_keyed_by_dtls(connect, profile):
    """Who answers with the address that he was offered makes the caller hear himself."""
    one = connect(DtlsEndpoint(), Endpoint())
    one.offer_keys["transport_protocol"] = profile
    one.offer()
    one.answer(one.offer_sdp)
    assert shake(one.a)
    wait_until(lambda: established(one, "tag-a") == 1)
    for i in range(5):
        one.a.send(rtp(i))
        assert one.a.receive()[12:] == rtp(i)[12:]


def test_off_means_sdes_towards_the_other_side(connect):
    one = connect(DtlsEndpoint(), Endpoint(suite=CM_80), DTLS="off")
    one.offer_keys["transport_protocol"] = "UDP/TLS/RTP/SAVPF"
    set_up(one)
    assert "RTP/SAVPF" in one.offer_sdp and "UDP/TLS" not in one.offer_sdp and "a=crypto" in one.offer_sdp
    talk(one)


def test_the_older_way_of_browsers(connect):
    talk(set_up(connect(DtlsEndpoint(proto="RTP/SAVPF"), Endpoint())))


def test_another_certificate_never_gets_media(connect, edge):
    before = edge.metrics()['sbc_edge_dtls_handshakes_total{result="fingerprint"}']
    one = connect(DtlsEndpoint(), Endpoint())
    one.a.print = "sha-256 " + ":".join(["AB"] * 32)
    one.offer()
    one.answer()
    with pytest.raises(SSL.Error, match="alert"):
        shake(one.a)
    facts = srtp(one, "tag-a")
    assert facts["encrypted"] == 0 and facts["dtls"]["last_handshake"] == "fingerprint"
    one.b.send(rtp(1))
    wait_until(lambda: one.drops().get("no_key") == 1)
    assert edge.metrics()['sbc_edge_dtls_handshakes_total{result="fingerprint"}'] > before


def test_media_before_the_handshake_is_dropped(connect):
    one = connect(DtlsEndpoint(), Endpoint())
    one.offer()
    one.answer()
    one.b.send(rtp(1))
    wait_until(lambda: one.drops().get("no_key") == 1)
    ready(one)
    talk(one)


@pytest.mark.parametrize("print_line", ["sha-1 " + ":".join(["AB"] * 20), "sha-256 AB:CD", "md5 00"])
def test_weak_fingerprints_are_refused(ng, print_line):
    end = DtlsEndpoint()
    end.print = print_line
    reply = ng("offer", expect="error", call_id="weak-print@test", from_tag="a", sdp=end.sdp(),
               transport_protocol="RTP/AVP")
    assert "fingerprint" in reply["error-reason"]


def test_an_answer_in_clear_to_a_dtls_offer_is_refused(connect, ng):
    one = connect(Endpoint(), DtlsEndpoint())
    one.offer()
    for sdp in (Endpoint().sdp(), Endpoint(suite=CM_80).sdp()):
        ng("answer", expect="error", call_id=one.id, from_tag="tag-a", to_tag="tag-b", sdp=sdp)


def test_strangers_neither_get_in_nor_disturb(connect, edge):
    """ClientHellos from the peer's host and from elsewhere, before and after the handshake."""
    refused = edge.metrics()["sbc_edge_dtls_hellos_refused_total"]
    one = connect(DtlsEndpoint(setup="active"), Endpoint())
    near, far = DtlsEndpoint(), DtlsEndpoint(ip="127.0.0.77")

    def disturb():
        for stranger in (near, far):
            stranger.is_client, stranger.remote, stranger.remote_rtcp = True, one.a.remote, one.a.remote
            for _ in range(5):
                stranger.open()

    one.offer()
    one.answer()
    disturb()
    with pytest.raises(SSL.Error, match="alert"):  # from the peer's own host, with cookie and all
        near.open()
        shake(near, opens=False)
    assert srtp(one, "tag-a")["encrypted"] == 0
    ready(one)
    talk(one)
    place = one.query()["tags"]["tag-a"]["medias"][0]["streams"][0]["endpoint"]
    assert place["port"] == one.a.port
    near.drain()
    disturb()
    # Established: nobody else is answered.
    assert near.drain() == 0 and far.drain() == 0
    talk(one, first=300)
    assert one.query()["tags"]["tag-a"]["medias"][0]["streams"][0]["endpoint"] == place
    assert edge.metrics()["sbc_edge_dtls_hellos_refused_total"] >= refused + 10


@pytest.mark.parametrize("way", matrix.WAYS)
def test_attacks_on_media(connect, attackers, way):
    """The matrix of the other kinds of calls, on media that DTLS has keyed, with RTCP on a port of its own."""
    one = connect(DtlsEndpoint(setup="active", mux=False), DtlsEndpoint("AEAD_AES_128_GCM", setup="passive", mux=False),
                  **matrix.WAYS[way])
    set_up(one, **matrix.WAYS[way])
    for sender, receiver in ((one.a, one.b), (one.b, one.a)):
        matrix.attack(sender, receiver, attackers, 100, same_host_is_trusted=False)
    drops = one.drops()
    assert drops["auth_failed"] > 0 and drops["replay"] > 0


def test_the_same_certificate_keeps_the_association_and_another_replaces_it(connect):
    one = set_up(connect(DtlsEndpoint(), Endpoint()))
    talk(one)
    first = one.a.peer_print
    one.offer(to_tag="tag-b")
    one.answer()
    assert one.a.peer_print == first and f"a=setup:{'active'}" in one.answer_sdp
    talk(one, first=200)  # with the keys that are there
    old = one.a
    one.a = DtlsEndpoint()
    one.a.rtp, old.rtp = old.rtp, one.a.rtp  # the same port, another certificate
    one.a.rtcp, old.rtcp = old.rtcp, one.a.rtcp
    one.a.port = old.port
    one.offer(to_tag="tag-b")
    one.answer()
    ready(one)
    talk(one, first=300)
    old.close()


def test_another_tls_id_begins_anew(connect):
    """RFC 8842: the same certificate, and yet another association."""
    one = connect(DtlsEndpoint(setup="active"), Endpoint())
    seen = []
    for tls_id in ("a" * 20, "a" * 20, "b" * 20):
        one.offer(sdp=one.a.sdp(extra=[f"a=tls-id:{tls_id}"]), to_tag="tag-b" if seen else "")
        assert "tls-id" not in one.offer_sdp
        one.answer()
        seen.append(re.search(r"^a=tls-id:([0-9a-f]{32})\r?$", one.answer_sdp, re.M)[1])
        if len(seen) != 2:
            before = one.a.receiver
            ready(one)
            assert one.a.receiver is not before
        talk(one, first=100 * len(seen))
    assert seen[0] == seen[1] != seen[2]


def test_close_notify_ends_media(connect):
    one = set_up(connect(DtlsEndpoint(), Endpoint()))
    talk(one)
    association = one.a.associations[one.a.rtp]
    association.connection.shutdown()
    association.flush()
    wait_until(lambda: srtp(one, "tag-a")["dtls"]["state"] == "closed")
    one.b.send(rtp(900))
    wait_until(lambda: one.drops().get("no_key") == 1)


def test_sdes_becomes_dtls_and_back(connect):
    one = connect(Endpoint(suite=CM_80), Endpoint()).setup()
    talk(one)
    sdes = one.a
    one.a = DtlsEndpoint()
    set_up(one, to_tag="tag-b")
    talk(one, first=200)
    one.a.close()
    one.a = sdes
    one.offer(to_tag="tag-b")
    one.answer()
    assert not re.search("fingerprint|setup", one.answer_sdp)
    talk(one, first=300)


def test_keys_of_dtls_hold_until_an_offer_of_sdes_is_answered(connect):
    one = set_up(connect(DtlsEndpoint(), Endpoint()))
    talk(one)
    with_sdes = Endpoint(suite=CM_80, mux=True)
    described = with_sdes.sdp().replace(f"m=audio {with_sdes.port} ", f"m=audio {one.a.port} ")
    dtls = one.a
    for first in (200, 300):  # refused, and asked again
        one.offer(sdp=described, to_tag="tag-b")
        talk(one, first=first)
        assert established(one, "tag-a") == 1
    one.a = with_sdes
    one.answer()
    assert not re.search("fingerprint|setup", one.answer_sdp)
    with_sdes.rtp, dtls.rtp = dtls.rtp, with_sdes.rtp
    talk(one, first=400)
    dtls.close()


def test_keys_of_dtls_hold_where_sdes_is_offered_to_their_leg(connect):
    one = set_up(connect(Endpoint(), DtlsEndpoint(mux=False)))
    talk(one)
    reply = one.ng("offer", call_id=one.id, from_tag="tag-a", to_tag="tag-b", sdp=one.a.sdp(),
                   transport_protocol="RTP/SAVP", replace=["origin", "session-connection"])
    assert "a=crypto" in reply["sdp"] and "fingerprint" not in reply["sdp"]
    talk(one, first=200)
    assert established(one, "tag-b") == 2
