"""What all admin pages share: the blueprint, who may do what, forms and their failures, the log.

A page is registered with `page`, what changes something with `action`. Both say who may use it; a
route that says nothing is open to admins only. An action that fails with one of our errors shows
the page its form stands on once more, with the message and with what was typed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date
from typing import ParamSpec

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from aggregator import urls
from aggregator.errors import AggregatorError, Conflict, NotFound, StoreError
from aggregator.text import allowed, squeeze
from aggregator.web import guard, login
from aggregator.web.admin import words

EDITOR = "editor"
ADMIN = "admin"
ANYONE = ""

Answer = str | Response
P = ParamSpec("P")
View = Callable[P, Answer]

blueprint = Blueprint("admin", __name__, url_prefix="/admin")
blueprint.record_once(lambda state: login.install(state.app))  # type: ignore[arg-type]  # an App is a Flask here

_LOG = logging.getLogger("aggregator.web")
_ROLES: dict[str, str] = {}  # by endpoint
_FORMS: dict[str, View[...]] = {}  # the page that an action's form stands on, by endpoint


# --------------------------------------------------------------------------------- registration


def page(rule: str, *, role: str = EDITOR) -> Callable[[View[P]], View[P]]:
    """Register a view as a page that `role` may read."""

    def register(view: View[P]) -> View[P]:
        _ROLES[f"admin.{view.__name__}"] = role
        blueprint.add_url_rule(_bounded(rule), view.__name__, view)
        return view

    return register


def _bounded(rule: str) -> str:
    """Return the rule with numbers that a database can hold; larger ones match nothing (404)."""
    return rule.replace("<int:", "<int(max=2147483647):")


def action(
    rule: str, *, on: View[...] | None = None, role: str = EDITOR
) -> Callable[[View[P]], View[P]]:
    """Register a view as something `role` may do (POST), from a form that stands on page `on`."""

    def register(view: View[P]) -> View[P]:
        endpoint = f"admin.{view.__name__}"
        _ROLES[endpoint] = role
        if on is not None:
            _FORMS[endpoint] = on
        blueprint.add_url_rule(_bounded(rule), view.__name__, view, methods=["POST"])
        return view

    return register


# ------------------------------------------------------------------------------------ who and how


@blueprint.before_request
def _guard() -> Answer | None:
    """Let in who may use the route that was asked for."""
    needed = _ROLES.get(request.endpoint or "", ADMIN)
    if needed == ANYONE:
        return None
    if not current_user.is_authenticated:
        if request.method != "POST":
            return redirect(url_for("admin.sign_in_page", next=_asked()), 303)
        flash("You are logged out. Log in, then do it again: nothing was changed.", "error")
        return redirect(url_for("admin.sign_in_page"), 303)
    if needed == ADMIN and not current_user.is_admin:
        message = "Only admins may do this; your account is an editor's."
        return _problem(403, "Not allowed", message)
    return None


def _asked() -> str | None:
    path = request.full_path.rstrip("?")
    here = url_for("admin.dashboard")
    return None if request.script_root + path == here else request.script_root + path


@blueprint.after_request
def _private(response: Response) -> Response:
    """Keep admin pages out of every cache."""
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.errorhandler(AggregatorError)
def _failed(error: AggregatorError) -> Answer:
    """Show what went wrong: on the page of the form where there is one, else on its own."""
    status = _status(error)
    form_page = _FORMS.get(request.endpoint or "")
    if form_page is not None and status != 503:
        flash(_worded(error), "error")
        g.typed = request.form
        try:
            return make_response(form_page(**(request.view_args or {})), status)
        except AggregatorError as deeper:  # the thing itself is gone
            error, status = deeper, _status(deeper)
    heading = {404: "Not found", 409: "Already there", 503: "Out of order"}.get(status, "Refused")
    return _problem(status, heading, _worded(error))


@blueprint.errorhandler(CSRFError)
def _stale_form(error: CSRFError) -> Answer:
    """Say what to do when a form's token is missing or of another session."""
    if not current_user.is_authenticated and request.endpoint != "admin.sign_in":
        flash("You are logged out. Log in, then do it again: nothing was changed.", "error")
        return redirect(url_for("admin.sign_in_page"), 303)
    message = "This form is too old or was not sent from this site. Go back, reload and try again."
    return _problem(400, "Refused", message)


