# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every handler of one service can reach."""

from __future__ import annotations

import aiohttp
from aiohttp import web

from lab.service.launch import Launcher
from lab.service.settings import Settings
from lab.service.startup_metrics import StartupMetrics
from lab.service.store import Store
from lab.service.tokens import Verifier

SETTINGS: web.AppKey[Settings] = web.AppKey("settings", Settings)
VERIFIER: web.AppKey[Verifier | None] = web.AppKey("verifier")
STORE: web.AppKey[Store] = web.AppKey("store")
LAUNCHER: web.AppKey[Launcher] = web.AppKey("launcher", Launcher)
METRICS: web.AppKey[StartupMetrics] = web.AppKey("metrics", StartupMetrics)
CLIENT: web.AppKey[aiohttp.ClientSession] = web.AppKey("client", aiohttp.ClientSession)
