#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The manual page of sbc-edge, in mdoc, with the options as `sbc-edge --help` tells them on standard input."""
import re
import sys

HEAD = r""".\" made from `sbc-edge --help`
.Dd November 22, 2026
.Dt SBC-EDGE 8
.Os Fraudguard
.Sh NAME
.Nm sbc-edge
.Nd SRTP relay of SIP trunks, driven by the ng protocol
.Sh SYNOPSIS
.Nm
.Fl \-config-file Ns = Ns Ar FILE
.Op Ar options
.Sh DESCRIPTION
.Nm
relays the media of SIP trunks, encrypted on either side, and silences calls that the guard blocks.
It speaks rtpengine's ng protocol; options that both have are named alike.
.Bl -tag -width Ds
"""
TAIL = r""".El
.Sh SIGNALS
SIGTERM and SIGINT: new calls are refused, so that Kamailio takes the next relay, and those that are up may go on for
.Li \-\-drain\-time .
A second one ends at once.
.Sh FILES
.Bl -tag -width Ds
.It Pa /etc/fraudguard/sbc-edge.conf
options, one a line
.El
.Sh SEE ALSO
.Xr fgctl 1 ,
.Xr kamailio 8
"""


def entries(lines):
    """Each option with its text; a line that begins further in goes on with the text before it."""
    found = []
    for line in lines:
        option = re.match(r"  (--\S(?:\S| (?! ))*)(?: {2,}(.*))?$", line)
        if option:
            found.append([option[1], option[2] or ""])
        elif found and line.strip():
            found[-1][1] += " " + line.strip()
    return found


def main():
    print(HEAD, end="")
    for option, text in entries(sys.stdin.read().splitlines()):
        print(".It Li " + option.replace("-", r"\-"))
        if text.strip():
            print(re.sub(r"\. ", ".\n", text.strip()).replace("-", r"\-"))
    print(TAIL, end="")


main()
