# SPDX-License-Identifier: GPL-2.0-or-later
"""fgctl number against the example numbers of libphonenumber, and every spelling of a number."""
import json
import os
import pathlib
import subprocess

import pytest

phonenumbers = pytest.importorskip("phonenumbers")

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("FG_BUILD", "build/release")
FGCTL = BUILD / "cli" / "fgctl"
FIELDS = ["input", "status", "e164", "country", "type", "allocated", "emergency",
          "rate_usd_per_minute", "lists", "readings", "why"]

# Types of libphonenumber that must be found, and what they may be called here.
PREMIUM, SHARED_COST = (phonenumbers.PhoneNumberType.PREMIUM_RATE,
                        phonenumbers.PhoneNumberType.SHARED_COST)
DEAR = {"premium", "shared_cost"}
DANGER = {"unallocated": 3, "premium": 2, "satellite": 1}

CUSTOMERS = """
- {id: acme, tz: Europe/London, home_countries: ["GB"]}
- {id: globex, tz: America/New_York, home_countries: ["US"]}
- {id: outback, tz: Australia/Sydney, home_countries: ["AU"], dial_plan: {international: ["0011", "00"]}}
"""


@pytest.fixture(scope="module", name="number")
def number_tool(tmp_path_factory):
    folder = tmp_path_factory.mktemp("number")
    customers = folder / "customers.yaml"
    customers.write_text(CUSTOMERS)

    def run(spellings, *options, code=0):
        listed = folder / "numbers.txt"
        listed.write_bytes(b"\n".join(s if isinstance(s, bytes) else s.encode() for s in spellings))
        done = subprocess.run([FGCTL, "number", "--rules", ROOT / "rules", "--customers", customers,
                               "-o", "jsonl", "--file", listed, *options],
                              capture_output=True, timeout=60, check=False)
        assert done.returncode == code, done.stderr
        results = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(results) == len(spellings)
        assert all(list(result) == FIELDS for result in results)
        return results
    return run


def region_of(example, region):
    """Numbers such as +1 800 are examples of many regions; libphonenumber says whose they are."""
    return phonenumbers.region_code_for_number(example) or region


def examples():
    """(E.164, region, type) of every example libphonenumber has."""
    types = [getattr(phonenumbers.PhoneNumberType, name) for name in (
        "FIXED_LINE", "MOBILE", "TOLL_FREE", "PREMIUM_RATE", "SHARED_COST", "PERSONAL_NUMBER",
        "VOIP", "PAGER", "UAN")]
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in types:
            example = phonenumbers.example_number_for_type(region, kind)
            if example is not None:
                text = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
                yield text, region_of(example, region), kind
    for code in sorted(phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS):
        example = phonenumbers.example_number_for_non_geo_entity(code)
        if example is not None:
            text = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
            yield text, "001", phonenumbers.number_type(example)


def test_examples_of_libphonenumber(number):
    cases = list(examples())
    results = number([text for text, _, _ in cases])
    wrong = [(case, r["country"]) for case, r in zip(cases, results) if r["country"] != case[1]]
    assert len(cases) > 1000
    assert len(wrong) <= len(cases) * 0.005, wrong
    assert all(r["e164"] == case[0] for case, r in zip(cases, results))
    assert all(r["status"] == "ok" for r in results)
    dear = [(case, r["type"]) for case, r in zip(cases, results) if case[2] in (PREMIUM, SHARED_COST)]
    missed = [(case, kind) for case, kind in dear if kind not in DEAR]
    assert len(dear) > 150
    assert len(missed) <= len(dear) * 0.02, missed


@pytest.mark.parametrize("kind", ["NATIONAL", "INTERNATIONAL", "RFC3966"])
def test_examples_in_other_spellings(number, kind):
    """National spellings with the country's own plan; the others without any."""
    form = getattr(phonenumbers.PhoneNumberFormat, kind)
    for region in ("GB", "DE", "FR", "US", "NL", "JP", "BR", "ZA", "IN", "ES"):
        cases = [case for case in examples() if case[1] == region and case[2] != PREMIUM]
        spelled = [phonenumbers.format_number(phonenumbers.parse(text), form) for text, _, _ in cases]
        options = ["--home", region] if kind == "NATIONAL" else []
        results = number(spelled, *options)
        found = sum(any(reading["e164"] == case[0] for reading in r["readings"])
                    for case, r in zip(cases, results))
        assert found >= len(cases) - 1, [(c, s, r["readings"]) for c, s, r in
                                         zip(cases, spelled, results)]


