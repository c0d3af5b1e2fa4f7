"""What comes from outside: named when it is wrong, never shown, and all of it in `.env.example`."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from blink.environment import LOCAL_SECRET, Environment, Misconfigured, env_file, read_anymail, read_environment

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / ".env.example"

COMPLETE = {
    "BLINK_ENVIRONMENT": "production",
    "SECRET_KEY": "a-key-of-which-no-character-was-guessed-by-anyone-at-all-4711",
    "PUBLIC_URL": "https://blink.example",
    "DATABASE_URL": "postgresql://blink:secret@127.0.0.1:1/blink",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "DELIVERY": "providers",
    "DEFAULT_FROM_EMAIL": "Blink <reminders@blink.example>",
    "EMAIL_HOST": "smtp.blink.example",
    "TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000000",
    "TWILIO_AUTH_TOKEN": "a-token-that-is-none",
    "TWILIO_FROM": "+12065550100",
}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever the developer has set, in the shell or in `.env`, is not what these tests are about."""
    for name in os.environ:
        if name in Environment.model_fields or name.startswith("ANYMAIL_"):
            monkeypatch.delenv(name)
    (tmp_path / ".env").touch()
    monkeypatch.setenv("BLINK_ENV_FILE", str(tmp_path / ".env"))


def problems(**variables: str) -> str:
    with pytest.raises(Misconfigured) as caught:
        read_environment(**variables)
    return str(caught.value)


def test_nothing_need_be_set_to_try_blink() -> None:
    environment = read_environment()
    assert environment.BLINK_ENVIRONMENT == "local"
    assert environment.PUBLIC_URL == "http://127.0.0.1:8000"


def test_the_address_in_emails_follows_the_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8123")
    assert read_environment().PUBLIC_URL == "http://127.0.0.1:8123"


def test_an_empty_value_means_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Environment.model_fields:
        monkeypatch.setenv(name, "")
    assert read_environment() == Environment.model_construct(PUBLIC_URL="http://127.0.0.1:8000")


def test_production_names_everything_that_is_missing_at_once() -> None:
    said = problems(BLINK_ENVIRONMENT="production")
    required = set(COMPLETE) - {"BLINK_ENVIRONMENT"}
    assert {name for name in Environment.model_fields if re.search(rf"\b{name} must", said)} == required


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", LOCAL_SECRET),
        ("SECRET_KEY", "short"),
        ("DEBUG", "true"),
        ("PUBLIC_URL", "http://blink.example"),
        ("DATABASE_URL", "sqlite:///blink.sqlite3"),
        ("REDIS_URL", "memory://"),
        ("DELIVERY", "outbox"),
    ],
)
def test_production_refuses_what_is_only_for_local(name: str, value: str) -> None:
    said = problems(**{**COMPLETE, name: value})
    assert f"{name} must" in said
    assert said.count(" must ") == 1


