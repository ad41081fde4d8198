# SPDX-License-Identifier: GPL-2.0-or-later
"""Panels and dashboards as Grafana's schema has them, so that each dashboard's own file says only what it shows.

In queries @S@ stands for the selectors that every series is asked with: job and instance. A panel that shows something only when
something is wrong is marked `quiet`: with a healthy system its queries answer nothing, or 0.
"""
from dataclasses import dataclass, field

SCHEMA_VERSION = 39
WIDTH = 24  # columns of Grafana's grid
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
SELECTOR = 'job=~"$job",instance=~"$instance"'

# One colour for each action everywhere, so that a glance is enough; told apart also without colours, by name and order.
ACTION_COLOURS = {"allow": "green", "alert": "yellow", "throttle": "orange", "challenge": "purple", "block": "red"}
GOOD_BAD = {0: "red", 1: "green"}


@dataclass
class Query:
    expr: str
    legend: str = ""
    instant: bool = False
    table: bool = False
    heatmap: bool = False


@dataclass
class Panel:
    kind: str
    title: str
    description: str
    queries: list
    width: int = 8
    height: int = 8
    unit: str = "short"
    quiet: bool = False
    decimals: int | None = None
    options: dict = field(default_factory=dict)
    custom: dict = field(default_factory=dict)
    thresholds: list = field(default_factory=list)  # (from, colour), the first from None
    mappings: list = field(default_factory=list)
    overrides: list = field(default_factory=list)
    transformations: list = field(default_factory=list)
    links: list = field(default_factory=list)
    maximum: float | None = None


def queries_of(given, **more):
    """A query, or a list of them; each an expression or (expression, legend)."""
    given = given if isinstance(given, list) else [given]
    return [Query(*(one if isinstance(one, tuple) else (one,)), **more) for one in given]


def stat(title, description, expr, unit="short", thresholds=(), mappings=(), width=4, height=4, **more):
    options = {"colorMode": "background" if thresholds or mappings else "value", "graphMode": "area", "justifyMode": "auto", "orientation": "auto", "textMode": "auto",
               "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
    return Panel("stat", title, description, queries_of(expr), width, height, unit, thresholds=list(thresholds), mappings=list(mappings), options=options, **more)


def series(title, description, exprs, unit="short", stacked=False, fill=10, width=12, height=8, **more):
    custom = {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 40 if stacked else fill, "showPoints": "never", "spanNulls": False,
              "stacking": {"group": "A", "mode": "normal" if stacked else "none"}}
    options = {"legend": {"displayMode": "table", "placement": "right" if width >= 16 else "bottom", "showLegend": True, "calcs": ["lastNotNull", "max"]},
               "tooltip": {"mode": "multi", "sort": "desc"}}
    return Panel("timeseries", title, description, queries_of(exprs), width, height, unit, custom=custom, options=options, **more)


def bars(title, description, expr, unit="short", width=8, height=8, **more):
    """What is most now: one bar for each series of an instant query."""
    options = {"displayMode": "gradient", "orientation": "horizontal", "showUnfilled": True, "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
    return Panel("bargauge", title, description, queries_of(expr, instant=True), width, height, unit, options=options, **more)


def table(title, description, exprs, columns, unit="short", width=12, height=8, **more):
    """columns: name of a label or of `Value #A` and the heading it gets; all else is left out."""
    organise = {"id": "organize", "options": {"excludeByName": {}, "indexByName": {name: i for i, name in enumerate(columns)}, "renameByName": columns}}
    keep = {"id": "filterFieldsByName", "options": {"include": {"names": list(columns)}}}
    transformations = ([{"id": "merge", "options": {}}] if len(exprs) > 1 else []) + [keep, organise]
    return Panel("table", title, description, queries_of(exprs, instant=True, table=True), width, height, unit, transformations=transformations,
                 options={"showHeader": True, "cellHeight": "sm"}, **more)


def heatmap(title, description, expr, unit="short", width=12, height=8, **more):
    options = {"calculate": False, "cellGap": 1, "color": {"mode": "scheme", "scheme": "Oranges", "steps": 64, "exponent": 0.5, "fill": "dark-orange", "reverse": False, "scale": "exponential"},
               "yAxis": {"axisPlacement": "left", "reverse": False, "unit": unit}, "tooltip": {"mode": "single", "yHistogram": False}, "legend": {"show": True},
               "rowsFrame": {"layout": "auto"}, "showValue": "never", "filterValues": {"le": 1e-9}, "exemplars": {"color": "rgba(255,0,255,0.7)"}}
    return Panel("heatmap", title, description, [Query(expr, "{{le}}", heatmap=True)], width, height, unit, options=options, **more)


def words(mapping):
    """Values told as words in a colour: {0: ("broken", "red")}."""
    return [{"type": "value", "options": {str(value): {"text": text, "color": colour, "index": i} for i, (value, (text, colour)) in enumerate(mapping.items())}}]


def in_colour(name, colour):
    return {"matcher": {"id": "byName", "options": name}, "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": colour}}]}


def by_action():
    return [in_colour(name, colour) for name, colour in ACTION_COLOURS.items()]


