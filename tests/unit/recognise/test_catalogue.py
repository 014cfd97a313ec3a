"""The registry of series and the tags, as loaded from their files."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.errors import SettingsError
from aggregator.recognise import catalogue
from tests.unit.recognise.posts import bundled


def _folder(tmp_path: Path, series: str, tags: str = "") -> Path:
    (tmp_path / "series.toml").write_text(series, encoding="utf-8")
    (tmp_path / "tags.toml").write_text(tags, encoding="utf-8")
    return tmp_path


def test_every_fault_is_told_with_the_name_of_its_entry(tmp_path: Path) -> None:
    folder = _folder(
        tmp_path,
        '[[series]]\nname = "Alpha"\nmonths = [13]\nurl = "x"\nlocal = 1\n'
        '[[series]]\nname = "Beta"\nparent = "Gamma"\nhomepage = "beta"\n'
        '[[series]]\naliases = ["x"]\n[[series]]\nname = "alpha"\naliases = "a"\n',
        'stop = "a"\n[synonyms]\nML = "x"\n[other]\n',
    )
    with pytest.raises(SettingsError) as caught:
        catalogue.load(folder)
    told = "\n".join(caught.value.faults)
    for words in (
        "Alpha: months must be",
        "Alpha: unknown key url",
        "Alpha: local must be true or false",
        "Beta: its parent Gamma is no series",
        "Beta: homepage beta is no web address",
        "entry 3 has no name",
        "alpha: is there twice",
        "alpha: aliases must be a list",
        "stop must be a list",
        "synonyms: ML must be a list",
        "unknown part other",
    ):
        assert words in told


def test_a_missing_and_a_broken_file_are_both_told(tmp_path: Path) -> None:
    (tmp_path / "tags.toml").write_text("= no", encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        catalogue.load(tmp_path)
    assert len(caught.value.faults) == 2


def test_a_series_is_found_by_any_spelling() -> None:
    for spelling in ("RSECon", "rsecon", "RSE Con", "RSE Conference"):
        found = bundled().series_named(spelling)
        assert found is not None
        assert found.name == "RSECon"
    assert bundled().series_named("No Such Meeting") is None


def test_an_edition_is_written_as_its_community_does() -> None:
    rsecon, pydata = bundled().series_named("RSECon"), bundled().series_named("PyData London")
    assert rsecon is not None
    assert pydata is not None
    assert rsecon.edition_name(2024) == "RSECon24"
    assert pydata.edition_name(2024) == "PyData London 2024"


def test_tags_fold_and_genre_words_are_no_tags() -> None:
    tag = bundled().tag
    assert tag("ML") == tag("machine-learning") == ("machine-learning", "Machine learning")
    assert tag("Events") is None
    assert tag("  ") is None
    assert tag("#Beetles  Counting") == ("beetles-counting", "Beetles Counting")


@pytest.mark.parametrize(
    ("slug", "series", "year"),
    [("rsecon24", "RSECon", 2024), ("pydata-london-2024", "PyData London", 2024)],
)
def test_an_event_is_known_by_its_slug(slug: str, series: str, year: int) -> None:
    found = bundled().event_of_slug(slug)
    assert found is not None
    assert found[1:] == (series, year)


def test_the_empty_catalogue_knows_nothing() -> None:
    nothing = catalogue.empty()
    assert nothing.series_named("FOSDEM") is None
    assert nothing.tag("Open Source") == ("open-source", "Open Source")
