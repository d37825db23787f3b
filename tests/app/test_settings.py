"""Settings: defaults, the environment, and one sentence for whatever cannot be used."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.settings import Settings, SettingsError, load_settings, settings_table, shown_values


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_defaults_stay_on_this_machine() -> None:
    settings = load_settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8050)
    assert settings.store_url.endswith("aftershock/aftershock.db")
    assert settings.simulated_url != settings.store_url
    settings.check_bind()


def test_environment_then_command_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AFTERSHOCK_PORT", "9000")
    monkeypatch.setenv("AFTERSHOCK_DATA_DIR", str(tmp_path / "data"))
    assert load_settings(port=None).port == 9000
    assert load_settings(port=9001).port == 9001
    assert load_settings().store_url == f"sqlite:///{tmp_path}/data/aftershock.db"
    assert not load_settings().simulated_exists()


def test_file_beside_the_start_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("AFTERSHOCK_PORT=9002\nPOSTGRES_PASSWORD=x\n", encoding="utf-8")
    settings = load_settings()
    assert settings.port == 9002
    assert {row["from"] for row in shown_values(settings) if row["setting"] == "AFTERSHOCK_PORT"} == {".env"}


@pytest.mark.parametrize("where", ["environment", "file"])
def test_unknown_name_gets_the_nearest_known(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if where == "file":
        (tmp_path / ".env").write_text("AFTERSHOCK_DATABSE_URL=x\n", encoding="utf-8")
    else:
        monkeypatch.setenv("AFTERSHOCK_DATABSE_URL", "x")
    with pytest.raises(SettingsError, match=r"no setting AFTERSHOCK_DATABSE_URL.*AFTERSHOCK_DATABASE_URL\?"):
        load_settings()


def test_names_of_the_test_suite_are_let_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERSHOCK_REAL_PRICES", "somewhere")
    monkeypatch.setenv("AFTERSHOCK_GOLDEN", "somewhere")
    load_settings()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PORT", "many", "AFTERSHOCK_PORT cannot be used"),
        ("PORT", "70000", "AFTERSHOCK_PORT cannot be used"),
        ("NOW", "2026-06-23T22:00", "AFTERSHOCK_NOW cannot be used.*time ?zone"),
        ("YAHOO_URL", "localhost:8765", "AFTERSHOCK_YAHOO_URL cannot be used: write an address"),
        ("LOG_LEVEL", "loud", "AFTERSHOCK_LOG_LEVEL cannot be used"),
        ("TICK_MINUTES", "0", "AFTERSHOCK_TICK_MINUTES cannot be used"),
    ],
)
def test_unusable_value_is_one_sentence(
    name: str, value: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"AFTERSHOCK_{name}", value)
    with pytest.raises(SettingsError, match=says) as caught:
        load_settings()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "dashboard.example"])
def test_public_address_without_login_is_refused(host: str) -> None:
    with pytest.raises(SettingsError, match="AFTERSHOCK_PUBLIC=true"):
        load_settings(host=host).check_bind()
    load_settings(host=host, public=True).check_bind()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_needs_no_word(host: str) -> None:
    load_settings(host=host).check_bind()


def test_passwords_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERSHOCK_DATABASE_URL", "postgresql://me:canary@db/prices")
    settings = load_settings()
    assert settings.store_url == "postgresql://me:canary@db/prices"
    assert "canary" not in repr(settings) + str(shown_values(settings)) + settings.model_dump_json()


def test_clock_can_be_stopped() -> None:
    stopped = load_settings(now="2026-06-23T22:00Z")
    assert stopped.clock() == datetime(2026, 6, 23, 22, tzinfo=UTC)
    assert abs(load_settings().clock() - datetime.now(UTC)).total_seconds() < 60


def test_table_names_every_setting() -> None:
    table = settings_table()
    assert all(f"`AFTERSHOCK_{field.upper()}`" in table for field in Settings.model_fields)


def test_secrets_stand_in_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "password").write_text("canary/ü\n", encoding="utf-8")
    monkeypatch.setenv("AFTERSHOCK_DATABASE_URL", "postgresql://me@db/prices")
    monkeypatch.setenv("AFTERSHOCK_DATABASE_PASSWORD_FILE", str(tmp_path / "password"))
    settings = load_settings()
    assert settings.store_url == "postgresql://me:canary%2F%C3%BC@db/prices"
    assert "canary" not in repr(settings) + str(shown_values(settings)) + settings.model_dump_json()
    origins = {row["setting"]: row["from"] for row in shown_values(settings)}
    assert origins["AFTERSHOCK_DATABASE_PASSWORD"] == "a file of its own"
    monkeypatch.setenv("AFTERSHOCK_DATABASE_PASSWORD", "twice")
    with pytest.raises(SettingsError, match="both set"):
        load_settings()
    monkeypatch.delenv("AFTERSHOCK_DATABASE_PASSWORD")
    monkeypatch.setenv("AFTERSHOCK_DATABASE_PASSWORD_FILE", str(tmp_path / "none"))
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        load_settings()


@pytest.mark.parametrize(
    "url", ["postgresql://me:own@db/prices", "sqlite:///a@b.db", "postgresql://db/prices"]
)
def test_a_password_goes_only_where_one_is_missing(url: str) -> None:
    assert load_settings(database_url=url, database_password="canary").store_url == url


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "a" * 64),
        ("METRICS_TOKEN", "short"),
        ("PROXIES", "10.0.0.0/8, nowhere"),
    ],
)
def test_a_door_that_would_not_hold_is_refused(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"AFTERSHOCK_{name}", value)
    with pytest.raises(SettingsError, match=f"AFTERSHOCK_{name} cannot be used"):
        load_settings()


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
@pytest.mark.parametrize(
    ("auth", "proxies", "public"),
    [
        ("none", "", False),
        ("none", "", True),
        ("password", "", False),
        ("proxy", "", True),
        ("proxy", "::1", False),
    ],
)
def test_the_start_by_address_and_login(host: str, auth: str, proxies: str, public: bool) -> None:
    settings = load_settings(host=host, auth=auth, proxies=proxies, public=public)
    wanted = {"none": host == "127.0.0.1" or public, "password": True, "proxy": bool(proxies)}[auth]
    if wanted:
        settings.check_bind()
    else:
        with pytest.raises(SettingsError, match=r"AFTERSHOCK_(AUTH|PROXIES)"):
            settings.check_bind()
