# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing the page of a run: on the control node, where folders of reports are."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import typing as t

from ansible_collections.eduide.theia.plugins.filter.folder_name import folder_name
from ansible_collections.eduide.theia.plugins.module_utils._common.timestamps import read_zone
from ansible_collections.eduide.theia.plugins.module_utils._status.page.charts import Charts
from ansible_collections.eduide.theia.plugins.module_utils._status.page.html import page
from ansible_collections.eduide.theia.plugins.module_utils._status.page.markdown import markdown
from ansible_collections.eduide.theia.plugins.module_utils._status.page.observations import (
    VERSION,
    Observations,
    nothing,
    run_of,
    with_look,
    with_run,
)
from ansible_collections.eduide.theia.plugins.module_utils._status.page.privacy import (
    found_without_names,
    result_without_names,
)
from ansible_collections.eduide.theia.plugins.module_utils._status.page.report import Subject, report_of

Fields = t.Mapping[str, t.Any]

OBSERVATIONS = "observations.json"
_NO_CHARTS = (
    "the page has no charts: the Python package pygal is not where Ansible runs; install it there, or use an execution "
    "environment that has it"
)


class Unwritable(Exception):
    """Why there is no page, as an object, a cause and a next step."""


class Folder:
    """Where the pages of one installation are: a folder for each playbook, and beside them what all of them saw."""

    def __init__(self, path: str, host: str, playbook: str) -> None:
        self._installation = os.path.join(os.path.abspath(os.path.expanduser(path)), folder_name(host))
        self._run = os.path.join(self._installation, folder_name(playbook))

    def observations(self) -> Observations:
        path = os.path.join(self._installation, OBSERVATIONS)
        try:
            with open(path, encoding="utf-8") as file:
                found = json.load(file)
        except FileNotFoundError:
            return nothing()
        except (OSError, ValueError) as exc:
            raise Unwritable(f"{path}: it cannot be read ({exc}); move it away to begin anew") from exc
        if not isinstance(found, dict) or found.get("version") != VERSION:
            raise Unwritable(f"{path}: it is not of version {VERSION}; move it away to begin anew")
        return found

    def keep(self, seen: Observations) -> None:
        self._write(self._installation, OBSERVATIONS, json.dumps(seen))

    def write(self, name: str, text: str) -> str:
        return self._write(self._run, name, text)

    def _write(self, folder: str, name: str, text: str) -> str:
        """In one go, so that nobody reads half a page; for nobody but the account that runs this."""
        path = os.path.join(folder, name)
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
            handle, temporary = tempfile.mkstemp(prefix=f".{name}-", dir=folder)
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(text)
                os.replace(temporary, path)
            except BaseException:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(temporary)
                raise
        except OSError as exc:
            raise Unwritable(f"{path}: it cannot be written ({exc.strerror}); name another report_dir") from exc
        return path


def leave_page(
    folder: Folder,
    subject: Subject,
    found: Fields,
    result: Fields,
    *,
    lines: t.Sequence[str],
    pseudonym_key: str | None,
    time_zone: str | None,
    warn: t.Callable[[str], None],
) -> str:
    """Write report.json, report.md and report.html of a run, and keep what it saw; the path of the page."""
    try:
        zone = read_zone(time_zone)
    except ValueError as exc:
        raise Unwritable(f"time_zone={exc}") from exc
    if pseudonym_key:
        found = found_without_names(found, pseudonym_key)
        result = result_without_names(result, pseudonym_key)
        lines = ()
    at = found["capacity"]["seen_at"]
    run = run_of(subject.playbook, result, at=at, exam=subject.exam, check=subject.check)
    seen = with_run(with_look(folder.observations(), found), run, result)
    folder.keep(seen)
    report = report_of(subject, found, seen, lines=lines, sessions=_sessions(found, result))
    folder.write("report.json", json.dumps(report, indent=2))
    folder.write("report.md", markdown(report, zone))
    try:
        charts = Charts(zone)
    except ImportError:
        warn(_NO_CHARTS)
        charts = None
    return folder.write("report.html", page(report, charts, zone))


def _sessions(found: Fields, result: Fields) -> list[Fields]:
    """Those that the run dealt with, as it says, and all others in trouble."""
    done = {item["uid"]: item for item in result.get("sessions") or () if item.get("outcome")}
    others = [record for record in found["sessions"]["sessions"] if record["uid"] not in done]
    return [*done.values(), *others]
