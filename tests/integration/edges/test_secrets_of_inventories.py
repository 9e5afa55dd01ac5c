# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Forty secrets in one inventory: a whole run at the highest verbosity shows none, and leaves none behind."""

from __future__ import annotations

import base64
import json
import pathlib
import tempfile

import pytest

from integration.ansible_run import playbook
from unit.attack.secret_shapes import SECRETS
from unit.attack.test_secrets import answers, block, file, kubeconfig
from unit.loopback import Loopback, Say

NOTHING = Say(body={"kind": "List", "metadata": {}, "items": []})


def connections(url, folder, secret):
    """Every way in which an inventory holds a secret."""
    return (
        {"host": url, "api_key": secret},
        {"kubeconfig": kubeconfig(url, {"token": secret})},
        {"kubeconfig": file(folder, block(url, secret))},
        {"host": url, "username": "ada", "password": secret},
        {"host": url, "api_key": "not-secret-at-all", "admin_token": secret, "user_token": secret},
    )


def inventory(folder, url):
    hosts = {}
    for number, (secret, _core) in enumerate(SECRETS.values()):
        place = folder / f"h{number}"
        place.mkdir()
        chosen = connections(url, place, secret)[number % 5]
        hosts[f"h{number}"] = {"theia_connection": {"namespace": f"theia-{number}", "timeout_seconds": 5, **chosen}}
    path = folder / "inventory.json"
    path.write_text(json.dumps({"theia_installations": {"hosts": hosts}}))
    return path


def quoting(seen):
    """Refuses, and quotes what it got: the longest, for some shapes are part of others."""
    header = seen.header("Authorization") or ""
    secret = max((s.strip() for s, _core in SECRETS.values() if s.strip() in header), key=len, default="nobody")
    return answers(secret)[len(seen.path) % 2]


@pytest.fixture
def left():
    """A home with a short name: Ansible makes sockets below it, whose names may have 107 characters."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        yield pathlib.Path(folder)


@pytest.mark.parametrize("answer", [quoting, lambda _seen: NOTHING], ids=["refused", "nothing-there"])
def test_no_secret_of_an_inventory_is_shown_or_left_behind(answer, tmp_path, left, monkeypatch):
    for variable in ("TMPDIR", "HOME"):
        monkeypatch.setenv(variable, str(left))
    inventories = tmp_path / "inventories"
    inventories.mkdir()
    with Loopback(answer) as server:
        run = playbook(
            tmp_path, "playbooks/status.yml", "-i", inventory(inventories, server.url), "-vvvv", "--diff", "-f", "4"
        )
    assert run.code != 0
    assert len(server.seen) > len(SECRETS) / 2, run.output
    assert len({task.host for task in run.tasks if task.failed}) == len(SECRETS), run.output
    kept = [path.read_text(errors="replace") for path in pathlib.Path(left).rglob("*") if path.is_file()]
    everything = "\n".join([run.output, json.dumps([task.result for task in run.tasks]), *kept])
    assert not [name for name, (_s, core) in SECRETS.items() if core in everything]
    assert not [
        name for name, (_s, core) in SECRETS.items() if base64.b64encode(core.encode()).decode()[2:-4] in everything
    ]
