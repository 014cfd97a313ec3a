"""Who is logged in: sessions, their cookie, and how often a password may be tried."""

from __future__ import annotations

import hmac
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import request, session
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_login import LoginManager, UserMixin, login_user, logout_user

from aggregator.model import Account
from aggregator.store import accounts
from aggregator.web.guard import Site, site
from aggregator.web.language import gettext, ngettext
from aggregator.web.told import Refused

if TYPE_CHECKING:
    from flask import Flask, Response

_LOG = logging.getLogger("aggregator.web")
_WINDOW = timedelta(minutes=15)  # in which failed logins are counted


class Visitor(UserMixin):  # type: ignore[misc]  # the library has no types
    """Who is logged in, as Flask-Login wants it."""

    def __init__(self, account: Account) -> None:
        self.account = account

    def get_id(self) -> str:
        """Return the account's id; the session carries the rest."""
        return str(self.account.id)

    @property
    def name(self) -> str:
        """The account's name."""
        return self.account.name

    @property
    def is_admin(self) -> bool:
        """Whether this account may do everything."""
        return self.account.role == "admin"


class _Cookies(SecureCookieSessionInterface):
    """The session's cookie; over https it is never sent in the clear."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Send the cookie where something changed.

        An answer for all readers does not vary by it: that the login looks into every session
        means nothing there.
        """
        if session.modified or not response.cache_control.public:
            super().save_session(app, session, response)

    def get_cookie_secure(self, app: Flask) -> bool:
        """Tell whether browsers may send the cookie over https only."""
        here: Site = app.extensions["aggregator"]
        return here.settings.base_url.startswith("https://") or request.is_secure


def install(app: Flask) -> None:
    """Attach the login and its cookie to the application, whose `Site` must be there already."""
    here: Site = app.extensions["aggregator"]
    manager = LoginManager(app)
    manager.user_loader(_load)
    manager.session_protection = (
        None  # it ties a session to a browser's name and address: phones move
    )
    app.session_interface = _Cookies()
    app.config.update(
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=here.settings.session_hours),
    )


def _load(account_id: str) -> Visitor | None:
    """Return who the session says is there, unless it is over: too old, or the password changed."""
    began = float(session.get("began", 0))
    age = datetime.now(UTC).timestamp() - began
    if not account_id.isdigit() or not 0 <= age <= site().settings.session_hours * 3600:
        return None
    with site().database.reading() as c:
        account = accounts.get(c, int(account_id))
    if account is None or not hmac.compare_digest(_mark(account), str(session.get("mark", ""))):
        return None
    return Visitor(account)


def _mark(account: Account) -> str:
    """Return what ends a session when it changes; the id of a removed account may be used anew."""
    return f"{account.created_at.timestamp():.0f}-{account.stamp}"


def check(name: str, password: str, address: str, now: datetime) -> Account:
    """Return the account of this name and password; a failure is remembered.

    Raises:
        Refused: with the same words whether the name or the password is wrong.
    """
    limit = site().settings.login_attempts
    with site().database.writing() as c:  # raising within would forget the failure
        held = accounts.failures(c, name, address, now - _WINDOW) >= limit
        account = None if held else accounts.verify(c, name, password)
        if account is None and not held:
            accounts.note_failure(c, name, address, now)
    if account is not None:
        return account
    _LOG.warning("login.failed", extra={"f": {"name": name, "address": address, "held": held}})
    if held:
        minutes = int(_WINDOW.total_seconds() // 60)
        said = ngettext(
            "Too many failed logins. Wait %(num)s minute, then try again.",
            "Too many failed logins. Wait %(num)s minutes, then try again.",
            minutes,
            num=minutes,
        )
        raise Refused(said)
    raise Refused(gettext("That name and password do not go together."))


def enter(account: Account, now: datetime) -> None:
    """Begin a new session for `account`; nothing of the one before stays."""
    session.clear()
    session.permanent = True
    session["began"] = now.timestamp()
    session["mark"] = _mark(account)
    login_user(Visitor(account))


def leave() -> None:
    """End the session."""
    logout_user()
    session.clear()


def local_path(wanted: str | None, otherwise: str) -> str:
    """Return `wanted` when it is a path on this site, else `otherwise`.

    Browsers leave the site for two slashes, for backslashes read as slashes, and for addresses
    with control characters in them, so only a plain path passes.
    """
    if not wanted or not wanted.startswith("/") or wanted.startswith(("//", "/\\")):
        return otherwise
    if any(c.isspace() or ord(c) < 32 or c == "\\" for c in wanted):
        return otherwise
    parts = urlsplit(wanted)
    return otherwise if parts.scheme or parts.netloc else wanted
