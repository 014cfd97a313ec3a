"""The lists of feeds in the config folder, and what is said when one is wrong."""

from pathlib import Path

import pytest

from aggregator import feedlist, urls
from aggregator.assets import folder
from aggregator.errors import SettingsError
from aggregator.model import NewSource

LISTS = ("feeds.toml", "planet-python.toml")


def written(place: Path, text: str) -> Path:
    path = place / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


def faults(place: Path, text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        feedlist.load(written(place, text))
    return caught.value.faults


@pytest.mark.parametrize("name", LISTS)
def test_a_bundled_list_has_no_fault(name: str) -> None:
    assert feedlist.load(folder("config") / name)


def test_the_default_list_covers_the_community() -> None:
    listed = feedlist.load(folder("config") / "feeds.toml")
    assert len(listed) >= 130
    categories = {source.category for _, source in listed}
    assert {"rse-group", "rse-association", "software-institute", "conference"} <= categories
    assert len({source.country for _, source in listed if source.country}) >= 10


def test_no_feed_stands_in_two_bundled_lists() -> None:
    keys = [urls.key(url) for name in LISTS for url, _ in feedlist.load(folder("config") / name)]
    assert len(keys) == len(set(keys))


def test_a_line_becomes_an_address_and_its_source(tmp_path: Path) -> None:
    text = (
        'feeds = [\n  { url = "https://blog.example/feed.xml", title = "Blog", country = "DE", '
        'organisation = "Universität", category = "rse-group", language = "de", '
        'licence = "CC-BY-4.0", site = "https://blog.example/" },\n]\n'
    )
    assert feedlist.load(written(tmp_path, text)) == (
        (
            "https://blog.example/feed.xml",
            NewSource(
                title="Blog",
                site_url="https://blog.example/",
                organisation="Universität",
                country="DE",
                category="rse-group",
                licence="CC-BY-4.0",
                language="de",
            ),
        ),
    )


def test_an_empty_list_is_no_fault(tmp_path: Path) -> None:
    assert feedlist.load(written(tmp_path, "feeds = []\n")) == ()


def test_all_faults_are_told_at_once_with_the_line_they_are_in(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        """feeds = [
  { title = "No address" },
  { url = "ftp://files.example/", title = "Files" },
  { url = "https://a.example/", title = "A", country = "UK" },
  { url = "https://b.example/", title = "B", colour = "red" },
  { url = "https://c.example/", title = "C", licence = "CC BY 4.0" },
  { url = "https://d.example/", title = "" },
  { url = "https://e.example/", title = "E", language = 1 },
  { url = "https://f.example/" },
  "https://g.example/",
]
""",
    )
    assert [fault.split(": ", 1) for fault in found] == [
        ["own.toml, feed No address", "url is missing"],
        ["own.toml, feed ftp://files.example/", "url is no web address: ftp://files.example/"],
        [
            "own.toml, feed https://a.example/",
            "country UK is no ISO 3166 code of two capitals such as GB or DE",
        ],
        [
            "own.toml, feed https://b.example/",
            "unknown key colour; known are url, title, organisation, country, category, "
            "language, licence, site",
        ],
        [
            "own.toml, feed https://c.example/",
            "licence CC BY 4.0 must be an SPDX identifier such as CC-BY-4.0",
        ],
        ["own.toml, feed https://d.example/", "title must be text that is not empty"],
        ["own.toml, feed https://e.example/", "language must be text that is not empty"],
        ["own.toml, feed https://f.example/", "title is missing"],
        ["own.toml, feed number 9", 'is no table; write { url = "…", title = "…" }'],
    ]


@pytest.mark.parametrize(
    "other",
    [
        "https://blog.example/feed",
        "http://blog.example/feed",
        "https://www.blog.example/feed/",
        "https://blog.example/feed/?utm_source=list",
    ],
)
def test_another_spelling_of_a_listed_address_is_a_double(tmp_path: Path, other: str) -> None:
    text = (
        'feeds = [{ url = "https://blog.example/feed", title = "One" }, '
        f'{{ url = "{other}", title = "Two" }}]'
    )
    found = faults(tmp_path, text)
    assert len(found) == 1
    assert found[0].startswith(f"own.toml, feed {other}: listed twice")


@pytest.mark.parametrize("text", ["", "feeds = 1", 'feeds = []\nfeed = "x"', "[feeds]\na = 1"])
def test_a_file_of_another_shape_is_refused(tmp_path: Path, text: str) -> None:
    assert "a list of feeds has one key" in faults(tmp_path, text)[0]


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    assert "is not valid TOML" in faults(tmp_path, "feeds = [")[0]


def test_a_file_that_is_absent_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot read the list of feeds .*absent\.toml"):
        feedlist.load(tmp_path / "absent.toml")
