"""Logging in to the admin pages: passwords, patience, sessions and their cookie."""

from __future__ import annotations

import logging

import pytest
from flask import Flask

from aggregator.store import Database
from aggregator.web.login import local_path
from tests import desk
from tests.desk import Visitor, account


def test_a_site_without_accounts_tells_how_to_make_one(app: Flask) -> None:
    assert "aggregator user add NAME" in Visitor(app).text("/admin/login")


def test_a_wrong_password_and_an_unknown_name_get_the_same_words(
    app: Flask, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    account(database, "ada")
    visitor = Visitor(app)
    with caplog.at_level(logging.WARNING, "aggregator.web"):
        wrong = visitor.log_in("ada", "not the password")
        unknown = visitor.log_in("zoe", "not the password")
    assert wrong.status_code == unknown.status_code == 400
    assert "do not go together" in desk.text_of(wrong)
    assert desk.text_of(wrong).replace("ada", "") == desk.text_of(unknown).replace("zoe", "")
    fields = [record.f for record in caplog.records if record.getMessage() == "login.failed"]  # type: ignore[attr-defined]  # as our formatter reads it
    assert [(one["name"], one["address"]) for one in fields] == [
        ("ada", "127.0.0.1"),
        ("zoe", "127.0.0.1"),
    ]
    assert "not the password" not in caplog.text


def test_after_too_many_failures_even_the_right_password_must_wait(
    app: Flask, database: Database
) -> None:
    account(database, "ada")
    visitor = Visitor(app)
    for _ in range(5):
        visitor.log_in("ada", "not the password")
    response = visitor.log_in("ada")
    assert response.status_code == 400
    assert "Wait 15 minutes" in desk.text_of(response)
    assert visitor.get("/admin/").status_code == 303


def test_one_address_may_not_try_many_names(app: Flask, database: Database) -> None:
    account(database, "ada")
    visitor = Visitor(app)
    for name in ("ben", "cleo", "dan", "eli", "fay"):
        visitor.log_in(name, "not the password")
    assert "Wait 15 minutes" in desk.text_of(visitor.log_in("ada"))


def test_a_login_begins_a_new_session(app: Flask, database: Database) -> None:
    account(database, "ada")
    visitor = Visitor(app)
    with visitor.client.session_transaction() as session:
        session["planted"] = "by somebody else"
    visitor.log_in("ada")
    with visitor.client.session_transaction() as session:
        assert "planted" not in session


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(
    app: Flask, database: Database
) -> None:
    account(database, "ada")
    visitor = Visitor(app)
    cookie = visitor.log_in("ada").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    over_https = app.test_client().get("/admin/login", base_url="https://localhost")
    assert "Secure" in over_https.headers["Set-Cookie"]


def test_a_session_ends_after_its_hours(admin: Visitor) -> None:
    with admin.client.session_transaction() as session:
        session["began"] -= 11 * 3600
    assert admin.get("/admin/").status_code == 200
    with admin.client.session_transaction() as session:
        session["began"] -= 3601
    assert admin.get("/admin/").status_code == 303


def test_logging_out_ends_the_session(admin: Visitor) -> None:
    assert "You are logged out" in admin.done("/admin/logout")
    assert admin.get("/admin/").status_code == 303


def test_after_the_login_one_is_where_one_wanted_to_be(app: Flask, database: Database) -> None:
    account(database, "ada")
    visitor = Visitor(app)
    asked = visitor.get("/admin/feeds/?sort=name")
    assert asked.headers["Location"] == "/admin/login?next=/admin/feeds/?sort%3Dname"
    response = visitor.log_in("ada", next="/admin/feeds/?sort=name")
    assert response.headers["Location"] == "/admin/feeds/?sort=name"


@pytest.mark.parametrize(
    "wanted",
    ["//evil.example", "https://evil.example/", "/\\evil.example", "/\t/evil.example", "evil", ""],
)
def test_a_login_never_leads_to_another_site(wanted: str) -> None:
    assert local_path(wanted, "/admin/") == "/admin/"
