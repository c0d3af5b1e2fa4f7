"""Every setting that comes from outside, read once, from environment variables or a `.env` file.

The file is the one beside the code, wherever a command is started; BLINK_ENV_FILE names another, or none.
`.env.example` lists them all (a test holds the two together). A wrong value stops the start and is named;
production also stops when something that it cannot run without is missing.
"""

import os
import re
from collections.abc import Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import SplitResult, urlsplit

import dj_database_url
from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.mail.backends.base import BaseEmailBackend
from django.core.validators import validate_email
from django.utils.module_loading import import_string
from dotenv import dotenv_values
from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

LOCAL_SECRET = "local-secret-for-the-embedded-demo-only"  # noqa: S105 (whoever sends refuses it)
DATABASES = {"django.db.backends.postgresql", "django.db.backends.sqlite3"}
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
ROOT = Path(__file__).resolve().parent.parent


class Misconfigured(Exception):
    """The environment is wrong; the message names each variable and what is wrong with it."""


class Environment(BaseSettings):
    """The variables, by their own names. An empty value means "not set"."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", case_sensitive=True)

    BLINK_ENVIRONMENT: Literal["local", "production"] = "local"
    SECRET_KEY: str = Field(LOCAL_SECRET, repr=False)
    SECRET_KEY_FALLBACKS: str = Field("", repr=False)
    DEBUG: bool = False
    PORT: int = Field(8000, ge=1, le=65535)
    PUBLIC_URL: str = ""  # locally: this computer, at PORT
    HSTS_WHOLE_DOMAIN: bool = False
    TRUSTED_PROXIES: int = Field(1, ge=0, le=10)
    DATA_DIR: str = "var"

    DATABASE_URL: str = Field("", repr=False)
    DATABASE_POOL_SIZE: int = Field(4, ge=1)
    REDIS_URL: str = Field("", repr=False)

    DELIVERY: Literal["outbox", "providers"] = "outbox"
    DEFAULT_FROM_EMAIL: str = "Blink <reminders@blink.example>"
    EMAIL_BACKEND: str = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST: str = ""
    EMAIL_PORT: int = Field(587, ge=1, le=65535)
    EMAIL_HOST_USER: str = ""
    EMAIL_HOST_PASSWORD: str = Field("", repr=False)
    EMAIL_USE_TLS: bool = True
    EMAIL_USE_SSL: bool = False
    EMAIL_TIMEOUT: float = Field(30.0, gt=0, le=60)  # below the ledger's lease

    TWILIO_ACCOUNT_SID: str = ""
    TWILIO_AUTH_TOKEN: str = Field("", repr=False)
    TWILIO_FROM: str = ""
    TWILIO_API_URL: str = "https://api.twilio.com"
    TWILIO_TIMEOUT: float = Field(10.0, gt=0, le=60)
    TEXT_RATE: float = Field(1.0, gt=0, le=1000)  # segments a second, from each number
    EMAIL_RATE: float = Field(10.0, gt=0, le=1000)  # a second

    METRICS_TOKEN: str = Field("", repr=False)

    LOG_LEVEL: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("PUBLIC_URL", "TWILIO_API_URL")
    @classmethod
    def _is_an_origin(cls, value: str) -> str:
        parts = _split(value)
        bare = parts.path in {"", "/"} and not (parts.query or parts.fragment or "@" in parts.netloc)
        if value and not (parts.scheme in {"http", "https"} and parts.hostname and bare):
            raise ValueError("must be scheme, host and port alone, such as https://blink.example")
        return value.rstrip("/")

    @field_validator("TWILIO_API_URL")
    @classmethod
    def _is_not_overheard(cls, value: str) -> str:
        # The account's token goes there with every request.
        parts = _split(value)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise ValueError("must begin with https://, except for a stand-in on this computer")
        return value

    @field_validator("DATABASE_URL")
    @classmethod
    def _names_a_database(cls, value: str) -> str:
        if value:
            try:
                engine = dj_database_url.parse(value).get("ENGINE")
            except ValueError:
                engine = None
            if engine not in DATABASES:
                raise ValueError("must be an address such as postgresql://user:password@host:5432/name")
        return value

    @field_validator("REDIS_URL")
    @classmethod
    def _names_a_redis(cls, value: str) -> str:
        parts = _split(value)
        number = parts.path.removeprefix("/")
        right = parts.scheme in {"redis", "rediss"} and parts.hostname and (not number or number.isdecimal())
        if value and not right:
            raise ValueError("must be an address such as redis://host:6379/0")
        return value

    @field_validator("TWILIO_FROM")
    @classmethod
    def _names_senders(cls, value: str) -> str:
        senders = [each.strip() for each in value.split(",") if each.strip()]
        if len(senders) > 1 and not all(re.fullmatch(r"\+[0-9]{8,15}", each) for each in senders):
            raise ValueError("must be one number or messaging service (MG...), or several numbers with commas between")
        if len(set(senders)) != len(senders):
            raise ValueError("must not name a number twice")
        return ",".join(senders)

    @field_validator("METRICS_TOKEN")
    @classmethod
    def _is_hard_to_guess(cls, value: str) -> str:
        if value and len(value) < 20:
            raise ValueError("must have at least 20 characters")
        return value

    @field_validator("EMAIL_BACKEND")
    @classmethod
    def _can_send(cls, value: str) -> str:
        try:
            backend = import_string(value)
        except ImportError:
            backend = None
        if not (isinstance(backend, type) and issubclass(backend, BaseEmailBackend)):
            raise ValueError("must name an email backend that is installed")
        return value

    @model_validator(mode="after")
    def _is_found_here(self) -> Self:
        if not self.PUBLIC_URL:
            self.PUBLIC_URL = f"http://127.0.0.1:{self.PORT}"
        return self

    @field_validator("DEFAULT_FROM_EMAIL")
    @classmethod
    def _has_an_email_address(cls, value: str) -> str:
        try:
            validate_email(parseaddr(value)[1])
        except DjangoValidationError:
            # Every email would be refused for good.
            raise ValueError("must be an email address, with or without a name before it") from None
        return value

    @model_validator(mode="after")
    def _one_kind_of_encryption(self) -> Self:
        if self.EMAIL_USE_TLS and self.EMAIL_USE_SSL:
            raise ValueError("EMAIL_USE_TLS must be off where EMAIL_USE_SSL is on")
        return self

    @model_validator(mode="after")
    def _what_is_sent_is_signed(self) -> Self:
        # Anybody could forge the links in what reaches real people. Production says so among the rest.
        if self.DELIVERY == "providers" and self.SECRET_KEY == LOCAL_SECRET and self.BLINK_ENVIRONMENT == "local":
            raise ValueError("SECRET_KEY must be set where DELIVERY is 'providers'")
        return self

    @model_validator(mode="after")
    def _production_is_complete(self) -> Self:
        if self.BLINK_ENVIRONMENT != "production":
            return self
        wrong = [f"{name} {why}" for name, why in self._missing_in_production()]
        if wrong:
            raise ValueError("production cannot start: " + "; ".join(wrong))
        return self

    def _missing_in_production(self) -> list[tuple[str, str]]:
        wrong: list[tuple[str, str]] = []
        if self.SECRET_KEY == LOCAL_SECRET or len(self.SECRET_KEY) < 50:
            wrong.append(("SECRET_KEY", "must be set to at least 50 random characters"))
        if self.DEBUG:
            wrong.append(("DEBUG", "must be off"))
        if not self.PUBLIC_URL.startswith("https://"):
            wrong.append(("PUBLIC_URL", "must be the https address people use"))
        database = dj_database_url.parse(self.DATABASE_URL) if self.DATABASE_URL else {}
        if not (str(database.get("ENGINE")).endswith("postgresql") and database.get("NAME")):
            wrong.append(("DATABASE_URL", "must name a PostgreSQL database"))
        if not self.REDIS_URL:
            wrong.append(("REDIS_URL", "must name a Redis server"))
        if self.DELIVERY != "providers":
            wrong.append(("DELIVERY", "must be 'providers'"))
        if self.EMAIL_BACKEND.endswith("smtp.EmailBackend") and not self.EMAIL_HOST:
            wrong.append(("EMAIL_HOST", "must be set, or EMAIL_BACKEND to one of Anymail's"))
        if "DEFAULT_FROM_EMAIL" not in self.model_fields_set:
            wrong.append(("DEFAULT_FROM_EMAIL", "must be set"))
        wrong += [
            (name, "must be set")
            for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM")
            if not getattr(self, name)
        ]
        return wrong


def _split(value: str) -> SplitResult:
    """The parts of an address; those of an empty one if it cannot be read, port included."""
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 (read on demand, and only then refused)
    except ValueError:  # whose words would show the value
        return urlsplit("")
    return parts


def _said(problem: ErrorDetails) -> str:
    """One line about one problem, with the variable's name and without its value."""
    words = problem["msg"].removeprefix("Value error, ")
    return f"{problem['loc'][0]} {words}" if problem["loc"] else words


