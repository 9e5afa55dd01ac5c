# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page: one file with everything in it, which needs no script and reaches for nothing."""

from __future__ import annotations

import typing as t
from html import escape

from ..._common.timestamps import tell_time
from .charts import Charts, Series
from .report import when
from .style import STYLE

if t.TYPE_CHECKING:
    from datetime import tzinfo

Fields = t.Mapping[str, t.Any]
Rows = t.Sequence[t.Sequence[t.Any]]

# What stands for an answer beside its word, and how it is coloured.
_MARKS = {
    "yes": ("✓", "yes", "good"),
    "no": ("✗", "no", "bad"),
    "open": ("…", "so far", "open"),
    "unknown": ("?", "unknown", "open"),
}
_OUTCOMES = {"kept": "good", "kept so far": "good", "not kept": "bad", "not known": "open", None: "open"}
_NO_CHARTS = (
    "Without the Python package pygal on the machine that wrote it this page has no charts; the tables say the same."
)


class Column(t.NamedTuple):
    title: str
    number: bool = False


def page(report: Fields, charts: Charts | None, zone: tzinfo | None) -> str:
    """The whole page of a report; without charts it says so in their place."""
    title = f"{report['headline']} · {report['host']}"
    body = "".join(_sections(report, charts, zone))
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )


def _sections(report: Fields, charts: Charts | None, zone: tzinfo | None) -> t.Iterator[str]:
    yield _head(report, zone)
    yield "<main>\n"
    yield _tiles(report["figures"])
    if report["checks"]:
        rows = [(_answer(check["answer"]), check["question"], check["evidence"]) for check in report["checks"]]
        yield _section("The promise", _table("What was promised, and whether it was kept", _PROMISE, rows))
    if report["timeline"]:
        events = "".join(_event(event, report["seen_at"], zone) for event in report["timeline"])
        yield _section("Timeline", f'<ol class="timeline">\n{events}</ol>\n')
    yield _section("Over time", "".join(_over_time(report, charts, zone)))
    yield _section("App definitions", _app_definitions(report["app_definitions"]))
    if report["quota_table"]:
        yield _section(
            "Quotas", _table("What of each quota is used", _QUOTAS, list(map(_quota, report["quota_table"])))
        )
    if report["sessions"]:
        rows = [_session(record) for record in report["sessions"]]
        yield _section("Sessions", _table("Sessions that need attention, or that the run dealt with", _SESSIONS, rows))
    if report["lines"]:
        yield _section("What the run said", f'<pre tabindex="0">{escape(chr(10).join(report["lines"]))}</pre>')
    limits = "".join(f"<li>{escape(text)}</li>" for text in report["limits"])
    yield _section("What is not known", f"<ul>{limits}</ul>")
    yield "</main>\n"


_PROMISE = (Column("Answer"), Column("Promise"), Column("Seen"))
_QUOTAS = (Column("Quota"), Column("Resource"), Column("Used", True), Column("Allowed", True), Column("Share", True))
_SESSIONS = (
    Column("Session"),
    Column("User"),
    Column("App definition"),
    Column("State"),
    Column("Findings"),
    Column("Done"),
)
_APPS = (
    Column("App definition"),
    *(Column(title, True) for title in ("Min", "Max", "Sessions", "Instances", "Claimed", "Warm", "Cold", "Dirty")),
    Column("Held by"),
)
_PLANNED = ' class="planned"'
_STATES = ("warm", "claimed", "cold")
_POOLS = "Instances that are warm, claimed and cold"
_USE = "Quota use in percent"
_FIELDS = ("name", "min_instances", "max_instances", "sessions", "total", "claimed", "warm", "cold", "dirty")


def _head(report: Fields, zone: tzinfo | None) -> str:
    server, namespace = [*report["installation"], "", ""][:2]
    where = " · ".join(text for text in (report["host"], namespace, server) if text)
    mark = {"good": "✓", "bad": "✗", "open": "…"}[_OUTCOMES[report["outcome"]]]
    others = [text for text in report["verdicts"] if text not in report["headline"]]
    verdicts = "".join(f"<p>Verdict: {escape(text)}</p>" for text in others)
    watched = f"<p>Watched: {escape(report['watch']['sentence'])}</p>" if report["watch"] else ""
    failure = f'<p class="failure">The run failed: {escape(report["failure"])}</p>' if report["failure"] else ""
    seen = f"{report['playbook']}, seen at {tell_time(when(report['seen_at']), zone)}"
    return (
        f'<header class="{_OUTCOMES[report["outcome"]]}">\n<h1><span aria-hidden="true">{mark}</span> '
        f"{escape(report['headline'])}</h1>\n{failure}{watched}{verdicts}\n"
        f'<p class="where">{escape(where)}<br>{escape(seen)}</p>\n</header>\n'
    )


def _tiles(figures: t.Iterable[Fields]) -> str:
    tiles = "".join(f"<div><dt>{escape(f['name'])}</dt><dd>{escape(f['value'])}</dd></div>" for f in figures)
    return f'<dl class="tiles">{tiles}</dl>\n'


def _event(event: Fields, seen_at: str, zone: tzinfo | None) -> str:
    time = when(event["at"])
    told = f"{time.astimezone(zone) if zone else time:%d %b %H:%M}"
    # Times in UTC of one form, which sort as text.
    planned = event["at"] > seen_at
    detail = f": {escape(event['detail'])}" if event["detail"] else ""
    return (
        f'<li{_PLANNED if planned else ""}><time datetime="{escape(event["at"])}">{escape(told)}</time> '
        f"{escape(event['what'])}{detail}{' (planned)' if planned else ''}</li>\n"
    )


