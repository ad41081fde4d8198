# SPDX-License-Identifier: GPL-2.0-or-later
"""Messages that parsers stumble over: those of RFC 4475 and RFC 5118 in the files of `torture`, and others made from an INVITE that is fine."""
import os
import re

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "torture")


def torture(file):
    """(name, bytes) of each message in a file; rfc4475.txt says how they are written."""
    with open(os.path.join(FOLDER, file), encoding="ascii") as text:
        parts = re.split(r"^@@ (\S+)\n", text.read(), flags=re.MULTILINE)[1:]
    for name, message in zip(parts[::2], parts[1::2]):
        message = re.sub(r"\{(\d+)\*([^}]*)\}", lambda found: int(found[1]) * found[2], message).replace("\\s", " ")
        head, _, body = re.sub(r"\\x([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), message).partition("\n\n")
        body = body.replace("\n", "\r\n")
        yield name, (head.replace("\n", "\r\n").replace("%L", str(len(body))) + "\r\n\r\n" + body).encode("latin-1")


def user(text):
    """Another user part in the Request-URI."""
    return lambda invite: re.sub(rb"^INVITE sip:[^@]*@", b"INVITE sip:" + text + b"@", invite, count=1)


def uri(text):
    return lambda invite: re.sub(rb"^INVITE \S+", b"INVITE " + text, invite, count=1)


def header(line):
    """One more header, or several, before the others."""
    return lambda invite: invite.replace(b"\r\nMax-Forwards", b"\r\n" + line + b"\r\nMax-Forwards", 1)


def instead(name, line):
    return lambda invite: re.sub(rb"\r\n" + name + rb":[^\r]*", lambda _: b"\r\n" + line, invite, count=1)


# Read in some way or refused; what they must not do is go on to a carrier when the number in them is closed. What published faults of SIP servers began
# with is named after them.
CLOSED = {
    "escaped digits": user(b"%2B%34%34%32%30%37%39%30%30%30%34%30%31"),
    "escaped twice": user(b"%252B442079000401"),
    "parameter in the user part": user(b"+442079000401;phone-context=+1;npdi"),
    "local number with a context": user(b"2079000401;phone-context=+44"),
    "password": user(b"+442079000401:pass;word"),
    "separators": user(b"+44-(20)-7900.0401"),
    "cheap number and a pause": user(b"+442079000401,,+442079460018"),
    "NUL behind": user(b"+442079000401%00"),
    "raw NUL behind": user(b"+442079000401\0"),
    "control bytes": user(b"+4420\x01\x1b79000401"),
    "full width digits": user("\uff0b\uff14\uff14\uff12\uff10\uff17\uff19\uff10\uff10\uff10\uff14\uff10\uff11".encode()),
    "8,000 digits": user(b"+442079000401" + b"9" * 8000),
    "tel: with a global number": uri(b"tel:+442079000401"),
    "tel: with a country as context": uri(b"tel:2079000401;phone-context=+44"),
    "tel: with a domain as context": uri(b"tel:02079000401;phone-context=trunk.example"),
    "tel: with two contexts": uri(b"tel:2079000401;phone-context=+1;phone-context=+44"),
    "sips, upper case": uri(b"SIPS:+442079000401@127.0.0.1"),
    "user=phone in capitals": uri(b"SIP:+442079000401@127.0.0.1;USER=PHONE"),
    "header in the URI": uri(b"sip:+442079000401@127.0.0.1?To=sip:+442079460018@x"),
    "two at signs": uri(b"sip:+442079460018@x:+442079000401@127.0.0.1"),
    "a blank in the line": uri(b"sip:+442079000401@127.0.0.1 sip:+442079460018@127.0.0.1"),
    "in angle brackets": uri(b"<sip:+442079000401@127.0.0.1>"),
    "To names a cheap one": instead(b"To", b"To: <sip:+442079460018@trunk.example>"),
    "bare CR": header(b"X-A: a\rX-B: b"),
    "bare LF": header(b"X-A: a\nX-B: b"),
    "LF and a blank": header(b"X-A: a\n X-B: b"),
    "NUL in a header": header(b"X-A: a\0b"),
    "folded headers": header(b"X-A:\r\n  a\r\n\t b\r\nSubject :\r\n folded"),
    "second From": header(b"From: <sip:+442070000001@x>;tag=other"),
    "second Call-ID": header(b"Call-ID: other"),
    "second CSeq": header(b"CSeq: 7 INVITE"),
    "second Via without a branch": header(b"Via: SIP/2.0/UDP 127.0.0.1:9"),
    "no colon": header(b"X-A a"),
    "no name": header(b": a"),
    "no headers at all": lambda invite: invite.split(b"\r\n", 1)[0] + b"\r\n\r\n",
    "no empty line": lambda invite: invite.split(b"\r\n\r\n", 1)[0],
    "CSeq of another method": instead(b"CSeq", b"CSeq: 1 OPTIONS"),
    "CSeq of a kilobyte (CVE-2017-9372)": instead(b"CSeq", b"CSeq: 1 " + b"A" * 1024),
    "50 Accept (CVE-2018-7284)": header(b"\r\n".join([b"Accept: application/sdp"] * 50)),
    "long From tag and twice (CVE-2020-27507)": instead(b"From", b"From: <sip:+442070000005@x>;tag=" + b"a" * 1024 + b"\r\nFrom: <sip:1@x>;tag=" + b"b" * 2048),
    "From of nothing but a long tag (CVE-2018-16657)": instead(b"From", b"From: ;tag=" + b"a" * 4000),
    "Via of 0xff (CVE-2018-16657)": instead(b"Via", b"Via: SIP/2.0/UDP \xff\xff\xff\xff;branch="),
    "To tag of a megabit's names (CVE-2018-8828)": instead(b"To", b"To: <sip:+442079000401@x>;tag=" + b"0" * 8000),
    "To without a value (CVE-2018-14767)": instead(b"To", b"To:\r\nTo: <sip:+442079000401@x>"),
    "Authorization without an end (CVE-2023-28098)": header(b'Authorization: Digest username="a,realm="b'),
    "Proxy-Authorization of commas": header(b"Proxy-Authorization: Digest ,,,,=,==,username"),
    "Content-Type of a kilobyte": header(b"Content-Type: " + b"a" * 1024 + b"/" + b"b" * 1024),
    "media of 2^32 (CVE-2018-1000099)": lambda invite: invite.replace(b"m=audio 4000", b"m=audio 4294967296", 1),
    "NUL in the SDP (CVE-2018-1000098)": lambda invite: invite.replace(b"s=-", b"s=\0", 1),
    "512 digits in c=": lambda invite: invite.replace(b"c=IN IP4 127.0.0.1", b"c=IN IP4 " + b"1" * 512, 1),
    "multipart without an end": lambda invite: invite.replace(b"application/sdp", b"multipart/mixed;boundary=x", 1).replace(b"v=0\r\n", b"--x\n\n", 1),
    "stray quote in Contact (OpenSIPS 2285)": instead(b"Contact", b'Contact: "<sip:a@127.0.0.1>'),
    "UTF-8 name, Diversion (OpenSIPS 2144)": header('Diversion: "Zo\u00eb \u041f" <sip:+442070000001@x>;reason=unknown'.encode()),
    "%n and friends": header(b"User-Agent: %n%n%s%s%.1000000d"),
    "Max-Forwards of a kilobyte": instead(b"Max-Forwards", b"Max-Forwards: " + b"9" * 1024),
    "200 Record-Routes": header(b"\r\n".join([b"Record-Route: <sip:127.0.0.1;lr>"] * 200)),
}

# What a customer may not say: none of it, in whatever spelling, is there when its call goes on.
FORGED = ["X-Fraudguard-Score: 0", "x-fraudguard-score: 0", "X-FRAUDGUARD-CUSTOMER : c1", "X-Fraudguard-Verdict:\r\n allow", "X-Fraudguard-A\t: b",
          "Reason: SIP;cause=200;text=\"fine\"", "reason :Q.850;cause=16", "Identity: e30.e30.c2ln;info=<https://x.example/>"]