def env_file() -> Path | None:
    """The file whose lines stand in for variables that are not set; None for no file. Raises Misconfigured.

    BLINK_ENV_FILE names it, absolute or relative to the code; `/dev/null` is no file. A file that was asked for by
    name must be there.
    """
    named = os.environ.get("BLINK_ENV_FILE")
    if not named:
        return ROOT / ".env"
    if named == os.devnull:
        return None
    if not (ROOT / named).is_file():
        raise Misconfigured("Blink's settings are wrong:\nBLINK_ENV_FILE must name a file that is there, or /dev/null")
    return ROOT / named


def read_environment(**overrides: Any) -> Environment:
    """The environment, checked. Raises Misconfigured naming every wrong variable, never showing a value."""
    try:
        return Environment(**{"_env_file": env_file(), **overrides})
    except ValidationError as error:
        lines = [_said(problem) for problem in error.errors(include_input=False, include_url=False)]
        raise Misconfigured("\n".join(["Blink's settings are wrong:", *lines])) from None


def read_anymail() -> dict[str, str | list[str]]:
    """Any provider's own settings, by Anymail's names: ANYMAIL_POSTMARK_SERVER_TOKEN is POSTMARK_SERVER_TOKEN.

    ANYMAIL_WEBHOOK_SECRET may hold several, with commas between, so that one can replace the other without a gap.
    Raises Misconfigured for one that no provider can send, or that is soon guessed: for some it is the only proof.
    """
    file = env_file()
    kept: Mapping[str, str | None] = dotenv_values(file) if file else {}
    everything = {**kept, **os.environ}
    found: dict[str, str | list[str]] = {
        name.removeprefix("ANYMAIL_"): value
        for name, value in everything.items()
        if name.startswith("ANYMAIL_") and value
    }
    secrets = [each.strip() for each in str(found.get("WEBHOOK_SECRET", "")).split(",") if each.strip()]
    if not all(re.fullmatch(r"[^:]+:.+", each) and len(each) >= 20 for each in secrets):
        words = (
            "ANYMAIL_WEBHOOK_SECRET must be user:password, of at least 20 characters, or several with commas between"
        )
        raise Misconfigured(f"Blink's settings are wrong:\n{words}")
    return found | ({"WEBHOOK_SECRET": secrets} if secrets else {})
