"""The settings: default.toml, under a file that AGGREGATOR_CONFIG names, under the environment."""

from __future__ import annotations

import difflib
import json
import re
import secrets
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from aggregator import __version__
from aggregator.assets import folder
from aggregator.errors import SettingsError

_PREFIX = "AGGREGATOR_"
# Names in the environment with our prefix that are no settings.
_NOT_SETTINGS = ("CONFIG", "TEST_")
_SECRETS = {"secret_key"}
_HERE = "http://localhost"  # where the site is for its own machine

Whole = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class Settings(BaseModel):
    """All settings, read once and passed down; meanings and units: `config/default.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    data_dir: Path
    database_url: str
    feeds_files: tuple[str, ...]
    series_dir: str
    theme_dir: str
    site_title: Annotated[str, Field(min_length=1)]
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
    base_url: str
    hub_url: str
    contact: str
    secret_key: str
    proxy_hops: Whole
    page_size: Annotated[int, Field(ge=1, le=200)]
    output_size: Annotated[int, Field(ge=1, le=500)]
    cache_s: Whole
    session_hours: Positive
    login_attempts: Positive
    queue: Literal["local", "procrastinate"]
    poll_tick_s: Positive
    poll_concurrency: Positive
    poll_processes: Whole
    poll_lease_s: Annotated[int, Field(ge=60)]
    poll_interval_start_s: Positive
    poll_interval_min_s: Positive
    poll_interval_max_s: Positive
    poll_jitter: Share
    poll_history_days: Positive
    websub: bool
    entries_per_poll: Positive
    entry_max_bytes: Annotated[int, Field(ge=1024)]
    pages_per_poll: Whole
    fetch_connect_s: Seconds
    fetch_read_s: Seconds
    fetch_total_s: Seconds
    fetch_max_bytes: Annotated[int, Field(ge=1024)]
    pictures: bool
    picture_max_bytes: Annotated[int, Field(ge=1024)]
    fetch_max_redirects: Whole
    fetch_per_host: Positive
    fetch_host_rate: Positive
    fetch_host_burst: Positive
    fetch_allow_private: bool
    fetch_allow_hosts: tuple[str, ...]
    recap_threshold: Share
    sample_port: Annotated[int, Field(ge=1, le=65535)]
    log_level: Literal["debug", "info", "warning", "error"]
    log_style: Literal["text", "json"]

    @field_validator("base_url", "hub_url")
    @classmethod
    def _whole_address(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/")

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in force."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'aggregator.sqlite3'}"

    @property
    def user_agent(self) -> str:
        """How we name ourselves to servers: product, version, a page about us, who to write to.

        Without `contact` and `base_url` that is the page as its own machine sees it: it names
        nobody who has not said so, and tells owners of feeds that this is no public site.
        """
        said = self.contact, f"{self.base_url or _HERE}/about/"
        contact, page = (" ".join(re.findall(r"[!-'*-~]+", word)) for word in said)
        if contact.startswith(("http://", "https://")):
            contact, page = "", contact
        who = "; ".join(filter(None, (f"+{page}", contact)))
        return f"EventFeedAggregator/{__version__} ({who})"

    @property
    def config_dir(self) -> Path:
        """The folder of series.toml and tags.toml."""
        return Path(self.series_dir) if self.series_dir else folder("config")

    def shown(self) -> dict[str, Any]:
        """Return all settings as plain values, secrets hidden."""
        values = self.model_dump(mode="json")
        for name in _SECRETS:
            values[name] = "(set)" if values[name] else ""
        values["database_url"] = _without_password(self.database)
        return values


def _without_password(url: str) -> str:
    before, at, after = url.rpartition("@")
    if not at or "://" not in before:
        return url
    scheme, _, user = before.partition("://")
    return f"{scheme}://{user.partition(':')[0]}:***@{after}"


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError([f"cannot read the settings file {path}: {error.strerror}"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError([f"the settings file {path} is not valid TOML: {error}"]) from error


def _unknown(name: str, where: str) -> str:
    near = difflib.get_close_matches(name.lower(), Settings.model_fields, n=1)
    return f"unknown setting {name} in {where}" + (f"; did you mean {near[0]}?" if near else "")


def _from_environment(environ: Mapping[str, str], faults: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for variable, text in environ.items():
        if not variable.startswith(_PREFIX) or variable[len(_PREFIX) :].startswith(_NOT_SETTINGS):
            continue
        name = variable[len(_PREFIX) :].lower()
        if name not in Settings.model_fields:
            faults.append(_unknown(variable, "the environment"))
        elif name in ("feeds_files", "fetch_allow_hosts"):
            values[name] = _listed(variable, text, faults)
        else:
            values[name] = text
    return values


def _listed(variable: str, text: str, faults: list[str]) -> list[str]:
    if not text.strip().startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        return [str(item) for item in json.loads(text)]
    except ValueError:
        faults.append(f'{variable} is no list; write it as \'["a", "b"]\'')
        return []


def load(environ: Mapping[str, str]) -> Settings:
    """Return the settings in force.

    Raises:
        SettingsError: with every unknown name, wrong type and value out of range at once.
    """
    faults: list[str] = []
    values = _read(folder("config") / "default.toml")
    own = environ.get(f"{_PREFIX}CONFIG")
    if own:
        for name, value in _read(Path(own)).items():
            if name in Settings.model_fields:
                values[name] = value
            else:
                faults.append(_unknown(name, own))
    values.update(_from_environment(environ, faults))
    try:
        settings = Settings(**values)
    except ValidationError as error:
        for fault in error.errors():
            name = ".".join(str(part) for part in fault["loc"])
            said = fault["msg"].removeprefix("Value error, ")
            faults.append(f"setting {name}: {said} (it is {fault.get('input')!r})")
        raise SettingsError(faults) from error
    if settings.poll_interval_min_s > settings.poll_interval_max_s:
        faults.append("setting poll_interval_min_s is larger than poll_interval_max_s")
    if settings.queue == "procrastinate" and not settings.database.startswith("postgresql"):
        faults.append("setting queue = procrastinate needs a PostgreSQL database_url")
    if faults:
        raise SettingsError(faults)
    return settings


def secret_key(settings: Settings) -> str:
    """Return the key that signs sessions; made once, kept in the data folder, readable by us."""
    if settings.secret_key:
        return settings.secret_key
    path = settings.data_dir / "secret_key"
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        scratch = path.with_name(f"secret_key.{secrets.token_hex(4)}")
        scratch.touch(mode=0o600)
        scratch.write_text(secrets.token_hex(32), encoding="ascii")
        try:  # two processes may start at once: the first file that is in place stays
            path.hardlink_to(scratch)
        except FileExistsError:
            pass
        finally:
            scratch.unlink()
    return path.read_text(encoding="ascii").strip()
