# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The private folder in which AWX hands a job to ansible-runner, and the run of it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import typing as t
from pathlib import Path

import ansible_runner
import yaml

from awx.fields import Values

SECONDS = 300
# What AWX sets for every job, on Kubernetes: there is no HOME and no terminal.
ENVIRONMENT = {
    "ANSIBLE_FORCE_COLOR": "True",
    "ANSIBLE_HOST_KEY_CHECKING": "False",
    "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
    "ANSIBLE_PARAMIKO_RECORD_HOST_KEYS": "False",
    "ANSIBLE_RETRY_FILES_ENABLED": "False",
    "AWX_HOST": "https://awx.example.org",
    "INVENTORY_ID": "3",
    "JOB_ID": "7",
    "MAX_EVENT_RES": "700000",
    "PROJECT_REVISION": "a" * 40,
}


class _Unsafe(str):
    """A text that Ansible must not fill in."""


class _Dumper(yaml.SafeDumper):
    """Writes YAML as AWX does: every text, keys too, carries a tag."""


_Dumper.add_representer(_Unsafe, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text)))


def extra_variables(variables: Values) -> str:
    """The file `env/extravars`."""
    return yaml.dump(_marked(variables), Dumper=_Dumper, allow_unicode=True, width=sys.maxsize)


def _marked(value: t.Any) -> t.Any:
    if isinstance(value, dict):
        return {_marked(name): _marked(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_marked(item) for item in value]
    return _Unsafe(value) if isinstance(value, str) else value


def meta_variables(template: str) -> Values:
    """What AWX tells every job about itself, under two prefixes."""
    about = {
        "job_id": 7,
        "job_launch_type": "manual",
        "job_template_id": 5,
        "job_template_name": template,
        "project_revision": "a" * 40,
        "project_scm_branch": "",
        "inventory_id": 3,
        "inventory_name": "Theia",
        "user_id": 1,
        "user_name": "admin",
        "user_email": "",
        "user_first_name": "",
        "user_last_name": "",
    }
    return {f"{prefix}_{name}": value for prefix in ("awx", "tower") for name, value in about.items()}


def inventory(hosts: t.Mapping[str, Values], group: str, variables: Values) -> str:
    """The executable script that prints AWX's inventory."""
    added = {"remote_host_enabled": "true", "remote_tower_enabled": "true"}
    told = {
        "all": {"vars": {}, "hosts": [], "children": [group]},
        group: {"hosts": list(hosts), "vars": variables, "children": []},
        "_meta": {
            "hostvars": {
                name: {**values, **added, "remote_host_id": number, "remote_tower_id": number}
                for number, (name, values) in enumerate(hosts.items(), 1)
            }
        },
    }
    return f"#!{sys.executable}\nprint({json.dumps(told)!r})\n"


class Job(t.NamedTuple):
    """What AWX knows of a job when it starts it."""

    playbook: str
    template: str
    hosts: t.Mapping[str, Values]
    variables: t.Mapping[str, t.Any] = {}
    group_variables: t.Mapping[str, t.Any] = {}
    limit: str | None = None
    check: bool = False
    verbosity: int = 0
    files: t.Mapping[str, str] = {}
    """Files of credentials by the environment variable that names them."""
    environment: t.Mapping[str, str] = {}
    """What credentials set in the environment."""
    secrets: t.Mapping[str, str] = {}
    """Extra variables of credentials; they stand in a file of their own."""


class Result(t.NamedTuple):
    """What AWX keeps of a job."""

    code: int
    status: str
    events: list[Values]
    stdout: str
    artifacts: Values

    def told(self) -> str:
        """All that AWX stores and shows of it."""
        return json.dumps(self.events) + self.stdout


def run(folder: Path, project: Path, collections: t.Sequence[Path], job: Job, **settings: t.Any) -> Result:
    """Write the private folder and run it; `settings` go to ansible-runner."""
    for part in ("env", "inventory", "credentials"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    script = folder / "inventory" / "hosts"
    script.write_text(inventory(job.hosts, "theia_installations", dict(job.group_variables)), encoding="utf-8")
    script.chmod(0o700)
    variables = {**meta_variables(job.template), **job.variables}
    (folder / "env" / "extravars").write_text(extra_variables(variables), encoding="utf-8")
    environment = {
        **ENVIRONMENT,
        "AWX_PRIVATE_DATA_DIR": str(folder),
        "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(map(str, collections)),
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), "/usr/bin", "/bin")),
        **job.environment,
    }
    for variable, content in job.files.items():
        environment[variable] = _secret_file(folder / "credentials" / f"tmp{variable.lower()}", content)
    arguments = ["-u", "root", *(["--check"] if job.check else []), *(["-l", job.limit] if job.limit else [])]
    if job.secrets:
        arguments += ["-e", f"@{_secret_file(folder / 'credentials' / 'tmpvars', extra_variables(dict(job.secrets)))}"]
    (folder / "env" / "envvars").write_text(yaml.safe_dump(environment), encoding="utf-8")
    (folder / "env" / "cmdline").write_text(" ".join(arguments), encoding="utf-8")
    # ansible-runner adds this process's environment to the job's, which AWX's containers do not share.
    kept = dict(os.environ)
    os.environ.clear()
    try:
        done = ansible_runner.run(
            private_data_dir=str(folder),
            project_dir=str(project),
            playbook=job.playbook,
            verbosity=job.verbosity or None,
            quiet=True,
            timeout=SECONDS,
            **settings,
        )
    finally:
        os.environ.update(kept)
        _end_container(folder)
    events = list(done.events)
    artifacts: Values = {}
    for event in events:
        artifacts.update(event.get("event_data", {}).get("artifact_data") or {})
    return Result(done.rc, done.status, events, done.stdout.read(), artifacts)


def _end_container(folder: Path) -> None:
    """A job runs in a container of its own: what it left running, such as a module after a cancel, ends with that."""
    mark = f"AWX_PRIVATE_DATA_DIR={folder}\0".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (process / "environ").read_bytes():
                os.kill(int(process.name), signal.SIGKILL)


def _secret_file(path: Path, content: str) -> str:
    path.write_text(content, encoding="utf-8")
    path.chmod(0o600)
    return str(path)
