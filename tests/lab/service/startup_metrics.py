# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long launches took, as the service tells Prometheus."""

from __future__ import annotations

import collections
import re
import typing as t

NAME = "application_application_theiacloud_session_startup_seconds_seconds"
QUANTILES = (0.5, 0.75, 0.95, 0.98, 0.99, 0.999)
# The real summary forgets by age; here the newest launches count. Either way the last value stays while nothing starts.
WINDOW = 1028


def label_value(text: str | None) -> str:
    """A label as the service cleans it."""
    if not text:
        return "unknown"
    cleaned = re.sub(r"[^a-zA-Z0-9_]", "_", text)
    return "_" + cleaned if cleaned[0].isdigit() else cleaned


class StartupMetrics:
    """Durations by app definition, in memory only: a restart begins at zero."""

    def __init__(self, namespace: str) -> None:
        self._namespace = label_value(namespace)
        self._recent: dict[str, collections.deque[float]] = {}
        self._count: collections.Counter[str] = collections.Counter()
        self._sum: dict[str, float] = collections.defaultdict(float)

    def record(self, app_definition: str | None, seconds: float) -> None:
        label = label_value(app_definition)
        self._recent.setdefault(label, collections.deque(maxlen=WINDOW)).append(seconds)
        self._count[label] += 1
        self._sum[label] += seconds

    def render(self) -> str:
        lines = [f"# TYPE {NAME} summary"]
        for app_definition, recent in self._recent.items():
            labels = f'app_definition="{app_definition}",namespace="{self._namespace}"'
            ordered = sorted(recent)
            lines += [f'{NAME}{{{labels},quantile="{q}"}} {_quantile(ordered, q)}' for q in QUANTILES]
            lines.append(f"{NAME}_count{{{labels}}} {self._count[app_definition]}")
            lines.append(f"{NAME}_sum{{{labels}}} {self._sum[app_definition]}")
        return "\n".join(lines) + "\n"


def _quantile(ordered: t.Sequence[float], quantile: float) -> float:
    return ordered[min(len(ordered) - 1, int(quantile * len(ordered)))]
