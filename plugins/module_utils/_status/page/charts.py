# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Charts as SVG that stands in a page: coloured by its style sheet, and without the scripts of the library."""

from __future__ import annotations

import re
import typing as t
from datetime import UTC, datetime
from xml.etree import ElementTree

if t.TYPE_CHECKING:
    from datetime import tzinfo

SVG = "http://www.w3.org/2000/svg"
# Hidden texts and areas that only a script shows.
_FOR_SCRIPTS = re.compile(r"(tooltip|text)-overlay")
_SIZE = {"width": 600, "height": 280}
_LABELS = 5
_PHONE_FONT = 20
Series: t.TypeAlias = "t.Mapping[str, t.Sequence[tuple[datetime, float | None]]]"


class Charts:
    """Draws with pygal, which is imported here and nowhere else."""

    def __init__(self, zone: tzinfo | None) -> None:
        import pygal
        from pygal.style import Style

        self._pygal, self._zone = pygal, zone
        # Room for the largest letters that the style sheet of the page gives them.
        fonts = ("label", "major_label", "legend")
        self._style = Style(**{f"{font}_font_size": _PHONE_FONT for font in fonts})

    def over_time(self, title: str, series: Series, *, most: float | None = None) -> str:
        """A line for each series. Looks stand where they were made; the lines between them only lead the eye."""
        chart = self._pygal.XY(
            **self._options(),
            x_value_formatter=lambda seconds: self._clock(datetime.fromtimestamp(seconds, UTC)),
            legend_at_bottom_columns=min(3, len(series)),
            range=(0, most) if most else None,
            include_x_axis=True,
            dots_size=3,
            truncate_legend=40,
        )
        chart.x_labels = _spread([time.timestamp() for points in series.values() for time, _value in points])
        for name, points in series.items():
            chart.add(name, [(time.timestamp(), value) for time, value in points])
        return _plain_svg(chart.render(is_unicode=True), title)

    def by_minute(self, title: str, name: str, minutes: t.Sequence[tuple[datetime, float | None]]) -> str:
        """A bar for each minute."""
        chart = self._pygal.Bar(**self._options(), show_legend=False, show_minor_x_labels=False)
        chart.x_labels = [self._clock(minute) for minute, _value in minutes]
        step = -(-len(minutes) // _LABELS) or 1
        chart.x_labels_major = chart.x_labels[::step]
        chart.add(name, [value for _minute, value in minutes])
        return _plain_svg(chart.render(is_unicode=True), title)

    def _options(self) -> dict[str, t.Any]:
        labels = {
            "legend_at_bottom": True,
            "y_labels_major_count": 3,
            "show_minor_y_labels": False,
            "x_label_rotation": 0,
        }
        own = {"css": [], "js": [], "no_prefix": True, "disable_xml_declaration": True, "style": self._style}
        return {**_SIZE, **labels, **own, "margin": 8, "margin_right": 34, "truncate_label": -1}

    def _clock(self, time: datetime) -> str:
        return f"{time.astimezone(self._zone or UTC):%H:%M}"


def _spread(times: t.Sequence[float]) -> list[float]:
    """Times at equal distances, as many as have room below a chart on a phone."""
    first, last = min(times), max(times)
    return [first + (last - first) * number / (_LABELS - 1) for number in range(_LABELS)] if first < last else [first]


def _plain_svg(text: str, title: str) -> str:
    """Without styles, scripts and what only they need, and with a name for those who hear the page."""
    ElementTree.register_namespace("", SVG)
    # What pygal has just written is no stranger's text.
    root = ElementTree.fromstring(text)  # noqa: S314
    for parent in list(root.iter()):
        for child in list(parent):
            name = child.tag.rpartition("}")[2]
            if name in ("style", "script", "desc", "title") or _FOR_SCRIPTS.search(child.get("class") or ""):
                parent.remove(child)
    root.attrib.pop("id", None)
    root.set("role", "img")
    root.set("aria-label", title)
    root.set("class", "chart")
    return ElementTree.tostring(root, encoding="unicode")
