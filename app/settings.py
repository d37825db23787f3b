"""Settings: from the environment or a ``.env`` file, one prefix, each with a default and a sentence.

The table of settings in the README is :func:`settings_table`; the suite holds the two together.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import quote, unquote, urlsplit

import platformdirs
from pydantic import AwareDatetime, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.errors import AftershockError
from models.meetings import time_of, zone_of


class SettingsError(AftershockError, ValueError):
    """A setting is unknown, or its value cannot be used."""


def read_file(path: Path) -> dict[str, str | None]:
    """The names and values of a ``.env`` file; none when it is not there."""
    if not path.is_file():
        return {}
    from dotenv import dotenv_values

    return dict(dotenv_values(path))


def kept_in_files(given: Mapping[str, str | None], prefix: str, fields: Iterable[str]) -> dict[str, str]:
    """What the files named by ``…_FILE`` hold: containers are given their secrets so."""
    upper = {name.upper(): value for name, value in given.items()}
    found = {}
    for field in fields:
        name = prefix + field.upper()
        path = upper.get(f"{name}_FILE")
        if not path:
            continue
        if upper.get(name):
            raise SettingsError(f"{name} and {name}_FILE are both set; leave one of them out.")
        try:
            found[field] = Path(path).expanduser().read_text(encoding="utf-8-sig").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise SettingsError(f"{name}_FILE names {path}, which cannot be read: {reason}.") from None
    return found


def with_password(address: str, password: str) -> str:
    """A database address with the password put in, where it names a user and has none."""
    scheme, _, rest = address.partition("://")
    place, slash, name = rest.partition("/")
    user, at, host = place.rpartition("@")
    if not at or ":" in user:
        return address
    return f"{scheme}://{user}:{quote(password, safe='')}@{host}{slash}{name}"


PREFIX = "AFTERSHOCK_"
# Fewer characters than these could be guessed.
SHORTEST = {"secret_key": 32, "metrics_token": 16}
# Read by the test suite alone; a shell that has them set must not stop the product.
TEST_ONLY = ("AFTERSHOCK_REAL_PRICES", "AFTERSHOCK_GOLDEN", "AFTERSHOCK_TEST_POSTGRES")


def _data_dir() -> Path:
    return Path(platformdirs.user_data_dir("aftershock", appauthor=False))


class Settings(BaseSettings):
    """Everything that can be set from outside; read once at the start and handed down."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",  # check_names has named the unknown ones by then, with the nearest known name
        frozen=True,
        hide_input_in_errors=True,
    )

    database_url: SecretStr | None = Field(
        None,
        description="Where prices are kept: `sqlite:///file.db` or `postgresql://user:password@host/name`.",
        json_schema_extra={"shown": "`aftershock.db` in the data folder"},
    )
    database_password: SecretStr | None = Field(
        None,
        description="The password of the database's user, when the address holds none.",
        json_schema_extra={"shown": "none"},
    )
    data_dir: Path = Field(
        default_factory=_data_dir,
        description="The folder for the database, caches and simulated prices.",
        json_schema_extra={"shown": "the user's data folder"},
    )
    yahoo_url: str | None = Field(
        None,
        description="Ask here instead of Yahoo: a mirror, a proxy or the stand-in.",
        json_schema_extra={"shown": "Yahoo"},
    )
    universe: Path | None = Field(
        None,
        description="Your own universe file, laid out as `models/universe.toml`.",
        json_schema_extra={"shown": "the packaged one"},
    )
    calendar_overrides: Path | None = Field(
        None,
        description="Your own exchange closures and hours, laid out as `models/calendar_overrides.toml`.",
        json_schema_extra={"shown": "the packaged ones"},
    )
    host: str = Field("127.0.0.1", description="The address the dashboard listens on.")
    port: int = Field(8050, ge=1, le=65535, description="The port the dashboard listens on.")
    public: bool = Field(
        False,
        description="Listen beyond this machine although nobody has to log in.",
    )
    auth: Literal["none", "password", "proxy"] = Field(
        "none",
        description="Who may come in: anyone (`none`, on this machine alone), whoever logs in (`password`), "
        "or whom a proxy names (`proxy`).",
    )
    users: Path | None = Field(
        None,
        description="The file of users that `aftershock users add` writes.",
        json_schema_extra={"shown": "`users` in the data folder"},
    )
    secret_key: SecretStr | None = Field(
        None,
        description="What signs login cookies, 32 characters at least.",
        json_schema_extra={"shown": "made once, `secret.key` in the data folder"},
    )
    proxies: str = Field(
        "",
        description="Addresses or networks of the proxies in front, separated by commas; "
        "only these are believed about users, clients and https.",
        json_schema_extra={"shown": "none"},
    )
    proxy_header: str = Field(
        "X-Forwarded-User", description="The header in which the proxy names the user, for `proxy`."
    )
    proxy_role: Literal["viewer", "editor", "admin"] = Field(
        "viewer", description="What a user whom the proxy names may do when the file of users has no line."
    )
    metrics_token: SecretStr | None = Field(
        None,
        description="What `/metrics` asks for as a bearer token, 16 characters at least.",
        json_schema_extra={"shown": "none: this machine alone reads it"},
    )
    now: AwareDatetime | None = Field(
        None,
        description="Stop the clock at this instant, to replay a day: `2026-06-23T22:00Z`.",
        json_schema_extra={"shown": "the clock"},
    )
    meeting: str = Field(
        "08:30",
        description="When the morning meeting is: `08:30 Europe/London`; without a zone, the reader's own.",
    )
    tick_minutes: float = Field(
        5, gt=0, le=1440, description="How often the ingester looks for sessions that are due."
    )
    chromium: Path | None = Field(
        None,
        description="The Chromium or Chrome that draws `aftershock memo`; the dashboard itself needs none.",
        json_schema_extra={"shown": "the one found"},
    )
    minutes: str = Field(
        "9984.T,8035.T,000660.KS,005930.KS,2330.TW,NVDA,MU,CRWV",
        description="Names whose bars of five minutes are kept too, separated by commas; `off` for none.",
        json_schema_extra={"shown": "eight names of the relay"},
    )
    processes: int = Field(
        1, ge=1, le=32, description="How many web processes share the port; one a core for many readers."
    )
    workers: int = Field(3, ge=1, le=16, description="How many symbols are asked for at a time.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "warning", description="What is logged: `debug`, `info`, `warning` or `error`."
    )

    @field_validator("data_dir", "universe", "calendar_overrides", "users", "chromium")
    @classmethod
    def _home(cls, value: Path | None) -> Path | None:
        return value.expanduser().absolute() if value else None

    @field_validator("now")
    @classmethod
    def _in_utc(cls, value: datetime | None) -> datetime | None:
        return value.astimezone(UTC) if value else None

    @property
    def minute_names(self) -> tuple[str, ...]:
        """The names whose bars of five minutes are kept."""
        names = (name.strip() for name in self.minutes.split(","))
        return () if self.minutes.strip().lower() == "off" else tuple(name for name in names if name)

    @field_validator("yahoo_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("write an address that begins with http:// or https://")
        return value.rstrip("/") if value else None

    @field_validator("proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        for part in filter(None, map(str.strip, value.split(","))):
            try:
                ipaddress.ip_network(part)
            except ValueError:
                raise ValueError(f"{part!r} is no address or network such as 10.0.0.0/24") from None
        return value

    @field_validator("secret_key", "metrics_token")
    @classmethod
    def _long_enough(cls, value: SecretStr | None, about: ValidationInfo) -> SecretStr | None:
        least = SHORTEST[str(about.field_name)]
        if value and (len(value.get_secret_value()) < least or len(set(value.get_secret_value())) < 8):
            raise ValueError(f"it is too short or too plain; take {least} random characters or more")
        return value

    @field_validator("meeting")
    @classmethod
    def _meeting(cls, value: str) -> str:
        time, _, zone = value.strip().partition(" ")
        return f"{time_of(time):%H:%M} {zone_of(zone)}" if zone else f"{time_of(time):%H:%M}"

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @property
    def meeting_parts(self) -> tuple[str, str]:
        """Time and zone of the meeting; the zone may be empty."""
        time, _, zone = self.meeting.partition(" ")
        return time, zone

    @property
    def store_url(self) -> str:
        """The database of real prices; it may hold a password: never print it."""
        if self.database_url:
            password = self.database_password
            address = self.database_url.get_secret_value()
            return with_password(address, password.get_secret_value()) if password else address
        return f"sqlite:///{self.data_dir / 'aftershock.db'}"

    @property
    def users_path(self) -> Path:
        """The file of users."""
        return self.users or self.data_dir / "users"

    @property
    def trusted_proxies(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        """The networks whose word about users and clients counts."""
        return tuple(ipaddress.ip_network(part.strip()) for part in self.proxies.split(",") if part.strip())

    @property
    def simulated_path(self) -> Path:
        """The file of simulated prices, never mixed with real ones."""
        return self.data_dir / "simulated.db"

    @property
    def simulated_url(self) -> str:
        """The database of simulated prices."""
        return f"sqlite:///{self.simulated_path}"

    def simulated_exists(self) -> bool:
        """Whether simulated prices were ever made here."""
        return self.simulated_path.exists()

    @property
    def refusals_path(self) -> Path:
        """The note that new prices cannot be stored, while they cannot."""
        return self.data_dir / "refused.json"

    @property
    def cache_dir(self) -> Path:
        """The folder for what can be made again: calendars, time zones of symbols."""
        return self.data_dir / "cache"

    @property
    def secret_values(self) -> tuple[str, ...]:
        """Every secret that is set, the database's password too: for whoever keeps them out of texts."""
        fields = (self.database_password, self.secret_key, self.metrics_token)
        found = [field.get_secret_value() for field in fields if field]
        # The address as the driver has it, with its password written for a URL, and the password as it is.
        written = urlsplit(self.store_url).password if self.database_url else None
        return tuple(filter(None, (*found, written, unquote(written or ""))))

    def clock(self) -> datetime:
        """The present instant in UTC, or the one the clock was stopped at."""
        return self.now or datetime.now(UTC)

    @cached_property
    def loopback(self) -> bool:
        """Whether only this machine can reach the dashboard."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def check_bind(self) -> None:
        """Refuse an address that others can reach while nobody has to log in.

        Raises
        ------
        SettingsError
            If the host is not loopback, nobody has to log in and ``public`` was not set, or if proxies
            should name the users and none is listed.
        """
        if self.auth == "proxy" and not self.trusted_proxies:
            raise SettingsError(
                "AFTERSHOCK_AUTH=proxy believes what a proxy says of its users, and no proxy is listed; "
                "name its address in AFTERSHOCK_PROXIES, such as 127.0.0.1."
            )
        if self.auth == "none" and not self.loopback and not self.public:
            raise SettingsError(
                f"On {self.host} anyone on the network could open the dashboard, for nobody has to log in; "
                "leave the host at 127.0.0.1, or set AFTERSHOCK_AUTH=password (AFTERSHOCK_PUBLIC=true lets "
                "everybody read)."
            )


def load_settings(**given: Any) -> Settings:
    """Read the settings; ``given`` (from the command line, None means not given) goes first.

    Raises
    ------
    SettingsError
        If a name with our prefix is unknown or a value cannot be used: one sentence each.
    """
    try:
        in_file = read_file(Path(".env"))
        _check_names([*os.environ, *in_file])
        asked = {name: value for name, value in given.items() if value is not None}
        return Settings(**{**kept_in_files({**in_file, **os.environ}, PREFIX, _secrets()), **asked})
    except ValidationError as error:
        raise SettingsError(_sentence(error)) from None  # the cause could repeat a password
    except UnicodeDecodeError:
        raise SettingsError("The .env file is not UTF-8 text; save it as UTF-8.") from None


def _secrets() -> list[str]:
    """The settings that may stand in a file of their own, named by the setting and ``_FILE``."""
    return [name for name, info in Settings.model_fields.items() if SecretStr in get_args(info.annotation)]


def _check_names(names: list[str]) -> None:
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    files = [f"{PREFIX}{name.upper()}_FILE" for name in _secrets()]
    for name in names:
        upper = name.upper()
        if upper.startswith(PREFIX) and upper not in (*known, *files, *TEST_ONLY):
            near = get_close_matches(upper, known, n=1, cutoff=0.3)
            hint = f"did you mean {near[0]}?" if near else "`aftershock config show` lists what there is."
            raise SettingsError(f"There is no setting {name}; {hint}")


def _sentence(error: ValidationError) -> str:
    """The first complaint of the model, in words that name the setting."""
    first = error.errors(include_url=False, include_context=False)[0]
    name = PREFIX + str(first["loc"][0]).upper() if first["loc"] else "A setting"
    complaint = first["msg"].removeprefix("Value error, ").rstrip(".")
    described = Settings.model_fields[str(first["loc"][0])].description if first["loc"] else None
    return f"{name} cannot be used: {complaint[:1].lower()}{complaint[1:]}." + (
        f" It is: {described}" if described else ""
    )


def shown_values(settings: Settings) -> list[dict[str, str]]:
    """Every setting with its value, passwords hidden, and where it was set."""
    rows = []
    in_file = {name.upper() for name in read_file(Path(".env"))}
    in_environment = {name.upper() for name in os.environ}
    for field in Settings.model_fields:
        name = PREFIX + field.upper()
        value = getattr(settings, field)
        text = _hidden(field, value) if isinstance(value, SecretStr) else _plain(value)
        origin = _origin(name, in_environment, in_file)
        rows.append({"setting": name, "value": text or _default(field), "from": origin})
    return rows


def _hidden(field: str, value: SecretStr) -> str:
    from models.store.address import masked

    return masked(value.get_secret_value()) if field == "database_url" else "***"


def _origin(name: str, environment: set[str], file: set[str]) -> str:
    if {name, f"{name}_FILE"} & environment:
        return "environment" if name in environment else "a file of its own"
    if {name, f"{name}_FILE"} & file:
        return ".env" if name in file else "a file of its own"
    return "default"


def settings_table() -> str:
    """The settings as a Markdown table, for the README."""
    lines = ["| setting | default | what it does |", "|---|---|---|"]
    for field, info in Settings.model_fields.items():
        lines.append(f"| `{PREFIX}{field.upper()}` | {_default(field)} | {info.description} |")
    return "\n".join(lines)


def _default(field: str) -> str:
    info = Settings.model_fields[field]
    extra = info.json_schema_extra
    if isinstance(extra, dict) and "shown" in extra:
        return str(extra["shown"])
    return f"`{_plain(info.default)}`"


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return f"{value:g}" if isinstance(value, float) else str(value)