def _over_time(report: Fields, charts: Charts | None, zone: tzinfo | None) -> t.Iterator[str]:
    """The charts, and below them tables that say the same."""
    pools, minutes, quotas = report["pools"], report["logins"], report["quotas"]
    if not (pools or minutes or quotas):
        yield "<p>Nothing was observed that has a course.</p>"
        return
    names = sorted({name for look in quotas for name in look if name != "at"})
    if charts is None:
        yield f"<p>{_NO_CHARTS}</p>"
    else:
        yield f'<div class="charts">{"".join(_charts(charts, pools, minutes, quotas, names))}</div>\n'
    if pools:
        rows = [(_time(look["at"], zone), *(look[state] for state in _STATES)) for look in pools]
        yield _details(_POOLS, (Column("Look"), *(Column(state, True) for state in _STATES)), rows)
    if minutes:
        waits = ("median_seconds", "slowest_seconds")
        busy = [minute for minute in minutes if minute["logins"]]
        rows = [(_time(m["at"], zone), m["logins"], *(_seconds(m[wait]) for wait in waits)) for m in busy]
        columns = (Column("Minute"), Column("Logins", True), Column("Median", True), Column("Slowest", True))
        yield _details("Logins, and seconds to a URL, by minute", columns, rows)
    if quotas:
        rows = [(_time(look["at"], zone), *(_percent(look.get(name)) for name in names)) for look in quotas]
        yield _details(_USE, (Column("Look"), *(Column(name, True) for name in names)), rows)


def _charts(
    charts: Charts,
    pools: t.Sequence[Fields],
    minutes: t.Sequence[Fields],
    quotas: t.Sequence[Fields],
    names: t.Sequence[str],
) -> t.Iterator[str]:
    if pools:
        yield _figure(_POOLS, charts.over_time(_POOLS, _series(pools, _STATES)))
    if minutes:
        for title, field in (
            ("Logins by minute", "logins"),
            ("Seconds to a URL, the slowest by minute", "slowest_seconds"),
        ):
            yield _figure(title, charts.by_minute(title, field, [(when(m["at"]), m[field]) for m in minutes]))
    if quotas:
        yield _figure(_USE, charts.over_time(_USE, _series(quotas, names), most=100))


def _series(looks: t.Sequence[Fields], names: t.Iterable[str]) -> Series:
    return {name: [(when(look["at"]), look.get(name)) for look in looks] for name in names}


def _figure(title: str, drawn: str) -> str:
    return f"<figure><figcaption>{escape(title)}</figcaption>{drawn}</figure>\n"


def _details(title: str, columns: t.Sequence[Column], rows: Rows) -> str:
    table = _table(title, columns, rows)
    return f"<details><summary>{escape(title)}, as a table</summary>{table}</details>\n"


def _section(title: str, content: str) -> str:
    return f"<section>\n<h2>{escape(title)}</h2>\n{content}</section>\n"


def _table(caption: str, columns: t.Sequence[Column], rows: Rows) -> str:
    """A table whose cells carry the heads of their columns, so that a phone can show each row as a block."""
    head = "".join(f'<th scope="col"{_kind(column)}>{escape(column.title)}</th>' for column in columns)
    body = "".join(f"<tr>{''.join(map(_cell, columns, row))}</tr>\n" for row in rows)
    return (
        f"<table><caption>{escape(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table>\n"
    )


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def _cell(column: Column, value: t.Any) -> str:
    text = value if isinstance(value, Html) else escape("–" if value in (None, "") else str(value))
    return f'<td data-head="{escape(column.title)}"{_kind(column)}>{text}</td>'


def _kind(column: Column) -> str:
    return ' class="number"' if column.number else ""


def _answer(answer: str) -> Html:
    mark, word, kind = _MARKS[answer]
    return Html(f'<span class="answer {kind}"><span aria-hidden="true">{mark}</span> {word}</span>')


def _app_definitions(items: t.Sequence[Fields]) -> str:
    rows = [(*(item[field] for field in _FIELDS), ", ".join(item["held_by"])) for item in items]
    return _table("Bounds and pools at the look", _APPS, rows)


def _quota(quota: Fields) -> tuple[t.Any, ...]:
    return quota["quota"], quota["resource"], quota["used"], quota["hard"], _percent(quota["percent"])


def _session(record: Fields) -> tuple[t.Any, ...]:
    done = ", ".join(text for text in (record["outcome"], record["reason"]) if text)
    found = ", ".join(record["findings"])
    return record["name"], record["user"], record["app_definition"], record["state"], found, done


def _time(text: str, zone: tzinfo | None) -> Html:
    return Html(f'<time datetime="{escape(text)}">{escape(told_time(text, zone))}</time>')


def told_time(text: str, zone: tzinfo | None) -> str:
    """A time of a report in the time zone of the page."""
    time = when(text)
    return f"{time.astimezone(zone) if zone else time:%Y-%m-%d %H:%M:%S}"


def _percent(value: float | None) -> str | None:
    return None if value is None else f"{value:.0f} %"


def _seconds(value: float | None) -> str | None:
    return None if value is None else f"{value:.0f} s"
