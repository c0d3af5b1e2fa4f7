"""Every setting that comes from outside, read once, from environment variables or a `.env` file.

The file is the one beside the code, wherever a command is started; BLINK_ENV_FILE names another, or none.
`.env.example` lists them all (a test holds the two together). A wrong value stops the start and is named;
production also stops when something that it cannot run without is missing.
"""

import os
from collections.abc import Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import validate_email
from dotenv import dotenv_values
from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LOCAL_SECRET = "local-secret-for-the-embedded-demo-only"  # noqa: S105 (production refuses to start with it)

ROOT = Path(__file__).resolve().parent.parent


class Misconfigured(Exception):
    """The environment is wrong; the message names each variable and what is wrong with it."""


class Environment(BaseSettings):
    """The variables, by their own names. An empty value means "not set"."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", case_sensitive=True)

    BLINK_ENVIRONMENT: Literal["local", "production"] = "local"
    SECRET_KEY: str = LOCAL_SECRET
    DEBUG: bool = False
    PORT: int = Field(8000, ge=1, le=65535)
    PUBLIC_URL: str = ""  # locally: this computer, at PORT
    DATA_DIR: str = "var"

    DATABASE_URL: str = ""
    DATABASE_POOL_SIZE: int = 4
    REDIS_URL: str = ""

    DELIVERY: Literal["outbox", "providers"] = "outbox"
    DEFAULT_FROM_EMAIL: str = "Blink <reminders@blink.example>"
    EMAIL_BACKEND: str = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST: str = ""
    EMAIL_PORT: int = 587
    EMAIL_HOST_USER: str = ""
    EMAIL_HOST_PASSWORD: str = ""
    EMAIL_USE_TLS: bool = True
    EMAIL_TIMEOUT: float = 30.0

    TWILIO_ACCOUNT_SID: str = ""
    TWILIO_AUTH_TOKEN: str = ""
    TWILIO_FROM: str = ""
    TWILIO_API_URL: str = "https://api.twilio.com"
    TWILIO_TIMEOUT: float = 10.0

    LOG_LEVEL: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("PUBLIC_URL", "TWILIO_API_URL")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if value and not _is_web_address(value):
            raise ValueError("must be an address such as https://blink.example")
        return value.rstrip("/")

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
        if not self.DATABASE_URL.startswith(("postgres://", "postgresql://")):
            wrong.append(("DATABASE_URL", "must name a PostgreSQL database"))
        if not self.REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
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


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:  # whose words would show the value
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


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
        return Environment(_env_file=env_file(), **overrides)
    except ValidationError as error:
        lines = [
            f"{'.'.join(str(part) for part in problem['loc']) or 'environment'}: {problem['msg']}"
            for problem in error.errors(include_input=False, include_url=False)
        ]
        raise Misconfigured("\n".join(["Blink's settings are wrong:", *lines])) from None


def read_anymail() -> dict[str, str]:
    """Any provider's own settings, by Anymail's names: ANYMAIL_POSTMARK_SERVER_TOKEN is POSTMARK_SERVER_TOKEN."""
    file = env_file()
    kept: Mapping[str, str | None] = dotenv_values(file) if file else {}
    everything = {**kept, **os.environ}
    return {
        name.removeprefix("ANYMAIL_"): value
        for name, value in everything.items()
        if name.startswith("ANYMAIL_") and value
    }