def test_production_with_a_provider_of_anymail_needs_no_mail_server() -> None:
    complete = {**COMPLETE, "EMAIL_HOST": "", "EMAIL_BACKEND": "anymail.backends.postmark.EmailBackend"}
    assert read_environment(**complete).EMAIL_HOST == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BLINK_ENVIRONMENT", "prod-7c1"),
        ("PORT", "8000-7c1"),
        ("PORT", "70001"),
        ("DEBUG", "maybe-7c1"),
        ("PUBLIC_URL", "blink-7c1.example"),
        ("PUBLIC_URL", "https://[7c1]/"),
        ("PUBLIC_URL", "https://blink.example:7c1"),
        ("PUBLIC_URL", "https://user7c1:word@blink.example"),
        ("PUBLIC_URL", "https://blink.example/path7c1"),
        ("PUBLIC_URL", "https://blink.example?query=7c1"),
        ("PUBLIC_URL", "https://blink.example#7c1"),
        ("DATABASE_URL", "7c1"),
        ("DATABASE_URL", "mysql://user:7c1@host/name"),
        ("DATABASE_URL", "postgresql://user:word@host:7c1/name"),
        ("DATABASE_URL", "postgresql://user:word@[7c1/name"),
        ("DATABASE_POOL_SIZE", "0"),
        ("REDIS_URL", "7c1"),
        ("REDIS_URL", "unix:///7c1"),
        ("REDIS_URL", "redis://host:7c1/0"),
        ("REDIS_URL", "redis://host:6379/7c1"),
        ("EMAIL_BACKEND", "anymail.backends.postcard7c1.EmailBackend"),
        ("EMAIL_BACKEND", "django.core.mail.backends.smtp.Backend7c1"),
        ("EMAIL_BACKEND", "django.core.mail.EmailMessage"),
        ("EMAIL_BACKEND", "smtp7c1"),
        ("EMAIL_PORT", "70001"),
        ("TWILIO_API_URL", "http://api.twilio7c1.com"),
        ("TWILIO_API_URL", "https://user7c1@api.twilio.com"),
        ("DELIVERY", "post-7c1"),
        ("EMAIL_TIMEOUT", "long-7c1"),
        ("EMAIL_TIMEOUT", "60.5"),
        ("EMAIL_USE_SSL", "true"),  # beside EMAIL_USE_TLS, which is on
        ("TWILIO_TIMEOUT", "-5.25"),
        ("LOG_LEVEL", "LOUD-7c1"),
    ],
)
def test_a_wrong_value_is_named_and_not_shown(name: str, value: str) -> None:
    said = problems(**{name: value})
    assert re.search(rf"\b{name} (must|Input should|is on)", said)
    assert value == "0" or value not in said
    assert "7c1" not in said


def test_no_secret_is_shown_when_production_refuses() -> None:
    said = problems(**{**COMPLETE, "DEBUG": "true"})
    for name in ("SECRET_KEY", "DATABASE_URL", "TWILIO_AUTH_TOKEN"):
        assert COMPLETE[name] not in said


def test_no_wait_is_endless_or_none() -> None:
    for name in ("EMAIL_TIMEOUT", "TWILIO_TIMEOUT"):
        assert f"{name} Input should" in problems(**{name: "0"})
        assert getattr(read_environment(**{name: "60"}), name) == 60


def test_sending_takes_a_secret_of_ones_own_anywhere() -> None:
    assert "SECRET_KEY must be set where DELIVERY is 'providers'" in problems(DELIVERY="providers")
    assert read_environment(DELIVERY="providers", SECRET_KEY="of one's own").DELIVERY == "providers"


def test_a_mail_server_with_tls_from_the_start_can_be_used() -> None:
    environment = read_environment(EMAIL_USE_SSL="true", EMAIL_USE_TLS="false", EMAIL_PORT="465")
    assert environment.EMAIL_USE_SSL


@pytest.mark.parametrize(
    "address",
    ["postgres://u:p@h/n", "postgresql:///n?host=/run/postgresql", "sqlite:///blink.sqlite3"],
)
def test_databases_that_blink_knows(address: str) -> None:
    environment = read_environment(DATABASE_URL=address)
    assert address == environment.DATABASE_URL


def test_production_needs_the_name_of_its_database() -> None:
    assert "DATABASE_URL must name" in problems(**{**COMPLETE, "DATABASE_URL": "postgresql://u:p@h"})


@pytest.mark.parametrize(
    "address", ["redis://h", "redis://:p@h:6379/3", "rediss://u:p@h:6380/0?ssl_cert_reqs=required"]
)
def test_redis_servers_that_celery_knows(address: str) -> None:
    environment = read_environment(REDIS_URL=address)
    assert address == environment.REDIS_URL


def test_a_stand_in_for_twilio_can_be_on_this_computer() -> None:
    assert read_environment(TWILIO_API_URL="http://127.0.0.1:4711").TWILIO_API_URL == "http://127.0.0.1:4711"


def test_no_secret_is_shown_with_the_settings() -> None:
    secrets = {**COMPLETE, "EMAIL_HOST_PASSWORD": "a-password-that-is-none"}
    shown = repr(read_environment(**secrets))
    assert "blink.example" in shown
    for name in ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "EMAIL_HOST_PASSWORD", "TWILIO_AUTH_TOKEN"):
        assert secrets[name] not in shown
        assert f"{name}=" not in shown