def spellings(digits):
    """Every way to write +digits that says it is international, for a British customer."""
    full = "".join(chr(0xFF10 + int(d)) for d in digits)
    arabic = "".join(chr(0x0660 + int(d)) for d in digits)
    escaped = "".join(f"%{ord(c):02x}" for c in "+" + digits)
    yield from (
        f"+{digits}", f"00{digits}", f"+00{digits}", f"++{digits}", f"0000{digits}", f"+{full}",
        f"\uff0b{full}", f"+{arabic}", f"+{digits[:3]}-{digits[3:6]}.{digits[6:]}",
        f"+({digits[:2]}) {digits[2:]}", f"+{digits[:4]}\u2010{digits[4:]}", f"*67+{digits}",
        f"%2B{digits}", f"%2b{digits}", f"%30%30{digits}", escaped)
    for user in (f"+{digits}", f"00{digits}", f"%2B{digits}", escaped,
                 f"+{digits[:4]}-{digits[4:]}"):
        for tail in ("", ";isub=1411", ";ext=5", ";npdi;rn=+1555", ";cic=+10288", ";tgrp=a",
                     ";phone-context=+44", ":secret"):
            yield f"sip:{user}{tail}@edge.example"
        for after in (";user=phone", ";USER=Phone", ";user=ip", "?Subject=x", ";phone-context=+44"):
            yield f"sip:{user}@edge.example:5061{after}"
    yield from (f"sips:+{digits}@edge.example", f"SIP:+{digits}@EDGE.example", f"tel:+{digits}",
                f"TEL:+{digits};isub=1", f"tel:+{digits};ext=22", f"tel:+{digits};phone-context=+44")


def risk(result):
    """How dangerous a reading is; an unreadable one is refused, which is safest."""
    if result["status"] == "unreadable":
        return (9, 9999)
    return (DANGER.get(result["type"], 0), result["rate_usd_per_minute"] or 0)


@pytest.mark.parametrize("digits", ["5352123456", "37270913001", "4490987900", "88216123456",
                                    "447011234567", "96079832123", "442079460018"])
def test_no_spelling_lowers_the_risk(number, digits):
    plain = number([f"+{digits}"], "--customer", "acme")[0]
    listed = list(dict.fromkeys(spellings(digits)))
    results = number(listed, "--customer", "acme")
    lower = [(r["input"], r["e164"], r["type"]) for r in results if risk(r) < risk(plain)]
    assert not lower
    read = [r for r in results if r["e164"] == f"+{digits}"]
    assert len(read) >= len(results) * 0.85, [r["input"] for r in results if r not in read]


@pytest.mark.parametrize("customer,dialled,e164", [
    ("acme", "00 53 5212 3456", "+5352123456"),
    ("acme", "020 7946 0018", "+442079460018"),
    ("acme", "tel:7946-0018;phone-context=+4420", "+442079460018"),
    ("acme", "tel:020 79460018;phone-context=example.com", None),
    ("globex", "011 53 5212 3456", "+5352123456"),
    ("globex", "(202) 555-0143", "+12025550143"),
    ("globex", "1 202 555 0143", "+12025550143"),
    ("globex", "1010288 011 53 5212 3456", "+5352123456"),
    ("outback", "0011 53 5212 3456", "+5352123456"),
    ("outback", "00 53 5212 3456", "+5352123456"),
])
def test_dial_plans(number, customer, dialled, e164):
    assert number([dialled], "--customer", customer, code=0 if e164 else 1)[0]["e164"] == e164


def test_a_zero_in_parentheses_may_be_left_out(number):
    result = number(["+44 (0)20 7946 0018"])[0]
    assert result["readings"][0]["e164"] == "+442079460018"


def test_two_readings_are_both_told_and_the_riskier_is_rated(number):
    result = number(["442079460018"], "--customer", "globex")[0]
    assert "+442079460018" in [reading["e164"] for reading in result["readings"]]
    two = [r for r in number(["0053521234", "4490987900", "9607983212"], "--customer", "acme")
           if len(r["readings"]) == 2]
    for result in two:
        rated = [risk({**reading, "status": "ok"}) for reading in result["readings"]]
        assert risk(result) >= max(rated) and " or " in result["why"]
        assert [reading["rated"] for reading in result["readings"]].count(True) == 1


def test_emergency_and_lists(number):
    for home, code in (("GB", "999"), ("US", "911"), ("DE", "112"), ("AU", "000")):
        result = number([code], "--home", home)[0]
        assert (result["emergency"], result["status"]) == (True, "short_code"), result
    listed = number(["+37270913001"])[0]
    assert listed["lists"][0]["list"] == "irsf_ranges" and listed["lists"][0]["prefix"] == "+37270913"
    assert listed["allocated"] is False
    assert number(["+442079460018"])[0]["lists"] == []


