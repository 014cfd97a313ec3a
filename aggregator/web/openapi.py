"""The description of the API, as OpenAPI 3.1 has it. Tests hold it to what the API answers."""

from __future__ import annotations

from typing import Any

from aggregator import __version__

FILTERS = ("event", "tag", "source", "year", "language", "q")
LISTS = ("entries", "events", "series", "tags", "sources", "feeds")

Json = dict[str, Any]

# ---------------------------------------------------------------------------------------- schemas

_TEXT: Json = {"type": "string"}
_MAYBE: Json = {"type": ["string", "null"]}
_COUNT: Json = {"type": "integer", "minimum": 0}
_TIME: Json = {"type": "string", "format": "date-time"}
_MAYBE_TIME: Json = {"type": ["string", "null"], "format": "date-time"}
_MAYBE_DAY: Json = {"type": ["string", "null"], "format": "date"}
_YEAR: Json = {"type": "integer"}
_MAYBE_YEAR: Json = {"type": ["integer", "null"]}
_LINK_KINDS = ["video", "slides", "code", "paper", "page"]


def _object(**properties: Json) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(of: Json) -> Json:
    return {"type": "array", "items": of}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _page(name: str) -> Json:
    return _object(items=_list(_ref(name)), total=_COUNT, next=_MAYBE)


_LINK = _object(url=_TEXT, kind={"type": "string", "enum": _LINK_KINDS})
_EVENT = {
    "id": {"type": "integer"},
    "slug": _TEXT,
    "name": _TEXT,
    "series": _TEXT,
    "series_slug": _TEXT,
    "year": _YEAR,
    "edition": _MAYBE,
    "place": _MAYBE,
    "starts_on": _MAYBE_DAY,
    "ends_on": _MAYBE_DAY,
    "homepage": _MAYBE,
    "part_of": _MAYBE,
    "recaps": _COUNT,
    "sources": _COUNT,
    "talks": _COUNT,
    "newest": _MAYBE_TIME,
}
_TALK = {
    "id": {"type": "integer"},
    "title": _TEXT,
    "speakers": _list(_object(slug=_TEXT, name=_TEXT)),
    "links": _list(_LINK),
    "event": _MAYBE,
    "recaps": _COUNT,
}
_SERIES = {
    "slug": _TEXT,
    "name": _TEXT,
    "homepage": _MAYBE,
    "place": _MAYBE,
    "events": _COUNT,
    "recaps": _COUNT,
    "first_year": _MAYBE_YEAR,
    "last_year": _MAYBE_YEAR,
}

SCHEMAS: dict[str, Json] = {
    "Index": _object(title=_TEXT, openapi=_TEXT, **dict.fromkeys(LISTS, _TEXT)),
    "Entry": _object(
        id={"type": "integer"},
        guid=_TEXT,
        url=_TEXT,
        title=_TEXT,
        feed_url=_TEXT,
        source=_TEXT,
        authors=_list(_TEXT),
        published=_TIME,
        updated=_MAYBE_TIME,
        fetched=_TIME,
        language=_MAYBE,
        kind={"type": "string", "enum": ["recap", "other"]},
        kind_score={"type": "number", "minimum": 0, "maximum": 1},
        events=_list(_object(slug=_TEXT, name=_TEXT, series=_TEXT, year=_YEAR)),
        tags=_list(_TEXT),
        talks=_list(
            _object(
                title=_TEXT,
                url=_MAYBE,
                kind={"type": ["string", "null"], "enum": [*_LINK_KINDS, None]},
                speakers=_list(_TEXT),
                links=_list(_LINK),
            )
        ),
        enclosures=_list(_TEXT),
        summary=_TEXT,
        content_html=_MAYBE,
        duplicate_of={"type": ["integer", "null"]},
    ),
    "Event": _object(**_EVENT),
    "EventInFull": _object(
        **_EVENT,
        talk_list=_list(_ref("Talk")),
        tags=_list(_ref("Tag")),
        links=_list(_object(url=_TEXT, title=_TEXT, recaps=_COUNT)),
        editions=_list(_ref("Event")),
        parts=_list(_ref("Event")),
        written_by=_list(_object(slug=_TEXT, title=_TEXT)),
    ),
    "Series": _object(**_SERIES),
    "SeriesInFull": _object(**_SERIES, editions=_list(_ref("Event"))),
    "Talk": _object(**_TALK),
    "TalkInFull": _object(
        **_TALK,
        told_by=_list(
            _object(
                entry={"type": "integer"},
                title=_TEXT,
                url=_TEXT,
                source=_TEXT,
                published=_TIME,
                told=_TEXT,
            )
        ),
    ),
    "Speaker": _object(slug=_TEXT, name=_TEXT, talks=_list(_ref("Talk"))),
    "Tag": _object(slug=_TEXT, name=_TEXT, recaps=_COUNT),
    "Source": _object(
        slug=_TEXT,
        title=_TEXT,
        site_url=_MAYBE,
        organisation=_MAYBE,
        country=_MAYBE,
        category=_MAYBE,
        licence=_MAYBE,
        recaps=_COUNT,
        newest=_MAYBE_TIME,
        feeds=_list(_object(url=_TEXT, title=_TEXT)),
    ),
    "Feed": _object(
        url=_TEXT,
        title=_TEXT,
        source=_TEXT,
        status={"type": "string", "enum": ["active", "paused", "failing", "gone"]},
    ),
    "Problem": _object(type=_TEXT, title=_TEXT, status={"type": "integer"}, detail=_TEXT),
    **{
        f"{name}Page": _page(name) for name in ("Entry", "Event", "Series", "Tag", "Source", "Feed")
    },
}