# --- .env.example


def example() -> dict[str, tuple[str, str]]:
    """Each variable of `.env.example`: its value and the comment directly above it."""
    found: dict[str, tuple[str, str]] = {}
    comment = ""
    for line in EXAMPLE.read_text().splitlines():
        if line.startswith("#"):
            comment = line
        elif "=" in line:
            name, _, value = line.partition("=")
            found[name] = (value, comment)
            comment = ""
    return found


def test_the_example_lists_every_variable_and_no_other() -> None:
    assert set(example()) == set(Environment.model_fields)


def test_the_example_explains_each_variable_in_its_own_words() -> None:
    comments = [comment for _value, comment in example().values()]
    assert all(len(comment) > 20 for comment in comments)
    assert len(set(comments)) == len(comments)


def test_a_copy_of_the_example_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(EXAMPLE.read_text())
    assert read_environment() == Environment.model_construct(PUBLIC_URL="http://127.0.0.1:8000")


def test_the_example_marks_what_production_needs() -> None:
    marked = {name for name, (_value, comment) in example().items() if comment.startswith("# (P")}
    assert marked == set(COMPLETE) - {"BLINK_ENVIRONMENT"}


def test_the_file_is_beside_the_code_wherever_a_command_is_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("BLINK_ENV_FILE")
    monkeypatch.chdir(tmp_path)
    assert env_file() == ROOT / ".env"


def test_another_file_can_be_named_or_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("PORT=8123\nANYMAIL_POSTMARK_SERVER_TOKEN=token\n")
    monkeypatch.setenv("BLINK_ENV_FILE", str(tmp_path / "elsewhere"))
    assert read_environment().PORT == 8123
    monkeypatch.setenv("BLINK_ENV_FILE", os.devnull)
    assert env_file() is None
    assert read_environment().PORT == 8000
    assert read_anymail() == {}
    assert "BLINK_ENV_FILE" in EXAMPLE.read_text()


def test_a_file_that_is_named_must_be_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BLINK_ENV_FILE", str(tmp_path / "nothing-here"))
    assert "BLINK_ENV_FILE must" in problems()


