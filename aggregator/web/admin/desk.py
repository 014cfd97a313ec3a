"""What all admin pages share: the blueprint, who may do what, forms and their failures, the log.

A page is registered with `page`, what changes something with `action`. Both say who may use it; a
route that says nothing is open to admins only. An action that fails with one of our errors shows
the page its form stands on once more, with the message and with what was typed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date
from typing import Any, ParamSpec

import flask
from flask import Blueprint, flash, g, make_response, redirect, render_template, request
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from aggregator import urls
from aggregator.errors import AggregatorError, Conflict, NotFound, StoreError
from aggregator.text import allowed, squeeze
from aggregator.web import guard, language, login, paths
from aggregator.web.admin import words
from aggregator.web.faults import STALE
from aggregator.web.language import gettext
from aggregator.web.told import Refused, decided, told

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


def url_for(endpoint: str, **values: Any) -> str:
    """Return the path of an admin page, in the language that the address asked for names."""
    return paths.under(flask.url_for(endpoint, **values).removeprefix(request.script_root))


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
        return _logged_out()
    if needed == ADMIN and not current_user.is_admin:
        message = gettext("Only admins may do this; your account is an editor's.")
        return _problem(403, gettext("Not allowed"), message)
    return None


def _asked() -> str | None:
    path = paths.under(request.full_path.rstrip("?"))
    return None if path == url_for("admin.dashboard") else path


def _logged_out() -> Response:
    """Lead to the login; what was to be done must be done again."""
    said = gettext("You are logged out. Log in, then do it again: nothing was changed.")
    flash(said, "error")
    return redirect(url_for("admin.sign_in_page"), 303)


@blueprint.after_request
def _private(response: Response) -> Response:
    """Keep admin pages out of every cache, and say what language they are in."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Language"] = language.chosen()
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
    headings = {
        404: gettext("Not found"),
        409: gettext("Already there"),
        503: gettext("Out of order"),
    }
    return _problem(status, headings.get(status, gettext("Refused")), _worded(error))


@blueprint.errorhandler(CSRFError)
def _stale_form(error: CSRFError) -> Answer:
    """Say what to do when a form's token is missing or of another session."""
    if not current_user.is_authenticated and request.endpoint != "admin.sign_in":
        return _logged_out()
    return _problem(400, gettext("Refused"), gettext(STALE))


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
    if not isinstance(error, Refused):
        meant = told(str(error))
        said = words.sentence(meant.words)
        if meant.language != language.chosen():
            said = Markup('<span lang="{}">{}</span>').format(meant.language, said)
    if isinstance(error, Conflict) and error.what == "feed":
        where = url_for("admin.feed_page", feed_id=error.key)
        link = Markup('{} <a href="{}">{}</a>')
        return link.format(said, where, gettext("Show that feed"))
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
        "url_for": url_for,
        "tell": told,
        "tell_decision": decided,
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
    """Return a field's text in one line. `label` is what a sentence about it begins with.

    Raises:
        Refused: it is empty and `needed`, or longer than `limit` characters.
    """
    text = squeeze(allowed(request.form.get(name, "")))
    if needed and not text:
        raise Refused(gettext("%(label)s is missing", label=label))
    if len(text) > limit:
        said = gettext(
            "%(label)s is too long: %(num)s characters, %(limit)s at most",
            label=label, num=len(text), limit=limit,
        )  # fmt: skip
        raise Refused(said)
    return text


def address(name: str, label: str, *, needed: bool = False) -> str:
    """Return a field's web address; ``https://`` is put before an address without a scheme.

    Raises:
        Refused: it is missing though `needed`, too long, or no web address.
    """
    text = line(name, label, limit=2000, needed=needed)
    if not text:
        return ""
    whole = text if "://" in text else f"https://{text}"
    name = urls.host(whole)
    named = "." in name or ":" in name or name == "localhost"
    if not urls.is_web(whole) or " " in whole or not named:
        said = gettext("%(label)s is no web address: %(text)s", label=label, text=text[:100])
        raise Refused(said)
    return whole


def day(name: str, label: str) -> date | None:
    """Return a field's date, None when it is empty.

    Raises:
        Refused: it is no date.
    """
    text = line(name, label, limit=20)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        said = gettext("%(label)s is no date like 2026-06-30: %(text)s", label=label, text=text)
        raise Refused(said) from None


def number(text: str | None, otherwise: int, *, least: int = 0, most: int = 2**31 - 1) -> int:
    """Return a whole number from an address, or `otherwise` where it is none."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 15:
        return otherwise
    return min(max(int(text), least), most)
