# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role notify against a receiver on loopback: what arrives, what is printed, and what stops nothing."""

from __future__ import annotations

import json
import sys

from integration.ansible_run import playbook
from unit.loopback import Loopback, Say

SECRET = "s3cr3t-path"
MAIL = "community.general"


def answer(seen):
    return Say(500 if "broken" in seen.path else 200)


def notify(folder, channels, *arguments):
    """A play that notifies, and goes on."""
    notice = {"notify_moment": "draining", "notify_text": "quiz: 1 session is left", "notify_users": ["ada@tum.de"]}
    tasks = [
        {"ansible.builtin.include_role": {"name": "eduide.theia.notify"}, "vars": notice},
        {"ansible.builtin.debug": {"msg": "the run goes on"}},
    ]
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}
    file = folder / "play.json"
    variables = {"theia_notices": channels, "ansible_python_interpreter": sys.executable}
    file.write_text(json.dumps([{**play, "vars": variables}]))
    run = playbook(folder, file, "-i", "localhost,", *arguments).good()
    assert "the run goes on" in run.output
    assert "s3cr3t" not in run.output
    return [task.result["lines"] for task in run.of("theia_report") if "lines" in task.result]


def test_notices_arrive_and_those_that_do_not_are_warned_of(tmp_path):
    with Loopback(answer) as receiver:
        base = f"http://127.0.0.1:{receiver.port}/{SECRET}"
        channels = [
            {"kind": "webhook", "url": base, "names": True},
            {"kind": "slack", "url": f"{base}/slack"},
            {"kind": "matrix", "url": base, "room": "!a:b", "token": "m-s3cr3t"},
            {"kind": "webhook", "url": f"{base}/broken"},
            {"kind": "slack", "url": f"http://127.0.0.1:9/{SECRET}"},
            {"kind": "mail", "to": "office@example.org", "password": "p-s3cr3t"},
            {"kind": "webhook", "url": f"{base}/other", "moments": ["closed"]},
        ]
        warnings = notify(tmp_path, channels, "-vvv")

    text = "localhost: quiz: 1 session is left"
    assert [(seen.method, seen.path.removeprefix(f"/{SECRET}")[:10]) for seen in receiver.seen] == [
        ("POST", ""),
        ("POST", "/slack"),
        ("PUT", "/_matrix/c"),
        ("POST", "/broken"),
    ]
    bodies = [seen.body for seen in receiver.seen]
    assert bodies[0]["users"] == ["ada@tum.de"]
    assert bodies[1:3] == [{"text": text}, {"msgtype": "m.text", "body": text}]
    assert warnings == [
        [
            "channel 4 (webhook) answered with 500",
            "channel 5 (slack) could not be reached",
            f"channel 6 (mail) needs a collection that is not installed: ansible-galaxy collection install {MAIL}",
        ]
    ]


# It takes the options that the real one has, and keeps them instead of sending anything.
MODULE = """
from ansible.module_utils.basic import AnsibleModule
spec = {name: {} for name in ("to", "sender", "host", "port", "secure", "username", "subject", "body", "timeout")}
module = AnsibleModule({**spec, "password": {"no_log": True}})
with open(FILE, "w") as file:
    print(module.params["to"], module.params["subject"], module.params["body"], sep=chr(10), file=file)
if module.params["host"] == "broken":
    module.fail_json(msg="Failed to send community.general.mail: can't connect")
module.exit_json(msg="Mail sent successfully", result=[])
"""


def test_mails_go_out_where_their_collection_is_installed(tmp_path):
    modules = tmp_path / "collections" / "ansible_collections" / "community" / "general" / "plugins" / "modules"
    modules.mkdir(parents=True)
    (modules / "mail.py").write_text(f"FILE = {str(tmp_path / 'mail')!r}\n{MODULE}")
    mail = {"kind": "mail", "to": "office@example.org", "password": "p-s3cr3t", "names": True}
    assert notify(tmp_path, [mail]) == []
    sent = "office@example.org\nlocalhost: Theia Cloud, draining\nlocalhost: quiz: 1 session is left (ada@tum.de)\n"
    assert (tmp_path / "mail").read_text() == sent
    assert notify(tmp_path, [{**mail, "host": "broken"}]) == [["channel 1 (mail) did not take the mail"]]
