"""Settings: layers, faults in words."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from aggregator.assets import folder
from aggregator.errors import SettingsError
from aggregator.settings import Settings, load, secret_key


def test_the_environment_wins_over_the_file_and_the_file_over_the_defaults(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('page_size = 7\nsite_title = "From the file"\n')
    settings = load({"AGGREGATOR_CONFIG": str(own), "AGGREGATOR_PAGE_SIZE": "9"})
    assert (settings.page_size, settings.site_title) == (9, "From the file")
    assert settings.output_size == load({}).output_size


def test_every_fault_is_told_at_once_and_a_typo_gets_a_hint(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text("page_sise = 7\n")
    with pytest.raises(SettingsError) as told:
        load(
            {
                "AGGREGATOR_CONFIG": str(own),
                "AGGREGATOR_PAGE_SIZE": "many",
                "AGGREGATOR_FETCH_ALLOW_PRIVAT": "true",
            }
        )
    text = str(told.value)
    assert "did you mean page_size?" in text
    assert "did you mean fetch_allow_private?" in text
    assert "setting page_size" in text


def test_defaults_and_types_name_the_same_settings() -> None:
    written = tomllib.loads((folder("config") / "default.toml").read_text(encoding="utf-8"))
    assert set(written) == set(Settings.model_fields)


def test_every_default_has_its_meaning_beside_it() -> None:
    for line in (folder("config") / "default.toml").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            assert "  # " in line, line


@pytest.mark.parametrize("text", ["no toml [", "\x00"])
def test_a_broken_file_is_an_error_in_words(tmp_path: Path, text: str) -> None:
    own = tmp_path / "own.toml"
    own.write_text(text)
    with pytest.raises(SettingsError, match="is not valid TOML"):
        load({"AGGREGATOR_CONFIG": str(own)})


def test_an_absent_file_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot read the settings file"):
        load({"AGGREGATOR_CONFIG": str(tmp_path / "none.toml")})


def test_workers_need_postgresql() -> None:
    with pytest.raises(SettingsError, match="needs a PostgreSQL"):
        load({"AGGREGATOR_QUEUE": "procrastinate"})


def test_the_secret_key_is_made_once_and_is_ours_alone(tmp_path: Path) -> None:
    settings = load({"AGGREGATOR_DATA_DIR": str(tmp_path)})
    first = secret_key(settings)
    assert secret_key(settings) == first
    assert len(first) == 64
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_secrets_are_not_shown() -> None:
    settings = load(
        {
            "AGGREGATOR_SECRET_KEY": "hush",
            "AGGREGATOR_DATABASE_URL": "postgresql://me:hush@db.example/x",
        }
    )
    assert "hush" not in str(settings.shown())
    assert settings.shown()["database_url"] == "postgresql://me:***@db.example/x"
