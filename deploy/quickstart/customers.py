# SPDX-License-Identifier: GPL-2.0-or-later
"""The demonstration's customers. Their time zones are chosen so that it is noon at some and two in the morning at others, whenever this runs."""
import datetime


def zone_where_it_is(hour, now):
    """An IANA zone of whole hours in which it is `hour` o'clock. (Etc/GMT-5 is five hours EAST of Greenwich.)"""
    offset = (hour - now.hour) % 24
    if offset > 12:
        offset -= 24
    return "UTC" if offset == 0 else f"Etc/GMT{'-' if offset > 0 else '+'}{abs(offset)}"


def customers_yaml(now=None, pbx_ports=None, fingerprint="00" * 32):
    """pbx_ports: where a PBX takes calls that come in, at 127.0.0.1; the others are reached over the connections that they open."""
    now = now or datetime.datetime.now(datetime.timezone.utc)
    noon, night = zone_where_it_is(12, now), zone_where_it_is(2, now)
    inbound = {customer: f'\n  inbound: {{address: "127.0.0.1", port: {port}}}' for customer, port in (pbx_ports or {}).items()}
    return f"""# Made by the quick start: it is noon in {noon} and two in the morning in {night}.
- id: acme
  name: Acme Widgets Ltd
  profile: office
  tz: {noon}
  channels: 30
  daily_limit: 200
  numbers: ["+441632960000-+441632960099"]
  home_countries: ["GB"]
  cert_names: ["sip.acme.example"]
  hours: [{{days: mon-sun, from: "08:00", to: "18:00"}}]
  media: {{srtp: required}}
- id: globex
  name: Globex Corporation
  profile: office
  tz: {night}
  channels: 20
  daily_limit: 150
  numbers: ["+12125550100-+12125550199"]
  home_countries: ["US"]
  cert_names: ["pbx.globex.example"]{inbound.get("globex", "")}
  hours: [{{days: mon-fri, from: "09:00", to: "17:30"}}]
  media: {{srtp: required}}
- id: initech
  name: Initech
  profile: office
  tz: {noon}
  channels: 10
  daily_limit: 300
  numbers: ["+4930901820"]
  home_countries: ["DE"]
  cert_names: ["trunk.initech.example"]{inbound.get("initech", "")}
  hours: [{{days: mon-sun, from: "08:00", to: "18:00"}}]
  media: {{srtp: required}}
- id: hooli
  name: Hooli
  profile: office
  tz: {noon}
  channels: 50
  daily_limit: 400
  numbers: ["+14155550100-+14155550199"]
  home_countries: ["US"]
  cert_names: ["sbc.hooli.example"]{inbound.get("hooli", "")}
  hours: [{{days: mon-sun, from: "08:00", to: "18:00"}}]
  media: {{srtp: preferred}}
- id: umbrella
  name: Umbrella Ltd
  profile: office
  tz: {noon}
  channels: 10
  daily_limit: 200
  numbers: ["+441632960200-+441632960209"]
  home_countries: ["GB"]
  cert_names: ["sip.umbrella.example"]
  cert_fingerprints: ["{fingerprint}"]
  source_ips: ["127.0.0.1"]
  hours: [{{days: mon-sun, from: "08:00", to: "18:00"}}]
  media: {{srtp: required}}
"""
