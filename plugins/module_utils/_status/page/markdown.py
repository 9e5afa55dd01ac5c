# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as Markdown, for a chat or a merge request."""

from __future__ import annotations

import re
import typing as t

from .html import told_time

if t.TYPE_CHECKING:
    from datetime import tzinfo

Fields = t.Mapping[str, t.Any]
_SPECIAL = re.compile(r"([\\`*_\[\]<>|#])")


def markdown(report: Fields, zone: tzinfo | None) -> str:
    """Headline, verdicts, figures, promise, timeline, and what is not known."""
    lines = [f"# {_text(report['headline'])}", ""]
    lines += [f"**The run failed:** {_text(report['failure'])}", ""] if report["failure"] else []
    lines += [f"- Watched: {_text(report['watch']['sentence'])}"] if report["watch"] else []
    lines += [f"- Verdict: {_text(verdict)}" for verdict in report["verdicts"]]
    where = " · ".join([report["host"], *report["installation"]])
    lines += [f"- {_text(where)}", f"- {_text(report['playbook'])}, seen at {told_time(report['seen_at'], zone)}"]
    lines += [f"- {figure['name']}: {figure['value']}" for figure in report["figures"]]
    if report["checks"]:
        lines += _table(
            "The promise", ("answer", "promise", "seen"), report["checks"], ("answer", "question", "evidence")
        )
    if report["timeline"]:
        events = [{**event, "at": told_time(event["at"], zone)} for event in report["timeline"]]
        lines += _table("Timeline", ("time", "event", "detail"), events, ("at", "what", "detail"))
    fields = ("name", "min_instances", "max_instances", "sessions", "claimed", "warm", "cold")
    lines += _table("App definitions", fields, report["app_definitions"], fields)
    if report["lines"]:
        # As it was printed: four blanks keep every character.
        lines += ["", "## What the run said", "", *(f"    {line}" for line in report["lines"])]
    lines += ["", "## What is not known", "", *(f"- {_text(text)}" for text in report["limits"])]
    return "\n".join(lines) + "\n"


def _table(title: str, heads: t.Sequence[str], rows: t.Iterable[Fields], fields: t.Sequence[str]) -> list[str]:
    body = [f"| {' | '.join(_text(row[field]) for field in fields)} |" for row in rows]
    return ["", f"## {title}", "", f"| {' | '.join(map(_text, heads))} |", f"|{' --- |' * len(heads)}", *body]


def _text(value: t.Any) -> str:
    return "" if value is None else _SPECIAL.sub(r"\\\1", str(value))
