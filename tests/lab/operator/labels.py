# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Labels and annotations that the operator writes."""

from __future__ import annotations

import re

from lab.kube import Resource

GENERATION = "theia-cloud.io/appdefinition-generation"
SERVICE_TYPE = "theia-cloud.io/service-type"
PURPOSE = "theia-cloud.io/template-purpose"
SIDECAR = "theia-cloud.io/sidecar"
WORKSPACE_NAME = "theia-cloud.io/workspace-name"

USER = "theia-cloud.io/user"
SESSION = "theia-cloud.io/session"
SESSION_UUID = "theia-cloud.io/session-uuid"
APP_DEFINITION = "theia-cloud.io/app-definition"

# What a release takes off the Services of an instance; the other labels of a session stay on them.
SESSION_SPECIFIC = (USER, SESSION, SESSION_UUID)

START_STRATEGY = "theia-cloud.io/session-start-strategy"
INSTANCE_ID = "theia-cloud.io/instance-id"
EAGER_START_REFRESH = "theia-cloud.io/eager-start-refresh"

MAX_VALUE = 63


def session_labels(session: Resource, app_definition: Resource, *, tidy_cut: bool) -> dict[str, str]:
    """The set that finds what belongs to a session.

    The fork cuts long values wherever the limit falls, even after an underscore, which the API server then
    refuses; upstream cuts back to the last letter or digit (``tidy_cut``).
    """
    user = re.sub(r"[^a-zA-Z0-9]", "_", session["spec"]["user"].replace("@", "_at_"))
    values = {
        USER: user,
        APP_DEFINITION: app_definition["spec"]["name"],
        SESSION: session["spec"]["name"],
        SESSION_UUID: session["metadata"]["uid"],
    }
    return {
        "app.kubernetes.io/component": "session",
        "app.kubernetes.io/part-of": "theia-cloud",
        **{key: _cut(value, tidy=tidy_cut) for key, value in values.items()},
    }


def _cut(value: str, *, tidy: bool) -> str:
    if len(value) <= MAX_VALUE:
        return value
    cut = value[:MAX_VALUE]
    return re.sub(r"[^a-zA-Z0-9]+$", "", cut) if tidy else cut


def labels_of(item: Resource) -> dict[str, str]:
    return item["metadata"].get("labels") or {}


def annotations_of(item: Resource) -> dict[str, str]:
    return item["metadata"].get("annotations") or {}
