"""Logging in and out."""

from __future__ import annotations

from flask import flash, redirect, request
from flask_login import current_user

from aggregator.store import accounts
from aggregator.web import login
from aggregator.web.admin.desk import ANYONE, Answer, action, done, page, show, url_for
from aggregator.web.guard import now, site
from aggregator.web.language import gettext


@page("/login", role=ANYONE)
def sign_in_page() -> Answer:
    """Show the form; on a site without accounts, say how to make one."""
    if current_user.is_authenticated:
        return redirect(_wanted(), 303)
    with site().database.reading() as c:
        empty = not accounts.all_accounts(c)
    wanted = request.values.get("next", "")
    return show("login.html", empty=empty, wanted=wanted)


@action("/login", on=sign_in_page, role=ANYONE)
def sign_in() -> Answer:
    """Log in, unless name and password do not fit or were tried too often."""
    name = request.form.get("name", "").strip()[:200]
    password = request.form.get("password", "")[:1000]
    account = login.check(name, password, request.remote_addr or "", now())
    wanted = _wanted()
    login.enter(account, now())
    said = gettext("Welcome, %(name)s.", name=account.name)
    return done(said, "login", account.name, wanted)


@action("/logout", role=ANYONE)
def sign_out() -> Answer:
    """Log out."""
    login.leave()
    flash(gettext("You are logged out."), "done")
    return redirect(url_for("admin.sign_in_page"), 303)


def _wanted() -> str:
    return login.local_path(request.values.get("next"), url_for("admin.dashboard"))
