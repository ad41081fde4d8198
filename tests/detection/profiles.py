# SPDX-License-Identifier: GPL-2.0-or-later
"""What kinds of customers there are, and how they telephone when nothing is wrong."""
from dataclasses import dataclass

DAY_SHIFT = (0, 0, 0, 0, 0, 0, .2, 1, 6, 11, 12, 11, 7, 8, 11, 11, 9, 6, 2.5, .8, .3, .1, .05, 0)
LONG_DAY = (.1, .05, .03, .02, .02, .1, .5, 2, 6, 9, 10, 10, 7, 8, 10, 10, 9, 8, 6, 4, 3, 2, 1, .4)
ROUND_CLOCK = (2, 1.5, 1.2, 1, 1.2, 2, 4, 7, 9, 10, 10, 9, 8, 8, 9, 9, 9, 9, 8, 7, 6, 5, 4, 3)
GUESTS = (2, 1.5, 1, .8, .8, 1, 2, 5, 8, 7, 6, 5, 5, 5, 5, 5, 6, 8, 10, 10, 9, 7, 5, 3)
DIALLER = (0, 0, 0, 0, 0, 0, 0, 0, 6, 11, 12, 12, 9, 10, 12, 12, 11, 10, 7, 4, 0, 0, 0, 0)

# Countries by how many of an ordinary customer's foreign calls go there.
NEAR_AND_RICH = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "CH", "BE", "AT", "PL", "IE", "SE", "CA", "JP", "AU", "IN", "CN", "SG", "AE")
TAX_HAVENS = ("KY", "VG", "JE", "LU", "LI", "MC", "PA", "CH", "HK", "SG", "BM", "CY")
HOLIDAY_LANDS = ("MV", "TH", "CU", "DO", "MU", "ID", "EG", "TN", "MX", "SC", "FJ", "LK", "VN", "MA", "TR", "PF", "BB", "JM")
MARKETS = ("CN", "TR", "BR", "NG", "KE", "VN", "RS", "TN", "AZ", "PK", "EG", "PH", "UA", "KZ", "DZ", "ZA", "ID", "SN", "BD", "PE")
HOMELANDS = ("PK", "BD", "NG", "PH", "PL", "RO", "SO", "GH", "ET", "VN", "MA", "TR", "DZ", "AL", "UA", "SN", "HT", "CU")


@dataclass(frozen=True)
class Profile:
    name: str
    declared: str        # what the customers file says
    share: int           # customers of it among each 64
    calls: int           # wanted calls out on a working day, the middle customer
    spread: float        # sigma of the logarithm of a customer's size
    inbound: float       # calls in per call out
    hours: tuple         # calls by local hour on working days
    weekend: float       # volume on weekends and holidays against a working day
    weekend_hours: tuple
    foreign: float       # share of foreign calls
    lands: tuple         # favourite countries are drawn from these
    n_lands: int
    odd: float           # share of foreign calls that go anywhere at all
    odd_lands: tuple
    new_numbers: float   # share of calls to numbers never called before
    contacts: int
    minutes: float       # median of an answered call
    answered: float
    tells_hours: float   # how likely its customers file entry has its hours
    open: tuple          # those hours: days, from, to
    tags: tuple = ()
    services: float = .02     # share of calls to toll-free, shared-cost and premium services at home
    misdialled: float = .001  # share of calls with a slip of the finger first


OFFICE_OPEN = ("mon-fri", "08:00", "18:00")
ALWAYS_OPEN = ("mon-sun", "00:00", "24:00")

PROFILES = (
    Profile("office", "office", 16, 220, .6, .9, DAY_SHIFT, .02, LONG_DAY, .04, NEAR_AND_RICH, 5, .05, MARKETS, .25, 150, 2.2, .74, .7, OFFICE_OPEN),
    Profile("law firm", "office", 6, 150, .4, .8, LONG_DAY, .08, LONG_DAY, .32, NEAR_AND_RICH + TAX_HAVENS, 9, .06, MARKETS, .2, 160, 5.0, .72, .7,
            ("mon-fri", "08:30", "18:30"), ("foreign-clients",)),
    Profile("hotel", "hotel", 6, 240, .5, 1.1, GUESTS, 1.1, GUESTS, .18, NEAR_AND_RICH, 12, .15, HOLIDAY_LANDS + MARKETS, .7, 60, 2.4, .7, .5, ALWAYS_OPEN),
    Profile("call centre", "callcentre", 4, 2500, .4, .4, DIALLER, .12, DIALLER, .01, NEAR_AND_RICH, 2, .0, MARKETS, .85, 300, 1.0, .45, .8,
            ("mon-sat", "08:00", "20:00"), ("dialler",), .001, 0),
    Profile("school", "education", 6, 80, .4, 1.6, DAY_SHIFT, .01, LONG_DAY, .015, HOMELANDS, 3, .05, NEAR_AND_RICH, .3, 120, 1.8, .7, .7,
            ("mon-fri", "07:30", "17:00")),
    Profile("hospital", "healthcare", 6, 600, .4, 1.4, ROUND_CLOCK, .55, ROUND_CLOCK, .01, HOMELANDS, 5, .1, NEAR_AND_RICH, .45, 400, 2.0, .7, .6, ALWAYS_OPEN),
    Profile("exporter", "office", 8, 150, .5, .7, LONG_DAY, .1, LONG_DAY, .45, MARKETS + NEAR_AND_RICH, 8, .04, MARKETS + HOLIDAY_LANDS, .2, 140, 4.0, .68, .6,
            OFFICE_OPEN, ("foreign-clients",)),
    Profile("reseller", "wholesale", 4, 1500, .4, .5, LONG_DAY, .5, LONG_DAY, .14, NEAR_AND_RICH + HOMELANDS, 16, .1, MARKETS + HOLIDAY_LANDS, .6, 900, 2.6, .66,
            .3, ALWAYS_OPEN),
    Profile("new customer", "office", 8, 100, .5, .7, DAY_SHIFT, .05, LONG_DAY, .08, NEAR_AND_RICH + MARKETS, 4, .05, MARKETS, .35, 90, 2.4, .7, .5, OFFICE_OPEN),
)
