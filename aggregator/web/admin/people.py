"""Accounts: who may log in, and as what."""

from __future__ import annotations

from flask import request, url_for

from aggregator.errors import AggregatorError, NotFound
from aggregator.model import Account
from aggregator.store import Connection, accounts
from aggregator.web import login
from aggregator.web.admin.desk import ADMIN, EDITOR, Answer, action, done, line, page, person, show
from aggregator.web.guard import now, site


@page("/accounts/", role=ADMIN)
def accounts_page() -> Answer:
    """Show the accounts."""
    with site().database.reading() as c:
        return show("accounts.html", accounts=accounts.all_accounts(c))


@action("/accounts/add", on=accounts_page, role=ADMIN)
def add_account() -> Answer:
    """Make an account."""
    name = line("name", "The name", limit=60, needed=True)
    role = _role()
    password = _password()
    with site().database.writing() as c:
        accounts.create(c, name, password, role, now())
    said = f"{name} may log in as {'an admin' if role == ADMIN else 'an editor'}."
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
            raise AggregatorError("There must be an admin; this is the last one")
        accounts.set_role(c, account.name, role)
    said = f"{account.name} is {'an admin' if role == ADMIN else 'an editor'} now."
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
    said = f"{account.name} has a new password and must log in with it."
    return done(said, "account.password", account.name, url_for("admin.accounts_page"))


@action("/accounts/<int:account_id>/remove", on=account_page, role=ADMIN)
def remove_account(account_id: int) -> Answer:
    """Remove an account; its corrections stay."""
    with site().database.writing() as c:
        account = _get(c, account_id)
        if _is_last_admin(c, account):
            raise AggregatorError("The last admin cannot be removed")
        accounts.remove(c, account.name)
    own = account.name == person()
    to = url_for("admin.sign_in_page" if own else "admin.accounts_page")
    answer = done(f"{account.name} is removed.", "account.remove", account.name, to)
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
        raise AggregatorError("Choose a role: admin or editor")
    return role


def _password() -> str:
    password = request.form.get("password", "")
    if password != request.form.get("again", ""):
        raise AggregatorError("The two passwords are not the same")
    if len(password) > 1000:
        raise AggregatorError("That password is too long: 1000 characters at most")
    return password
