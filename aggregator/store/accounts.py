"""People who may log in to the admin pages."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, delete, func, insert, or_, select, update

from aggregator import text
from aggregator.errors import AggregatorError, Conflict, NotFound
from aggregator.model import Account
from aggregator.store.keys import is_row
from aggregator.store.schema import accounts, login_failures

_SHORTEST = 10
_LONGEST = 1000  # hashing takes time; nobody types more
_ROLES = ("admin", "editor")
_hasher = PasswordHasher()
# What an unknown name is checked against, so that it takes as long as a known one.
_NOBODY = _hasher.hash("nobody has this password")
_REMEMBERED = timedelta(days=1)


def create(c: Connection, name: str, password: str, role: str, now: datetime) -> int:
    """Make an account; return its id.

    Raises:
        AggregatorError: no name, a role that is neither admin nor editor, a password that is
            shorter than 10 characters.
        Conflict: there is an account of that name.
    """
    called = text.squeeze(name)
    if not called or len(called) > 100:
        raise AggregatorError("an account needs a name of at most 100 characters")
    _check_role(role)
    hashed = _hashed(password)
    if c.scalar(select(accounts.c.id).where(accounts.c.name == called)) is not None:
        raise Conflict(f"there is an account {called} already", what="account", key=called)
    return c.execute(
        insert(accounts)
        .values(name=called, role=role, password_hash=hashed, created_at=now)
        .returning(accounts.c.id)
    ).scalar_one()


def _check_role(role: str) -> None:
    if role not in _ROLES:
        raise AggregatorError(f"a role is {' or '.join(_ROLES)}, not {role}")


def _hashed(password: str) -> str:
    if len(password) < _SHORTEST:
        raise AggregatorError(f"the password is too short; it needs {_SHORTEST} characters")
    if len(password) > _LONGEST:
        raise AggregatorError(f"the password is too long; at most {_LONGEST} characters")
    return _hasher.hash(password.encode("utf-8", "surrogatepass"))


def verify(c: Connection, name: str, password: str) -> Account | None:
    """Return the account when the password is right; None when not, or when there is none.

    Call it in a write transaction: a hash of older parameters is renewed.
    """
    row = c.execute(select(accounts).where(accounts.c.name == text.squeeze(name))).first()
    typed = password[:_LONGEST].encode("utf-8", "surrogatepass")
    try:
        _hasher.verify(row.password_hash if row else _NOBODY, typed)
    except (VerificationError, InvalidHashError):
        return None
    if row is None:
        return None
    if _hasher.check_needs_rehash(row.password_hash):
        same = update(accounts).where(accounts.c.id == row.id)
        c.execute(same.values(password_hash=_hasher.hash(typed)))
        return get(c, row.id)  # the stamp is another one now
    return _account(row)


def _account(row: Any) -> Account:
    stamp = hashlib.sha256(row.password_hash.encode()).hexdigest()[:16]
    return Account(id=row.id, name=row.name, role=row.role, created_at=row.created_at, stamp=stamp)


def get(c: Connection, account_id: int) -> Account | None:
    """Return an account; None when there is none."""
    if not is_row(account_id):
        return None
    row = c.execute(select(accounts).where(accounts.c.id == account_id)).first()
    return _account(row) if row else None


def all_accounts(c: Connection) -> tuple[Account, ...]:
    """Return all accounts by name."""
    return tuple(_account(row) for row in c.execute(select(accounts).order_by(accounts.c.name)))


def set_password(c: Connection, name: str, password: str) -> None:
    """Give an account another password.

    Raises:
        AggregatorError: the password is shorter than 10 characters.
        NotFound: there is no such account.
    """
    _set(c, name, password_hash=_hashed(password))


def set_role(c: Connection, name: str, role: str) -> None:
    """Make an account an admin's or an editor's.

    Raises:
        AggregatorError: there is no such role.
        NotFound: there is no such account.
    """
    _check_role(role)
    _set(c, name, role=role)


def _set(c: Connection, name: str, **values: str) -> None:
    same = update(accounts).where(accounts.c.name == text.squeeze(name))
    if not c.execute(same.values(values)).rowcount:
        raise NotFound("account", name)


def remove(c: Connection, name: str) -> None:
    """Remove an account, also the last one; what it corrected stays.

    Raises:
        NotFound: there is no such account.
    """
    if not c.execute(delete(accounts).where(accounts.c.name == text.squeeze(name))).rowcount:
        raise NotFound("account", name)


# ------------------------------------------------------------------------------- failed logins


def failures(c: Connection, name: str, address: str, since: datetime) -> int:
    """Return how many logins under this name or from this address have failed since then."""
    either = or_(
        login_failures.c.name == text.squeeze(name)[:100],
        login_failures.c.address == address[:100],
    )
    found = select(func.count(login_failures.c.id)).where(
        either, login_failures.c.failed_at >= since
    )
    return c.execute(found).scalar_one()


def note_failure(c: Connection, name: str, address: str, now: datetime) -> None:
    """Remember a failed login for a day."""
    c.execute(delete(login_failures).where(login_failures.c.failed_at < now - _REMEMBERED))
    c.execute(
        insert(login_failures).values(
            name=text.squeeze(name)[:100], address=text.allowed(address)[:100], failed_at=now
        )
    )