def column(name, **properties):
    return {"matcher": {"id": "byName", "options": name}, "properties": [{"id": key.replace("_", "."), "value": value} for key, value in properties.items()]}


def link(title, uid, label):
    """From a table's cell to another dashboard, with the row's value as its variable."""
    return {"title": title, "url": f"/d/{uid}?var-{label}=${{__value.raw}}&${{__url_time_range}}"}


def _target(query, number):
    target = {"datasource": DATASOURCE, "refId": chr(ord("A") + number), "expr": query.expr.replace("@S@", SELECTOR), "legendFormat": query.legend or "__auto",
              "editorMode": "code", "range": not query.instant, "instant": query.instant}
    if query.table or query.heatmap:
        target["format"] = "table" if query.table else "heatmap"
    return target


def _panel(panel, number, x, y):
    steps = [{"value": value, "color": colour} for value, colour in panel.thresholds] or [{"value": None, "color": "text" if panel.kind == "stat" else "green"}]
    defaults = {"unit": panel.unit, "mappings": panel.mappings, "thresholds": {"mode": "absolute", "steps": steps},
                "color": {"mode": "thresholds" if panel.kind in ("stat", "table") else "palette-classic"}, "custom": panel.custom, "links": panel.links}
    for key, value in (("decimals", panel.decimals), ("max", panel.maximum)):
        if value is not None:
            defaults[key] = value
    return {"id": number, "type": panel.kind, "title": panel.title, "description": panel.description, "datasource": DATASOURCE,
            "gridPos": {"x": x, "y": y, "w": panel.width, "h": panel.height}, "fieldConfig": {"defaults": defaults, "overrides": panel.overrides},
            "options": panel.options, "transformations": panel.transformations, "targets": [_target(query, i) for i, query in enumerate(panel.queries)]}


def _row(title, number, y):
    return {"id": number, "type": "row", "title": title, "collapsed": False, "gridPos": {"x": 0, "y": y, "w": WIDTH, "h": 1}, "panels": []}


def _laid_out(rows):
    placed, y = [], 0
    for title, panels in rows:
        placed.append(_row(title, len(placed) + 1, y))
        x, tallest = 0, 0
        y += 1
        for panel in panels:
            if x + panel.width > WIDTH:
                x, y, tallest = 0, y + tallest, 0
            placed.append(_panel(panel, len(placed) + 1, x, y))
            x, tallest = x + panel.width, max(tallest, panel.height)
        y += tallest
    return placed


def _variable(name, label, definition, multi=True):
    return {"name": name, "label": label, "type": "query", "datasource": DATASOURCE, "definition": definition, "query": {"query": definition, "refId": f"fg-{name}"},
            "refresh": 2, "multi": multi, "includeAll": multi, "allValue": ".+" if multi else None, "current": {"selected": multi, "text": ["All"], "value": ["$__all"]} if multi else {},
            "sort": 1, "hide": 0, "regex": "", "options": [], "skipUrlSync": False}


def _datasource():
    return {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "current": {"selected": False, "text": "Prometheus", "value": "fraudguard-prom"},
            "hide": 0, "includeAll": False, "multi": False, "options": [], "refresh": 1, "regex": "", "skipUrlSync": False}


VARIABLES = {
    "job": ("Job", 'label_values(up{job=~"fraudguard|sbc-edge|fg-alertd"}, job)'),
    "instance": ("Node", 'label_values(up{job=~"$job"}, instance)'),
    "customer": ("Customer", f"label_values(fraudguard_customer_calls_total{{{SELECTOR}}}, customer)"),
    "rule": ("Rule", f"label_values(fraudguard_rule_hits_total{{{SELECTOR}}}, rule)"),
}


def annotation(name, expr, colour, title):
    return {"name": name, "datasource": DATASOURCE, "enable": True, "hide": False, "iconColor": colour, "expr": expr.replace("@S@", SELECTOR), "step": "60s",
            "titleFormat": title, "textFormat": "", "useValueForTime": False}


@dataclass
class Dashboard:
    file: str
    uid: str
    title: str
    description: str
    rows: list
    variables: tuple = ()
    annotations: tuple = ()
    since: str = "now-6h"

    def panels(self):
        return [panel for _, panels in self.rows for panel in panels]

    def document(self):
        names = ("job", "instance") + tuple(self.variables)
        return {
            "uid": self.uid, "title": self.title, "description": self.description, "tags": ["fraudguard"], "schemaVersion": SCHEMA_VERSION, "version": 1, "editable": False,
            "graphTooltip": 1, "refresh": "30s", "time": {"from": self.since, "to": "now"}, "timezone": "browser", "fiscalYearStartMonth": 0, "liveNow": False, "weekStart": "",
            "links": [{"title": "Fraud guard", "type": "dashboards", "tags": ["fraudguard"], "asDropdown": True, "includeVars": True, "keepTime": True, "targetBlank": False,
                       "icon": "external link", "tooltip": "", "url": ""}],
            "templating": {"list": [_datasource()] + [_variable(name, *VARIABLES[name]) for name in names]},
            "annotations": {"list": [annotation(*one) for one in self.annotations]},
            "panels": _laid_out(self.rows),
        }