def test_the_settings_of_a_mail_provider_pass_through(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ANYMAIL_POSTMARK_SERVER_TOKEN=from-the-file\nANYMAIL_IGNORED=\n")
    monkeypatch.setenv("ANYMAIL_MAILGUN_API_KEY", "from-the-shell")
    assert read_anymail() == {"POSTMARK_SERVER_TOKEN": "from-the-file", "MAILGUN_API_KEY": "from-the-shell"}


def test_the_secret_of_reports_may_be_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANYMAIL_WEBHOOK_SECRET", "blink:the-one-that-holds, blink:the:one:before,")
    assert read_anymail()["WEBHOOK_SECRET"] == ["blink:the-one-that-holds", "blink:the:one:before"]


@pytest.mark.parametrize(
    "secret", ["blink:short", "no-colon-in-these-words", ":no-user-but-a-password", "blink:the-one-that-holds,b:c"]
)
def test_a_secret_of_reports_that_cannot_work_or_is_soon_guessed_is_refused_E4(
    monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    monkeypatch.setenv("ANYMAIL_WEBHOOK_SECRET", secret)
    with pytest.raises(Misconfigured, match="ANYMAIL_WEBHOOK_SECRET must be user:password") as refused:
        read_anymail()
    assert secret not in str(refused.value)


# --- the settings, in a process of their own


def manage(*arguments: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """`manage.py` in an empty folder, with nothing set but these."""
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "BLINK_ENV_FILE": os.devnull, "DATA_DIR": str(folder), **variables},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("whole_domain", ["true", "false"])
def test_complete_production_settings_pass_the_deployment_check(tmp_path: Path, whole_domain: str) -> None:
    variables = {**COMPLETE, "HSTS_WHOLE_DOMAIN": whole_domain}
    checked = manage("check", "--deploy", "--fail-level", "WARNING", folder=tmp_path, **variables)
    assert checked.returncode == 0, checked.stderr
    assert "no issues" in checked.stdout


def inside(code: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Python with Blink set up, in an empty folder, with nothing set but these."""
    return subprocess.run(
        [sys.executable, "-c", "import django; django.setup()\n" + code],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "blink.settings",
            "BLINK_ENV_FILE": os.devnull,
            "DATA_DIR": str(folder / "data"),
            **variables,
        },
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("provider", ["mailgun", "mailjet", "postmark", "sendgrid", "sparkpost"])
def test_providers_of_anymail_are_known(provider: str, tmp_path: Path) -> None:
    """Each in a process of its own, in which nothing has set Django up before the setting is checked."""
    backend = f"anymail.backends.{provider}.EmailBackend"
    done = inside("from django.conf import settings; print(settings.EMAIL_BACKEND)", tmp_path, EMAIL_BACKEND=backend)
    assert done.stdout.strip() == backend, done.stderr


@pytest.mark.parametrize(
    ("whole_domain", "header"),
    [("false", "max-age=31536000"), ("true", "max-age=31536000; includeSubDomains; preload")],
)
def test_other_names_under_the_host_are_left_alone_unless_told_otherwise(
    tmp_path: Path, whole_domain: str, header: str
) -> None:
    code = """from django.test import Client
print(Client().get("/admin/", secure=True, headers={"host": "blink.example"})["Strict-Transport-Security"])
"""
    done = inside(code, tmp_path, **COMPLETE, HSTS_WHOLE_DOMAIN=whole_domain)
    assert done.stdout.strip() == header, done.stderr


def test_what_twilio_and_anymail_log_reaches_no_stream(tmp_path: Path) -> None:
    """They log addresses and payloads. A logger without handlers would fall back to standard error."""
    code = """import logging
for name in ("twilio", "twilio.http_client", "anymail", "anymail.backends"):
    logging.getLogger(name).critical("to +12065550143")
logging.getLogger("blink").critical("of ours")
"""
    done = inside(code, tmp_path)
    assert done.returncode == 0
    assert done.stdout == ""
    assert "of ours" in done.stderr
    assert "5550143" not in done.stderr


def test_what_is_broken_is_said_even_before_collectstatic(tmp_path: Path) -> None:
    """The page for a wrong address names style sheets that are not collected; the page for errors must not."""
    code = """import logging; logging.disable()
from django.test import Client
browser = Client(raise_request_exception=False)
for host, path in (("blink.example", "/nowhere/"), ("10.0.0.5", "/")):
    answer = browser.get(path, secure=True, headers={"host": host})
    page = answer.content.decode()
    print(answer.status_code, page.partition("<h1>")[2].partition("<")[0], "stylesheet" in page)
"""
    assert inside(code, tmp_path, **COMPLETE).stdout.splitlines() == [
        "500 Something went wrong on our side False",
        "400 This request cannot be answered False",
    ]


def test_only_the_owner_can_read_the_embedded_data(tmp_path: Path) -> None:
    code = """import os; os.umask(0)
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("CREATE TABLE t (x)")
from django.conf import settings
for path in (settings.DATA_DIR, *sorted(settings.DATA_DIR.iterdir())):
    print(path.name, oct(path.stat().st_mode & 0o777))
"""
    done = inside(code, tmp_path)
    assert done.stdout.splitlines() == [
        "data 0o700",
        "blink.sqlite3 0o600",
        "blink.sqlite3-shm 0o600",
        "blink.sqlite3-wal 0o600",
    ], done.stderr


def test_a_wrong_setting_is_said_without_a_traceback(tmp_path: Path) -> None:
    checked = manage("check", folder=tmp_path, BLINK_ENVIRONMENT="production", SECRET_KEY="hidden-7c1")
    assert checked.returncode == 1
    assert "TWILIO_AUTH_TOKEN must be set" in checked.stderr
    assert "Traceback" not in checked.stderr
    assert "7c1" not in checked.stderr