EMERGENCY = {
    "GB": ("999", "112", "911", "+44999", "+44 112", "0044999", "tel:999;phone-context=+44", "tel:999;phone-context=example.com", "sip:999@x;user=phone",
           "sip:%39%39%39@x", "9 9 9", "\uff19\uff19\uff19", "*67999", "999#", "999;isub=1", "999:pw", "9999", "0999", "00999", "+112"),
    "US": ("911", "112", "+1911", "1911", "9911", "9-911", "tel:911;phone-context=+1", "0911", "sip:911@edge.example", "011911"),
    "DE": ("110", "112", "+49110", "0049 112", "0110", "0112", "00112", "9112"),
    "AU": ("000", "0000", "112", "+61000", "106"), "FR": ("15", "17", "18", "112", "+3315", "0033112"),
    "BR": ("190", "192", "193", "+55190"), "JP": ("110", "119", "+81119"), "IN": ("112", "100", "+91100"),
}


@pytest.mark.parametrize("home", EMERGENCY)
def test_emergency_in_every_spelling(number, home):
    spelled = [*EMERGENCY[home], "urn:service:sos", "URN:service:SOS.fire"]
    results = number(spelled, "--home", home)
    assert [r["input"] for r in results if not r["emergency"]] == []
    assert all("always passes" in r["why"] for r in results)


def test_what_begins_as_an_emergency_number_is_none(number):
    for home, spelled in (("GB", ("09990123456", "0911 234 5678", "9990", "118999", "+449112345678", "99999", "112112", "090998790001")),
                          ("US", ("1-900-911-1234", "9119005551234", "9113", "19115551234", "0119119005551")),
                          ("DE", ("0900 112 112 1", "0112345", "01120", "+49900110110", "11833"))):
        assert [r["input"] for r in number(spelled, "--home", home) if r["emergency"]] == []


@pytest.mark.parametrize("e164,country,types", [
    ("+12025550143", "US", "fixed_or_mobile"), ("+18762345678", "JM", "mobile"), ("+18761000000", "JM", "unallocated"),
    ("+12421000000", "BS", "unallocated"), ("+18091000000", "DO", "unallocated"), ("+12842299999", "VG", "fixed unallocated"),
    ("+18005550199", "US", "toll_free"), ("+19005550123", "US", "premium"),
    ("+77012345678", "KZ", "mobile"), ("+77172123456", "KZ", "fixed"), ("+77900000000", "KZ", "unallocated"), ("+79161234567", "RU", "mobile"),
    ("+441534123456", "JE", "fixed"), ("+447797712345", "JE", "mobile"), ("+441481256789", "GG", "fixed"), ("+447911123456", "GG", "mobile"),
    ("+447624123456", "IM", "mobile"), ("+441624123456", "IM", "unallocated"), ("+447012345678", "GB", "personal"), ("+447900900123", "GB", "mobile"),
    ("+390669812345", "VA", "fixed"), ("+390612345678", "IT", "fixed"), ("+39899123456", "IT", "premium"),
    ("+59995123456", "CW", "mobile"), ("+5997151234", "BQ", "fixed"), ("+5993999999", "BQ", "fixed mobile unallocated"),
    ("+88161234567", "001", "satellite"), ("+88216123456", "001", "satellite"), ("+883510001234567", "001", "satellite"),
    ("+870771234567", "001", "satellite"), ("+979123456789", "001", "premium"), ("+878101234567890", "001", "voip"), ("+8881234567", "001", "uan unallocated"),
    ("+4779123456", "SJ", "fixed"), ("+35818123456", "AX", "fixed"), ("+38344123456", "XK", "mobile"), ("+262639123456", "YT", "mobile unallocated"),
    ("+590690123456", "GP", "mobile"), ("+61891621234", "CC", "fixed"), ("+80012345678", "001", "toll_free"), ("+210123456789", None, "unallocated"),
])
def test_countries_that_share_a_calling_code(number, e164, country, types):
    result = number([e164])[0]
    assert (result["country"], result["e164"]) == (country, e164)
    assert result["type"] in types.split()
    assert result["allocated"] == (result["type"] != "unallocated")


def test_customers_dial_as_their_plan_says(number):
    assert number(["8~10 44 20 7946 0018"], "--home", "RU", code=1)[0]["status"] == "unreadable"
    for home, dialled, e164 in (("RU", "8 10 44 20 7946 0018", "+442079460018"), ("IT", "06 1234 5678", "+390612345678"), ("JP", "010 44 20 7946 0018", "+442079460018"),
                                ("SG", "001 44 20 7946 0018", "+442079460018"), ("US", "011 44 20 7946 0018#", "+442079460018"),
                                ("FR", "tel:01-23-45-67-89;phone-context=+33", "+33123456789"), ("ES", "912 34 56 78", "+34912345678")):
        found = [reading["e164"] for reading in number([dialled], "--home", home)[0]["readings"]]
        assert e164 in found, (home, dialled, found)


