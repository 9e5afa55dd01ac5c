# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The least that a client can do: kept-alive connections, pages of 500, JSON parsed and thrown away.

`bare.py URL CA TOKEN_FILE list|delete FILE`, with a path to list or an object to delete in each line of FILE. Nothing
in here is shared with the collection, which is measured against it.
"""

from __future__ import annotations

import http.client
import json
import ssl
import sys
import threading
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote, urlsplit

PAGE_SIZE = 500
CONNECTIONS = 8


class Client:
    """One connection per thread."""

    def __init__(self, url: str, ca_file: str, token: str) -> None:
        self._host = urlsplit(url).netloc
        self._tls = ssl.create_default_context(cafile=ca_file)
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._own = threading.local()

    def request(self, method: str, path: str) -> bytes:
        if not hasattr(self._own, "connection"):
            self._own.connection = http.client.HTTPSConnection(self._host, context=self._tls)
        self._own.connection.request(method, path, headers=self._headers)
        answer: http.client.HTTPResponse = self._own.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{method} {path}: {answer.status} {body.decode(errors='replace')}")
        return body

    def count(self, path: str) -> int:
        """Read a list to its end."""
        first = f"{path}{'&' if '?' in path else '?'}limit={PAGE_SIZE}"
        count, page = 0, first
        while True:
            content = json.loads(self.request("GET", page))
            count += len(content["items"])
            token = content["metadata"].get("continue")
            if not token:
                return count
            page = f"{first}&continue={quote(token)}"

    def delete(self, path: str) -> None:
        self.request("DELETE", path)


def main(argv: t.Sequence[str]) -> None:
    url, ca_file, token_file, what, file = argv
    client = Client(url, ca_file, Path(token_file).read_text(encoding="utf-8"))
    paths = Path(file).read_text(encoding="utf-8").split()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        done = list(pool.map({"list": client.count, "delete": client.delete}[what], paths))
    print(json.dumps(dict(zip(paths, done, strict=True))) if what == "list" else len(done))


if __name__ == "__main__":
    main(sys.argv[1:])