# ------------------------------------------------------------------------------------------ paths

_ASKED: dict[str, tuple[str, Json]] = {
    "event": ("Slug of an event.", _TEXT),
    "tag": ("Slug of a tag.", _TEXT),
    "source": ("Slug of a source.", _TEXT),
    "year": ("Year, of publication for entries, of the event for events.", _YEAR),
    "language": ("Language of the post, such as en.", _TEXT),
    "q": ('Words to search for; "a phrase", -not and begin* work.', _TEXT),
    "kind": ("What is public are recaps.", {"type": "string", "enum": ["recap"]}),
    "limit": (
        "Entries in one answer.",
        {"type": "integer", "minimum": 1, "maximum": 100, "default": 30},
    ),
    "before": ("Where to go on; comes with `next`.", _TEXT),
}
_IN_PATH: dict[str, tuple[str, Json]] = {
    "slug": ("Its slug.", _TEXT),
    "entry_id": ("Its number.", {"type": "integer"}),
    "talk_id": ("Its number.", {"type": "integer"}),
}

# path: (operation, what it does, schema of the answer, query parameters)
_PATHS: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "/": ("index", "What there is", "Index", ()),
    "/entries": (
        "listEntries",
        "Recaps, newest first, or best first where words are asked for",
        "EntryPage",
        (*FILTERS, "kind", "limit", "before"),
    ),
    "/entries/{entry_id}": ("getEntry", "One recap", "Entry", ()),
    "/events": ("listEvents", "Events that recaps tell of, newest first", "EventPage", ("year",)),
    "/events/{slug}": ("getEvent", "One event with its talks and tags", "EventInFull", ()),
    "/series": ("listSeries", "Series of events", "SeriesPage", ()),
    "/series/{slug}": ("getSeries", "One series with its events", "SeriesInFull", ()),
    "/talks/{talk_id}": ("getTalk", "One talk, and what recaps say of it", "TalkInFull", ()),
    "/speakers/{slug}": ("getSpeaker", "One speaker with talks", "Speaker", ()),
    "/tags": ("listTags", "Tags, most used first", "TagPage", ()),
    "/sources": ("listSources", "Teams and blogs", "SourcePage", ()),
    "/sources/{slug}": ("getSource", "One team or blog", "Source", ()),
    "/feeds": ("listFeeds", "Followed feeds", "FeedPage", ()),
}


def _parameter(name: str, where: str, told: tuple[str, Json]) -> Json:
    return {
        "name": name,
        "in": where,
        "required": where == "path",
        "description": told[0],
        "schema": told[1],
    }


def _operation(path: str, told: tuple[str, str, str, tuple[str, ...]]) -> Json:
    name, summary, schema, asked = told
    in_path = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    problem = {
        "description": "What is wrong (RFC 9457)",
        "content": {"application/problem+json": {"schema": _ref("Problem")}},
    }
    operation: Json = {
        "operationId": name,
        "summary": summary,
        "parameters": [
            *(_parameter(part, "path", _IN_PATH[part]) for part in in_path),
            *(_parameter(part, "query", _ASKED[part]) for part in asked),
        ],
        "responses": {
            "200": {
                "description": summary,
                "content": {"application/json": {"schema": _ref(schema)}},
            },
            "304": {"description": "What If-None-Match names is still so"},
            "400": problem,
        },
    }
    if in_path or asked:
        operation["responses"]["404"] = problem
    return {"get": operation}


def document(title: str, server: str) -> Json:
    """Return the description.

    Args:
        title: of the site.
        server: public address under which the paths are.
    """
    paths = {path: _operation(path, told) for path, told in _PATHS.items()}
    paths["/openapi.json"] = {
        "get": {
            "operationId": "getDescription",
            "summary": "This description",
            "responses": {
                "200": {
                    "description": "OpenAPI 3.1",
                    "content": {"application/json": {"schema": {"type": "object"}}},
                }
            },
        }
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{title}: API",
            "version": __version__,
            "description": "Recaps of events, found in the feeds that this site follows. "
            "Read-only; no key is needed.",
            "license": {"name": "Each entry: that of its source"},
        },
        "servers": [{"url": server}],
        "paths": paths,
        "components": {"schemas": SCHEMAS},
    }
