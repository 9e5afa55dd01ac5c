# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for the Theia Cloud operator: it does to the cluster what the real one does, quirks included.

Run it as ``python -m lab.operator --namespace NS --kubeconfig FILE``. What it is told besides, it reads from the
arguments of the Deployment ``operator-deployment`` of its namespace, as the real one gets them.

``(inferred)`` in a comment marks behaviour that follows from how the real program is built but that nobody states.
"""
