# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running Ansible as a person on duty does, and seeing both what is printed and what every task returned."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_CALLBACKS = Path(__file__).resolve().with_name("callback_plugins")
# Variables that would lead a run somewhere else than the test says.
_FOREIGN = ("ANSIBLE_", "K8S_AUTH_", "KUBECONFIG", "PYTHONPATH", "THEIA_")
_SECONDS = 300
_PACKED_MODULES = tempfile.TemporaryDirectory(prefix="eduide-theia-packed-")


class Task(t.NamedTuple):
    """What one task returned for one host."""

    host: str
    task: str
    action: str
    outcome: str
    result: dict[str, t.Any]

    @property
    def failed(self) -> bool:
        return self.outcome.startswith("failed")

    @property
    def msg(self) -> str:
        return str(self.result["msg"])


class Run(t.NamedTuple):
    """One finished call of ansible-playbook."""

    code: int
    output: str
    tasks: list[Task]

    def of(self, module: str) -> list[Task]:
        """The tasks of one of our modules that were not skipped."""
        action = f"eduide.theia.{module}"
        return [task for task in self.tasks if task.action == action and task.outcome != "skipped"]

    def only(self, module: str) -> Task:
        [task] = self.of(module)
        return task

    @property
    def changed(self) -> int:
        return sum(bool(task.result.get("changed")) for task in self.tasks)

    def good(self) -> Run:
        """Itself; an error that shows the output if the run failed."""
        assert self.code == 0, self.output
        return self


def environment(**more: str) -> dict[str, str]:
    """That of this process, with the programs of its Python first and nothing that steers Ansible."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    path = os.pathsep.join((str(Path(sys.executable).parent), kept["PATH"]))
    return {**kept, "PATH": path, "ANSIBLE_NOCOLOR": "1", "PYTHONDONTWRITEBYTECODE": "1", **more}


def playbook(
    folder: Path, name: str | Path, *arguments: str | Path, env: t.Mapping[str, str] | None = None, **variables: t.Any
) -> Run:
    """Call ansible-playbook in the checkout; `folder` keeps what tasks return, `variables` become one -e each."""
    results = folder / "task-results.jsonl"
    results.unlink(missing_ok=True)
    done = call(ROOT, {**watched(results), **(env or {})}, name, *arguments, **variables)
    lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    return Run(done.returncode, done.stdout, [Task(**json.loads(line)) for line in lines])


def watched(results: Path) -> dict[str, str]:
    """The environment of a run that leaves what its tasks return in this file."""
    return {"ANSIBLE_COLLECTIONS_PATH": str(ROOT / "build" / "tree"), **_noted(results)}


def _noted(results: Path) -> dict[str, str]:
    return {
        "ANSIBLE_CALLBACK_PLUGINS": str(_CALLBACKS),
        "ANSIBLE_CALLBACKS_ENABLED": "task_results",
        "PACKED_MODULES": _PACKED_MODULES.name,
        "TASK_RESULTS": str(results),
    }


def call(
    cwd: Path, env: t.Mapping[str, str], name: str | Path, *arguments: str | Path, **variables: t.Any
) -> subprocess.CompletedProcess[str]:
    """Call ansible-playbook in a folder, with this much added to a clean environment."""
    extra = [word for key, value in variables.items() for word in ("-e", f"{key}={value}")]
    return subprocess.run(
        ["ansible-playbook", str(name), *map(str, arguments), *extra],
        cwd=cwd,
        env=environment(**env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_SECONDS,
        check=False,
    )


def paste(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    """Run a line that a report printed as somebody does who pastes it: into a shell, in another folder."""
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    return subprocess.run(
        ["bash", "-c", line],
        cwd=elsewhere,
        # It finds the collection by itself, and shares what is packed with other runs.
        env=environment(**_noted(folder / "pasted-results.jsonl")),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_SECONDS,
        check=False,
    )


def play(
    folder: Path, tasks: t.Sequence[dict[str, t.Any]], *arguments: str, connection: t.Mapping[str, t.Any] | None = None
) -> Run:
    """Run a list of tasks here, each with the options in `connection`; all of them run, whichever fails."""
    content = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": sys.executable},
        "module_defaults": {"group/eduide.theia.theia": dict(connection or {})},
        "tasks": [{"ignore_errors": True, **task} for task in tasks],
    }
    file = folder / "play.json"
    file.write_text(json.dumps([content]), encoding="utf-8")
    return playbook(folder, file, "-i", "localhost,", *arguments)


def task(module: str, **options: t.Any) -> dict[str, t.Any]:
    """One task for `play`."""
    return {"name": module, f"eduide.theia.{module}": options}


def connection(installation: t.Any, **changes: t.Any) -> dict[str, t.Any]:
    """How an installation of the lab is reached by its own account; None takes an option away."""
    options = {
        "kubeconfig": str(installation.kubeconfig),
        "namespace": installation.namespace,
        "service_url": installation.service_url,
        "app_id": installation.app_id,
        "admin_token": installation.admin_token or "",
        **changes,
    }
    return {name: value for name, value in options.items() if value is not None}
