# SPDX-License-Identifier: GPL-2.0-or-later
"""Local time of a customer, as Unix milliseconds: midnights, weekdays and holidays of the days of a run."""
import bisect
import datetime
from zoneinfo import ZoneInfo

HOUR = 3_600_000
DAY = 24 * HOUR
MINUTE = 60_000
UTC = datetime.timezone.utc

# Days on which a country's businesses are closed: month and day. Feasts that move are left out.
HOLIDAYS = {
    "US": ["01-01", "07-04", "11-11", "11-26", "12-25"], "CA": ["01-01", "07-01", "12-25", "12-26"], "MX": ["01-01", "05-01", "09-16", "12-25"],
    "GB": ["01-01", "05-04", "05-25", "08-31", "12-25", "12-26"], "IE": ["01-01", "03-17", "12-25", "12-26"],
    "DE": ["01-01", "05-01", "10-03", "12-25", "12-26"], "FR": ["01-01", "05-01", "05-08", "07-14", "08-15", "11-11", "12-25"],
    "ES": ["01-01", "01-06", "08-15", "10-12", "12-08", "12-25"], "IT": ["01-01", "04-25", "06-02", "08-15", "12-08", "12-25", "12-26"],
    "NL": ["01-01", "04-27", "12-25", "12-26"], "SE": ["01-01", "06-06", "12-25", "12-26"], "PL": ["01-01", "05-01", "05-03", "11-11", "12-25"],
    "CH": ["01-01", "08-01", "12-25"], "AE": ["01-01", "12-02", "12-03"], "IL": ["04-22", "09-12", "09-21"], "IN": ["01-26", "08-15", "10-02"],
    "SG": ["01-01", "05-01", "08-09", "12-25"], "JP": ["01-01", "02-11", "04-29", "05-05", "11-03", "11-23"],
    "AU": ["01-01", "01-26", "04-25", "12-25", "12-26"], "NZ": ["01-01", "02-06", "04-25", "12-25", "12-26"],
    "ZA": ["01-01", "04-27", "09-24", "12-16", "12-25"], "BR": ["01-01", "04-21", "09-07", "10-12", "11-15", "12-25"],
}


def is_holiday(country, date):
    return date.strftime("%m-%d") in HOLIDAYS.get(country, ())


class Clock:
    """The days of a run in one time zone; day 0 is `first` (a date) there."""

    def __init__(self, tz, first, days):
        zone = ZoneInfo(tz)
        self.dates = [first + datetime.timedelta(days=i) for i in range(days)]
        ends = [*self.dates, first + datetime.timedelta(days=days)]
        self.midnights = [int(datetime.datetime(d.year, d.month, d.day, tzinfo=zone).timestamp() * 1000) for d in ends]

    def at(self, day, hours):
        """Unix ms of `hours` (0 to 24 and more) after midnight of day `day`; a switch of summer time shifts it by its hour."""
        return self.midnights[day] + int(hours * HOUR)

    def day_of(self, ms):
        """Index of the local day; -1 before the first one, the number of days after the last."""
        return bisect.bisect_right(self.midnights, ms) - 1