def _problem(status: int, heading: str, message: str) -> Response:
    return make_response(show("error.html", heading=heading, message=message), status)


def _status(error: AggregatorError) -> int:
    for kind, status in ((NotFound, 404), (Conflict, 409), (StoreError, 503)):
        if isinstance(error, kind):
            return status
    return 400


def _worded(error: AggregatorError) -> str:
    """Return the message, with a link to the feed that is there already."""
    said = words.sentence(str(error))
    if isinstance(error, Conflict) and error.what == "feed":
        where = url_for("admin.feed_page", feed_id=error.key)
        return Markup('{} <a href="{}">Show that feed</a>').format(said, where)
    return said


# ------------------------------------------------------------------------------------------ doing


def show(template: str, **values: object) -> str:
    """Return an admin page: a template of the admin folder within the frame of all pages."""
    with guard.site().database.reading() as c:
        sizes = guard.totals(c)
    frame: dict[str, object] = {
        "totals": sizes,
        "base": guard.base(),
        "now": guard.now(),
        "words": words,
        "typed": typed,
    }
    return render_template(f"admin/{template}", **(frame | values))


def person() -> str:
    """Return the name of who is logged in; empty when nobody is."""
    return current_user.name if current_user.is_authenticated else ""


def done(message: str, action: str, target: object, to: str) -> Answer:
    """Log what was done, say it on the next page, and go there (303)."""
    _LOG.info("admin.action", extra={"f": {"user": person(), "action": action, "target": target}})
    flash(message, "done")
    return redirect(to, 303)


# ----------------------------------------------------------------------- reading what was sent


def typed(name: str, stored: object = "") -> str:
    """Return what was typed into a field whose form failed, else what is stored."""
    form: MultiDict[str, str] | None = g.get("typed")
    value = form.get(name) if form is not None else None
    return value if value is not None else "" if stored is None else str(stored)


def line(name: str, label: str, *, limit: int = 200, needed: bool = False) -> str:
    """Return a field's text in one line.

    Raises:
        AggregatorError: it is empty and `needed`, or longer than `limit` characters.
    """
    text = squeeze(allowed(request.form.get(name, "")))
    if needed and not text:
        raise AggregatorError(f"{label} is missing")
    if len(text) > limit:
        raise AggregatorError(f"{label} is too long: {len(text)} characters, {limit} at most")
    return text


def address(name: str, label: str, *, needed: bool = False) -> str:
    """Return a field's web address; ``https://`` is put before an address without a scheme.

    Raises:
        AggregatorError: it is missing though `needed`, too long, or no web address.
    """
    text = line(name, label, limit=2000, needed=needed)
    if not text:
        return ""
    whole = text if "://" in text else f"https://{text}"
    name = urls.host(whole)
    named = "." in name or ":" in name or name == "localhost"
    if not urls.is_web(whole) or " " in whole or not named:
        raise AggregatorError(f"{label} is no web address: {text[:100]}")
    return whole


def day(name: str, label: str) -> date | None:
    """Return a field's date, None when it is empty.

    Raises:
        AggregatorError: it is no date.
    """
    text = line(name, label, limit=20)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise AggregatorError(f"{label} is no date like 2026-06-30: {text}") from None


def number(text: str | None, otherwise: int, *, least: int = 0, most: int = 2**31 - 1) -> int:
    """Return a whole number from an address, or `otherwise` where it is none."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 15:
        return otherwise
    return min(max(int(text), least), most)
