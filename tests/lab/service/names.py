# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of sessions and workspaces as the service makes them."""

from __future__ import annotations

from lab.operator.names import LIMIT, session_of_workspace, valid_name

# So that the name of its session stays within the limit.
WORKSPACE_LIMIT = LIMIT - len(session_of_workspace(""))


def described(app_definition: str | None) -> str:
    """The app definition as it stands in names and labels, where it may be unknown."""
    return app_definition if app_definition and app_definition.strip() else "Workspace"


def ephemeral_session_name(user: str, app_definition: str | None) -> str:
    """The same name for every launch of a user and app definition; long users may even share one."""
    return session_of_workspace(valid_name(f"ws-{described(app_definition)}-{user}".lower(), WORKSPACE_LIMIT))


def generated_workspace_name(user: str, app_definition: str | None, epoch_ms: int) -> str:
    """A name that the time makes unique."""
    return valid_name(f"ws-{epoch_ms}{described(app_definition)}-{user}".lower(), WORKSPACE_LIMIT)


def workspace_label(user: str, app_definition: str | None) -> str:
    """The label for humans where the request brings none."""
    return f"{described(app_definition)} of {user}"
