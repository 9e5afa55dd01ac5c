# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks of an exam night, called as a person on duty calls them from a checkout."""

from __future__ import annotations

import json
import typing as t
from datetime import UTC, datetime, timedelta
from pathlib import Path

from integration.ansible_run import ROOT, Run, paste, playbook
from lab import inventory
from unit.loopback import Loopback

# Of an exam that is stated in a line, and of one that has to end before its time.
TONIGHT = {"end": "24:00"}
EARLY = {"end_early_reason": "over"}


class Duty:
    """Somebody with an inventory of installations, in a folder of their own."""

    def __init__(self, folder: Path, **installations: t.Any) -> None:
        self.folder = folder
        self.inventory = inventory.write(folder / "inventory", installations)
        self.env: dict[str, str] = {}

    def play(self, name: str, *arguments: str | Path, **variables: t.Any) -> Run:
        arguments = ("-i", self.inventory, *arguments)
        return playbook(self.folder, ROOT / "playbooks" / f"{name}.yml", *arguments, env=self.env, **variables)

    def paste(self, line: str) -> str:
        """Run a line of a report as it stands, and return what it printed."""
        done = paste(self.folder, line)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def calendar(self, *exams: dict[str, t.Any]) -> str:
        """Write a calendar, and return the argument that names it."""
        file = self.folder / "calendar.json"
        file.write_text(json.dumps({"theia_exams": exams}))
        return f"-e@{file}"

    def notices(self, receiver: Loopback) -> str:
        """Have people told by a webhook, and return the argument that says so."""
        file = self.folder / "notices.json"
        file.write_text(json.dumps({"theia_notices": [{"kind": "webhook", "url": receiver.url}]}))
        return f"-e@{file}"


def exam(name: str, *app_definitions: dict[str, t.Any]) -> dict[str, t.Any]:
    """An exam that is about to begin, as an entry of a calendar."""
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=20)
    times = {"start": start.isoformat(), "end": (start + timedelta(hours=2)).isoformat()}
    return {"name": name, **times, "app_definitions": list(app_definitions)}


def move_back(site: t.Any, name: str, **by: float) -> None:
    """An exam was earlier than it was."""
    record = site.lab.api.find(site.installation.here.path("configmaps", f"theia-exam-{name}"))
    kept = json.loads(record["data"]["exam"])
    for field in ("start", "end", "shield_from", "shield_until"):
        kept[field] = (datetime.fromisoformat(kept[field]) - timedelta(**by)).strftime("%Y-%m-%dT%H:%M:%SZ")
    changed = {"data": {"exam": json.dumps(kept)}}
    site.kubectl("patch", "configmap", f"theia-exam-{name}", "--type=merge", "-p", json.dumps(changed))


def command(line: str) -> str:
    """The command at the end of a line of a report."""
    return line[line.index("ansible-playbook ") :]


def report(run: Run) -> list[str]:
    """The lines of the last report, if there is one; a run that fails says why after it."""
    reports: list[list[str]] = [task.result["lines"] for task in run.of("theia_report") if "lines" in task.result]
    return reports[-1] if reports else []
