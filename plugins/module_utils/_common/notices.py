# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Notices to people: what is sent to which channel. Addresses of channels are secrets, so no error quotes a value."""

from __future__ import annotations

import difflib
import typing as t
import urllib.parse

from .errors import Misconfigured

MOMENTS = ("warm", "not_warm", "drift", "draining", "closed", "swept")
KINDS = ("webhook", "slack", "matrix", "mail")
# What a channel of each kind needs, and what it may have.
NEEDED = {"webhook": ("url",), "slack": ("url",), "matrix": ("url", "room", "token"), "mail": ("to",)}
ALLOWED = {
    "webhook": ("url", "token", "validate_certs"),
    "slack": ("url", "validate_certs"),
    "matrix": ("url", "room", "token", "validate_certs"),
    "mail": ("to", "from", "host", "port", "secure", "username", "password"),
}
COMMON = ("kind", "moments", "names")

Channel = t.Mapping[str, t.Any]


class Notice(t.NamedTuple):
    """What happened, without anything secret."""

    moment: str
    installation: str
    text: str
    exam: str = ""
    users: tuple[str, ...] = ()
    """Whom it is about; only channels that ask for names get them."""


class Delivery(t.NamedTuple):
    """One notice on its way to one channel."""

    kind: str
    channel: str
    """How the channel is called in a warning: its number and kind."""
    request: t.Mapping[str, t.Any]
    """Of HTTP the url, method, headers and body; of mail the options of C(community.general.mail)."""


def check_channels(channels: t.Any) -> list[Channel]:
    """The channels as they are; an error that names the first one that cannot be meant so."""
    if not isinstance(channels, (list, tuple)):
        raise Misconfigured("theia_notices: it is not a list; write one entry for each channel")
    for number, channel in enumerate(channels, 1):
        if slip := _slip(channel):
            raise Misconfigured(f"theia_notices: entry {number}: {slip}")
    return list(channels)


def deliveries(channels: t.Sequence[Channel], notice: Notice, *, transaction: str) -> list[Delivery]:
    """What to send for a notice, to each channel that wants to know of this moment."""
    found = []
    for number, channel in enumerate(channels, 1):
        if notice.moment in (channel.get("moments") or MOMENTS):
            label = f"channel {number} ({channel['kind']})"
            told = notice if channel.get("names") else notice._replace(users=())
            found.append(Delivery(channel["kind"], label, _WRITERS[channel["kind"]](channel, told, transaction)))
    return found


def _slip(channel: t.Any) -> str | None:
    """What is wrong with an entry, by its field; the first slip counts."""
    if not isinstance(channel, dict):
        return "it is not a dictionary with a kind"
    kind = channel.get("kind")
    if kind not in KINDS:
        return f"kind is none of {', '.join(KINDS)}"
    known = (*COMMON, *ALLOWED[kind])
    unknown = sorted(map(str, set(channel) - set(known)))
    missing = [field for field in NEEDED[kind] if not channel.get(field)]
    moments = channel.get("moments") or []
    slips = [
        *(f"{field} is no field of {kind}{_nearest(field, known)}" for field in unknown),
        *(f"{field} is missing" for field in missing),
    ]
    if kind != "mail" and not missing and not _is_address(channel["url"]):
        slips.append("url is no address that begins with https:// or http://")
    if not isinstance(moments, (list, tuple)) or any(moment not in MOMENTS for moment in moments):
        slips.append(f"moments is no list of {', '.join(MOMENTS)}")
    if not isinstance(channel.get("names", False), bool):
        slips.append("names is neither true nor false")
    return next(iter(slips), None)


def _nearest(field: str, known: t.Sequence[str]) -> str:
    close = difflib.get_close_matches(field, known, n=1)
    return f", {close[0]} perhaps" if close else ""


def _is_address(url: t.Any) -> bool:
    try:
        parts = urllib.parse.urlsplit(url if isinstance(url, str) else "")
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _sentence(notice: Notice, quote: str = "") -> str:
    users = ", ".join(f"{quote}{user}{quote}" for user in notice.users)
    return f"{notice.installation}: {notice.text}" + (f" ({users})" if users else "")


def _webhook(channel: Channel, notice: Notice, _transaction: str) -> dict[str, t.Any]:
    body: dict[str, t.Any] = {"moment": notice.moment, "installation": notice.installation, "text": notice.text}
    body |= {"exam": notice.exam} if notice.exam else {}
    body |= {"users": list(notice.users)} if notice.users else {}
    return _http(channel, channel["url"], "POST", body)


def _slack(channel: Channel, notice: Notice, _transaction: str) -> dict[str, t.Any]:
    """Users are code, so that nobody's name calls everybody of a channel."""
    clean = notice._replace(users=tuple(user.replace("`", "'") for user in notice.users))
    text = _sentence(clean, quote="`")
    for character, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(character, escaped)
    return _http(channel, channel["url"], "POST", {"text": text})


def _matrix(channel: Channel, notice: Notice, transaction: str) -> dict[str, t.Any]:
    room = urllib.parse.quote(channel["room"], safe="")
    path = f"/_matrix/client/v3/rooms/{room}/send/m.room.message/{transaction}"
    body = {"msgtype": "m.text", "body": _sentence(notice)}
    return _http(channel, channel["url"].rstrip("/") + path, "PUT", body)


def _http(channel: Channel, url: str, method: str, body: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    token = channel.get("token")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    certs = channel.get("validate_certs", True)
    return {"url": url, "method": method, "headers": headers, "body": body, "validate_certs": certs}


def _mail(channel: Channel, notice: Notice, _transaction: str) -> dict[str, t.Any]:
    options = {field: channel[field] for field in ALLOWED["mail"] if channel.get(field)}
    subject = f"{notice.installation}: {notice.exam or 'Theia Cloud'}, {notice.moment.replace('_', ' ')}"
    return {**options, "subject": subject, "body": _sentence(notice)}


_WRITERS: dict[str, t.Callable[[Channel, Notice, str], dict[str, t.Any]]] = {
    "webhook": _webhook,
    "slack": _slack,
    "matrix": _matrix,
    "mail": _mail,
}