def test_numbers_that_nobody_can_have(number):
    for e164, said in (("+4420794600", "too short: the numbers of its range have 12 digits"), ("+120255501430", "too long: the numbers of its range have 11 digits"),
                       ("+442079460018", None), ("+8821612345678", None), ("+12025550143", None)):
        why = number([e164])[0]["why"]
        assert said in why if said else "too" not in why, (e164, why)


def test_words_of_rules_are_no_lists(number):
    assert [match["list"] for match in number(["+88216123456"])[0]["lists"]] == ["irsf_ranges"]
    assert [match["list"] for match in number(["+448081570123"])[0]["lists"]] == ["do_not_call"]
    assert [match["list"] for match in number(["+449098790001"])[0]["lists"]] == ["do_not_originate"]


def test_what_cannot_be_read_is_said_so(number):
    bad = ["bob", "sip:bob@example.com", "sip:@example.com", "sip:+44@a@b", "+44<1>", "%zz",
           "sip:" + "9" * 8000 + "@x", "+", b"+4420\xff\xfe", "sip:+44207946%000018@x"]
    for result in number(bad, code=1):
        assert result["status"] == "unreadable" and result["e164"] is None, result
    mixed = number(bad + ["+442079460018"])
    assert mixed[-1]["status"] == "ok"


def test_people_and_usage():
    def fgctl(*arguments):
        return subprocess.run([FGCTL, "number", "--rules", ROOT / "rules", *arguments],
                              capture_output=True, text=True, timeout=60, check=False)
    done = fgctl("--home", "GB", "0909 8790 0999")
    assert done.returncode == 0 and "premium" in done.stdout and "country GB" in done.stdout
    assert fgctl().returncode == 2
    assert fgctl("--home", "QQ", "1").returncode == 2
    assert fgctl("--home", "GB", "--customer", "acme", "1").returncode == 2
    assert fgctl("--customer", "acme", "1").returncode == 2


# --- the command line -------------------------------------------------------------------------------------------------------------

def plain(*options, code=0):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FRAUDGUARD_")}
    done = subprocess.run([FGCTL, "number", *map(str, options)], capture_output=True, text=True, timeout=60, check=False,
                          env=environment)
    assert done.returncode == code, done.stderr
    return done


def test_a_file_with_a_byte_order_mark(number):
    assert number(["+442079460018"])[0]["e164"] == number([b"\xef\xbb\xbf+442079460018"])[0]["e164"]


def test_a_long_line_leaves_the_table_readable(tmp_path):
    listed = tmp_path / "numbers"
    listed.write_text("+442079460018\n" + "\u00e9" * 5000 + "\n")
    lines = plain("--rules", ROOT / "rules", "--file", listed).stdout.splitlines()
    assert len(lines) == 3 and lines[2].startswith("\u00e9" * 61 + "...  ")
    assert len(lines[0]) < 200 and lines[0].index("NUMBER") == 66
    assert "\u00e9" * 5000 in plain("--rules", ROOT / "rules", "--file", listed, "-o", "tsv").stdout


@pytest.mark.parametrize("given,meant", [("gb", "GB"), ("uk", "GB"), ("UK", "GB"), ("de", "DE")])
def test_a_country_that_is_nearly_right(given, meant):
    done = plain("--rules", ROOT / "rules", "--home", given, "020 7946 0018", code=2)
    assert f"did you mean '{meant}'?" in done.stderr
    assert "did you mean" not in plain("--rules", ROOT / "rules", "--home", "qqq", "1", code=2).stderr


def test_a_customer_that_is_nearly_right():
    done = plain("--rules", ROOT / "rules", "--customers", ROOT / "rules/customers/example.yaml", "--customer", "acm", "1", code=4)
    assert "no customer 'acm' in" in done.stderr and "did you mean 'acme'?" in done.stderr


def test_without_rules_there_are_no_lists(tmp_path):
    environment = {"FRAUDGUARD_RULES": str(tmp_path / "none"), "PATH": "/usr/bin:/bin"}
    done = subprocess.run([FGCTL, "number", "--data", ROOT / "rules/data", "-o", "jsonl", "+37270913001"], env=environment,
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and "without lists" in done.stderr
    result = json.loads(done.stdout)
    assert (result["country"], result["lists"]) == ("EE", [])
    plain("--data", ROOT / "rules/data", "--rules", tmp_path / "none", "+37270913001", code=4)  # asked for
    done = subprocess.run([FGCTL, "number", "+37270913001"], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 4 and "numbering data" in done.stderr
