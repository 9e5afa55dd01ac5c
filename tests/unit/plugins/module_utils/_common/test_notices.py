# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
import yaml

from ansible_collections.eduide.theia.plugins.module_utils._common import notices
from ansible_collections.eduide.theia.plugins.module_utils._common.errors import Misconfigured
from ansible_collections.eduide.theia.plugins.module_utils._common.notices import Notice, check_channels, deliveries
from tools.checkout import ROOT

SECRET = "https://hooks.example.org/services/T0/B0/s3cr3t"
WEBHOOK = {"kind": "webhook", "url": SECRET}
NOTICE = Notice("draining", "prod", "pgdp-final: 2 sessions are left", "pgdp-final", ("ada@tum.de", "`<!channel>"))


def requests(*channels, notice=NOTICE):
    return [each.request for each in deliveries(check_channels(channels), notice, transaction="t1")]


def test_names_go_only_where_they_are_asked_for():
    quiet, told = requests(WEBHOOK, {**WEBHOOK, "names": True})
    assert quiet["body"] == {
        "moment": "draining",
        "installation": "prod",
        "exam": "pgdp-final",
        "text": "pgdp-final: 2 sessions are left",
    }
    assert told["body"]["users"] == list(NOTICE.users)


def test_each_kind_has_its_own_form():
    slack, matrix, mail, webhook = requests(
        {"kind": "slack", "url": SECRET, "names": True},
        {"kind": "matrix", "url": "https://matrix.example.org/", "room": "!a:b", "token": "m-token"},
        {"kind": "mail", "to": "office@example.org", "host": "mail"},
        {**WEBHOOK, "token": "w-token"},
    )
    # A name calls nobody in a channel, and is no link.
    assert slack["body"] == {"text": "prod: pgdp-final: 2 sessions are left (`ada@tum.de`, `'&lt;!channel&gt;`)"}
    assert (matrix["method"], matrix["headers"]) == ("PUT", {"Authorization": "Bearer m-token"})
    assert matrix["url"] == "https://matrix.example.org/_matrix/client/v3/rooms/%21a%3Ab/send/m.room.message/t1"
    assert matrix["body"] == {"msgtype": "m.text", "body": "prod: pgdp-final: 2 sessions are left"}
    assert mail["subject"] == "prod: pgdp-final, draining"
    assert (mail["to"], mail["host"], "from" in mail) == ("office@example.org", "mail", False)
    assert webhook["headers"] == {"Authorization": "Bearer w-token"}


def test_a_channel_hears_of_the_moments_it_names():
    channels = [{**WEBHOOK, "moments": ["warm"]}, WEBHOOK, {**WEBHOOK, "moments": ["draining", "closed"]}]
    assert [each.channel for each in deliveries(channels, NOTICE, transaction="t")] == [
        "channel 2 (webhook)",
        "channel 3 (webhook)",
    ]


@pytest.mark.parametrize(
    ("channels", "told"),
    [
        (SECRET, "it is not a list"),
        ([SECRET], "entry 1: it is not a dictionary with a kind"),
        ([WEBHOOK, {**WEBHOOK, "kind": "teams"}], "entry 2: kind is none of webhook, slack, matrix, mail"),
        ([{"kind": "slack", "urll": SECRET}], "entry 1: urll is no field of slack, url perhaps"),
        ([{"kind": "matrix", "url": SECRET, "token": SECRET}], "entry 1: room is missing"),
        ([{"kind": "slack", "url": "s3cr3t"}], "entry 1: url is no address that begins with https:// or http://"),
        ([{"kind": "slack", "url": "http://[s3cr3t"}], "entry 1: url is no address"),
        ([{**WEBHOOK, "moments": ["warn"]}], "entry 1: moments is no list of warm, not_warm"),
        ([{**WEBHOOK, "moments": "warm"}], "entry 1: moments is no list of warm, not_warm"),
        ([{**WEBHOOK, "names": "yes"}], "entry 1: names is neither true nor false"),
    ],
)
def test_a_channel_that_cannot_be_meant_so_is_told_without_its_values(channels, told):
    with pytest.raises(Misconfigured) as refused:
        check_channels(channels)
    assert told in str(refused.value)
    assert "s3cr3t" not in str(refused.value)


def test_the_role_says_what_the_code_takes():
    spec = yaml.safe_load((ROOT / "roles/notify/meta/argument_specs.yml").read_text(encoding="utf-8"))
    options = spec["argument_specs"]["main"]["options"]
    channel = options["notify_channels"]["options"]
    assert tuple(options["notify_moment"]["choices"]) == tuple(channel["moments"]["choices"]) == notices.MOMENTS
    assert tuple(channel["kind"]["choices"]) == notices.KINDS
    allowed = {field for fields in notices.ALLOWED.values() for field in fields}
    assert set(channel) == {*notices.COMMON, *allowed}
