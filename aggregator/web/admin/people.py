"""Accounts: who may log in, and as what."""

from __future__ import annotations

from flask import request

from aggregator.errors import NotFound
from aggregator.model import Account
from aggregator.store import Connection, accounts
from aggregator.web import login
from aggregator.web.admin.desk import (
    ADMIN,
    EDITOR,
    Answer,
    action,
    done,
    line,
    page,
    person,
    show,
    url_for,
)
from aggregator.web.guard import now, site
from aggregator.web.language import gettext
from aggregator.web.told import Refused


@page("/accounts/", role=ADMIN)
def accounts_page() -> Answer:
    """Show the accounts."""
    with site().database.reading() as c:
        every = accounts.all_accounts(c)
    return show("accounts.html", accounts=every)


@action("/accounts/add", on=accounts_page, role=ADMIN)
def add_account() -> Answer:
    """Make an account."""
    name = line("name", gettext("The name"), limit=60, needed=True)
    role = _role()
    password = _password()
    with site().database.writing() as c:
        accounts.create(c, name, password, role, now())
    said = gettext("%(name)s may log in as an editor.", name=name)
    if role == ADMIN:
        said = gettext("%(name)s may log in as an admin.", name=name)
    return done(said, "account.add", name, url_for("admin.accounts_page"))


@page("/accounts/<int:account_id>/", role=ADMIN)
def account_page(account_id: int) -> Answer:
    """Show one account: its role, a new password, its end."""
    with site().database.reading() as c:
        account = _get(c, account_id)
        last = _is_last_admin(c, account)
    return show("account.html", account=account, last=last)


@action("/accounts/<int:account_id>/role", on=account_page, role=ADMIN)
def change_role(account_id: int) -> Answer:
    """Make an editor an admin, or the other way round."""
    role = _role()
    with site().database.writing() as c:
        account = _get(c, account_id)
        if role != ADMIN and _is_last_admin(c, account):
            raise Refused(gettext("There must be an admin; this is the last one"))
        accounts.set_role(c, account.name, role)
    said = gettext("%(name)s is an editor now.", name=account.name)
    if role == ADMIN:
        said = gettext("%(name)s is an admin now.", name=account.name)
    own = account.name == person() and role != ADMIN  # who may not see the accounts any more
    to = url_for("admin.dashboard" if own else "admin.accounts_page")
    return done(said, "account.role", f"{account.name} {role}", to)


@action("/accounts/<int:account_id>/password", on=account_page, role=ADMIN)
def change_password(account_id: int) -> Answer:
    """Set an account's password; its sessions elsewhere end."""
    password = _password()
    with site().database.writing() as c:
        account = _get(c, account_id)
        accounts.set_password(c, account.name, password)
        changed = _get(c, account_id)
    if account.name == person():
        login.enter(changed, now())  # the session here goes on
    said = gettext("%(name)s has a new password and must log in with it.", name=account.name)
    return done(said, "account.password", account.name, url_for("admin.accounts_page"))


@action("/accounts/<int:account_id>/remove", on=account_page, role=ADMIN)
def remove_account(account_id: int) -> Answer:
    """Remove an account; its corrections stay."""
    with site().database.writing() as c:
        account = _get(c, account_id)
        if _is_last_admin(c, account):
            raise Refused(gettext("The last admin cannot be removed"))
        accounts.remove(c, account.name)
    own = account.name == person()
    to = url_for("admin.sign_in_page" if own else "admin.accounts_page")
    said = gettext("%(name)s is removed.", name=account.name)
    answer = done(said, "account.remove", account.name, to)
    if own:
        login.leave()
    return answer


def _get(c: Connection, account_id: int) -> Account:
    account = accounts.get(c, account_id)
    if account is None:
        raise NotFound("account", account_id)
    return account


def _is_last_admin(c: Connection, account: Account) -> bool:
    admins = [other for other in accounts.all_accounts(c) if other.role == ADMIN]
    return [admin.id for admin in admins] == [account.id]


def _role() -> str:
    role = request.form.get("role", "")
    if role not in (ADMIN, EDITOR):
        raise Refused(gettext("Choose a role: admin or editor"))
    return role


def _password() -> str:
    password = request.form.get("password", "")
    if password != request.form.get("again", ""):
        raise Refused(gettext("The two passwords are not the same"))
    if len(password) > 1000:
        raise Refused(gettext("That password is too long: 1000 characters at most"))
    return password
