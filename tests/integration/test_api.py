"""The JSON API: what it answers, what it refuses, and that its description is true."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client

from aggregator.store import Database, coverage
from aggregator.web import openapi
from tests import desk, world
from tests.desk import add_feed, recap_of

Json = dict[str, Any]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder: Path = tmp_path_factory.mktemp("api")
    settings = desk.settings_in(folder, base_url="https://recaps.example")
    database: Database = desk.database_in(settings)
    world.build(database, recaps=80, others=20)
    yield desk.app_of(settings, database)
    database.close()


@pytest.fixture
def client(app: Flask) -> Client:
    return app.test_client()


def got(client: Client, path: str) -> Json:
    response = client.get(path)
    assert response.status_code == 200, (path, response.get_data(as_text=True))
    answer: Json = response.get_json()
    return answer


def problem(client: Client, path: str, status: int) -> str:
    """Ask for what is refused; return the words, having checked their form."""
    response = client.get(path)
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.mimetype == "application/problem+json"
    said: Json = response.get_json()
    assert faults(said, openapi.SCHEMAS["Problem"]) == []
    assert said["status"] == status
    return str(said["detail"])


_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "null": type(None),
    "array": list,
    "object": dict,
}
_FORMATS = {
    "date-time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z",
    "date": r"\d{4}-\d\d-\d\d",
}


def faults(value: Any, schema: Json, where: str = "$") -> list[str]:
    """Return how `value` breaks `schema`; knows the words of JSON Schema that we use."""
    if "$ref" in schema:
        return faults(value, openapi.SCHEMAS[schema["$ref"].rpartition("/")[2]], where)
    kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    if isinstance(value, bool) or not any(isinstance(value, _TYPES[kind]) for kind in kinds):
        return [f"{where}: {value!r} is no {kinds}"]
    found = []
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where}: {value!r} is none of {schema['enum']}")
    if (
        "format" in schema
        and value is not None
        and not re.fullmatch(_FORMATS[schema["format"]], value)
    ):
        found.append(f"{where}: {value!r} is no {schema['format']}")
    if "minimum" in schema and value < schema["minimum"]:
        found.append(f"{where}: {value} is too small")
    if isinstance(value, list):
        for place, item in enumerate(value):
            found += faults(item, schema["items"], f"{where}[{place}]")
    if isinstance(value, dict) and "properties" in schema:
        known = schema["properties"]
        found += [f"{where}: {name} is missing" for name in schema["required"] if name not in value]
        found += [f"{where}: {name} is unknown" for name in value if name not in known]
        for name in value.keys() & known.keys():
            found += faults(value[name], known[name], f"{where}.{name}")
    return found


def paths_of(client: Client) -> dict[str, str]:
    """Return described path -> one real address for it."""
    event = got(client, "/api/v1/events")["items"][0]["slug"]
    talk = next(
        one
        for item in got(client, "/api/v1/events")["items"]
        for one in got(client, f"/api/v1/events/{item['slug']}")["talk_list"]
    )
    first = {
        name: got(client, f"/api/v1/{name}")["items"][0]
        for name in ("entries", "series", "sources")
    }
    return {
        "/": "/api/v1/",
        "/entries": "/api/v1/entries?limit=100",
        "/entries/{entry_id}": f"/api/v1/entries/{first['entries']['id']}",
        "/events": "/api/v1/events",
        "/events/{slug}": f"/api/v1/events/{event}",
        "/series": "/api/v1/series",
        "/series/{slug}": f"/api/v1/series/{first['series']['slug']}",
        "/talks/{talk_id}": f"/api/v1/talks/{talk['id']}",
        "/speakers/{slug}": f"/api/v1/speakers/{talk['speakers'][0]['slug']}",
        "/tags": "/api/v1/tags",
        "/sources": "/api/v1/sources",
        "/sources/{slug}": f"/api/v1/sources/{first['sources']['slug']}",
        "/feeds": "/api/v1/feeds",
        "/openapi.json": "/api/v1/openapi.json",
    }


# ------------------------------------------------------------------------------------ description


def test_every_route_is_described_and_every_description_has_a_route(
    app: Flask, client: Client
) -> None:
    described = set(got(client, "/api/v1/openapi.json")["paths"])
    routes = {
        re.sub(r"<(?:[^<>:]+:)?(\w+)>", r"{\1}", rule.rule.removeprefix("/api/v1"))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1") and "<path:" not in rule.rule
    }
    assert routes == described


def test_every_answer_fits_its_description(client: Client) -> None:
    document = got(client, "/api/v1/openapi.json")
    real = paths_of(client)
    assert set(real) == set(document["paths"])
    for path, address in real.items():
        answer = document["paths"][path]["get"]["responses"]["200"]
        schema = answer["content"]["application/json"]["schema"]
        assert faults(got(client, address), schema) == [], path


def test_the_description_names_all_that_it_refers_to(client: Client) -> None:
    document = got(client, "/api/v1/openapi.json")
    named = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert named <= set(document["components"]["schemas"])
    operations = [path["get"]["operationId"] for path in document["paths"].values()]
    assert len(set(operations)) == len(operations)
    assert document["openapi"].startswith("3.1")
    assert document["servers"] == [{"url": "https://recaps.example/api/v1"}]


# ----------------------------------------------------------------------------------------- entries


def test_following_next_brings_each_recap_once(client: Client) -> None:
    address: str | None = "/api/v1/entries?limit=7"
    seen: list[int] = []
    while address:
        answer = got(client, address)
        assert len(answer["items"]) <= 7
        seen += [item["id"] for item in answer["items"]]
        address = answer["next"].removeprefix("https://recaps.example") if answer["next"] else None
    assert len(seen) == len(set(seen)) == got(client, "/api/v1/entries")["total"]


def test_filters_narrow_the_list(client: Client) -> None:
    total = got(client, "/api/v1/entries")["total"]
    entry = next(one for one in got(client, "/api/v1/entries")["items"] if one["events"])
    event = entry["events"][0]["slug"]
    found = got(client, f"/api/v1/entries?event={event}&limit=100")
    assert 0 < found["total"] < total
    assert all(event in {one["slug"] for one in item["events"]} for item in found["items"])
    year = entry["published"][:4]
    of_year = got(client, f"/api/v1/entries?year={year}&limit=100")["items"]
    assert {item["published"][:4] for item in of_year} == {year}
    assert got(client, "/api/v1/entries?q=loom")["total"] < total
    assert got(client, "/api/v1/entries?kind=recap")["total"] == total


def test_only_recaps_are_public(client: Client) -> None:
    public = {item["id"] for item in got(client, "/api/v1/entries?limit=100")["items"]}
    hidden = next(n for n in range(1, 200) if n not in public)
    problem(client, f"/api/v1/entries/{hidden}", 404)
    assert "only entries of kind recap" in problem(client, "/api/v1/entries?kind=other", 400)


def test_content_is_whole_and_safe_html(client: Client) -> None:
    entry = got(client, "/api/v1/entries")["items"][0]
    assert entry["kind"] == "recap"
    assert entry["content_html"].startswith("<p>")
    assert entry == got(client, f"/api/v1/entries/{entry['id']}")


# ------------------------------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("entries?evnt=x", 400, "unknown parameter evnt"),
        ("events?q=x", 400, "there are: year"),
        ("entries?limit=0", 400, "1 to 100"),
        ("entries?limit=101", 400, "1 to 100"),
        ("entries?limit=many", 400, "1 to 100"),
        ("entries?before=nonsense", 404, "no page"),
        ("entries?event=none", 404, "no event none"),
        ("entries?year=1", 404, "no year"),
        ("events?year=then", 400, "four digits"),
        ("entries/99999", 404, "99999"),
        ("entries/99999999999999999999", 404, "no page"),
        ("events/none", 404, "none"),
        ("series/none", 404, "none"),
        ("tags/none", 404, "none"),
        ("sources/none", 404, "none"),
        ("speakers/none", 404, "none"),
        ("talks/99999", 404, "99999"),
        ("nothing/here", 404, "nothing/here"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_words(
    client: Client, path: str, status: int, said: str
) -> None:
    assert said in problem(client, f"/api/v1/{path}", status)


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_nothing_can_be_changed(client: Client, method: str) -> None:
    assert getattr(client, method)("/api/v1/entries").status_code in (400, 405)


# ------------------------------------------------------------------------------------------- HTTP


def test_what_did_not_change_is_not_sent_again(client: Client) -> None:
    first = client.get("/api/v1/entries")
    assert "max-age=60" in first.headers["Cache-Control"]
    again = client.get("/api/v1/entries", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.get_data() == b""
    assert again.headers["Access-Control-Allow-Origin"] == "*"


def test_scripts_of_other_sites_may_read(client: Client) -> None:
    for path in ("entries", "events/none", "openapi.json"):
        response = client.get(f"/api/v1/{path}")
        assert response.headers["Access-Control-Allow-Origin"] == "*", path
        assert "Set-Cookie" not in response.headers


def test_a_merged_events_address_leads_to_the_other(tmp_path: Path) -> None:
    settings = desk.settings_in(tmp_path)
    database = desk.database_in(settings)
    world.build(database, recaps=30, others=0)
    add_feed(database, recap_of(9000))
    client = desk.app_of(settings, database).test_client()
    one, two = (item["slug"] for item in got(client, "/api/v1/events")["items"][:2])
    with database.writing() as c:
        coverage.merge_events(c, one, two, world.NOW)
    response = client.get(f"/api/v1/events/{one}")
    assert response.status_code == 301
    assert response.headers["Location"].endswith(f"/api/v1/events/{two}")
    database.close()
