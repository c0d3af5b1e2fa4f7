"""Django's settings. Whatever depends on where Blink runs comes from `blink.environment`."""

import hashlib
import hmac
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import dj_database_url
from celery.schedules import crontab
from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _
from kombu import Exchange, Queue

from blink.environment import read_anymail, read_environment

env = read_environment()
PRODUCTION = env.BLINK_ENVIRONMENT == "production"

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = BASE_DIR / env.DATA_DIR
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)  # health data: nobody else on this computer may look
SECRET_KEY = env.SECRET_KEY
SECRET_KEY_FALLBACKS = [each.strip() for each in env.SECRET_KEY_FALLBACKS.split(",") if each.strip()]
DEBUG = env.DEBUG
PORT = env.PORT
PUBLIC_URL = env.PUBLIC_URL
_public = urlsplit(PUBLIC_URL)
ALLOWED_HOSTS = [str(_public.hostname)] if PRODUCTION else ["127.0.0.1", "localhost", "[::1]", str(_public.hostname)]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

INSTALLED_APPS = [
    "blink.apps.BlinkConfig",
    "blink.apps.PlatformAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "django_countries",
    "localflavor",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "anymail",
    "csp",
    "pages",
    "accounts",
    "notifications",
    "scheduling",
    "messaging",
    "billing",
    "homework",
]

MIDDLEWARE = [
    "blink.health.health_first",
    "blink.metrics.metrics_first",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "accounts.caching.keep_out_of_caches",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.platform_admin_scope",
    "accounts.middleware.member_scope",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.idle.end_idle_staff_session",
    "accounts.second_factor.ask_staff_for_second_factor",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "blink.urls"
WSGI_APPLICATION = "blink.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "blink.demo.sign_ins.demo_people",
            ],
        },
    },
]


FORM_RENDERER = "pages.forms.BlinkForms"


# Database: a SQLite file beside the code, or PostgreSQL by address.
def _database() -> dict[str, Any]:
    if env.DATABASE_URL:
        database = dict(dj_database_url.parse(env.DATABASE_URL, conn_health_checks=True))
        if PRODUCTION:
            pool = {"min_size": 1, "max_size": env.DATABASE_POOL_SIZE, "timeout": 10}
            database["OPTIONS"] = {**cast("dict[str, Any]", database.get("OPTIONS", {})), "pool": pool}
        return database
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / "blink.sqlite3",
        "OPTIONS": {
            # Writers queue instead of failing: a transaction takes its lock when it begins.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
        },
    }


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People
AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# Signing in (docs/decisions/0009-signing-in.md)
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",  # what a platform admin may do in Django admin
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
MFA_ADAPTER = "accounts.adapter.SecondFactorAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# The one address of a user is `User.email`; allauth's own table of addresses stays empty.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105 (a class)
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "reset_password": "accounts.forms.AskForResetForm",
    "reset_password_from_key": "accounts.forms.ResetForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "reauthenticate": "accounts.second_factor_forms.AgainForm",
}
MFA_FORMS = {
    "authenticate": "accounts.second_factor_forms.CodeForm",
    "reauthenticate": "accounts.second_factor_forms.CodeAgainForm",
    "activate_totp": "accounts.second_factor_forms.FirstCodeForm",
    "add_webauthn": "accounts.second_factor_forms.AddPasskeyForm",
    "edit_webauthn": "accounts.second_factor_forms.RenamePasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Blink"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION  # http://localhost, which browsers allow as well
ALLAUTH_TRUSTED_PROXY_COUNT = env.TRUSTED_PROXIES if PRODUCTION else 0
# Counts attempts to sign in, for all processes together, where a stopped Redis is not missed.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_throttle",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
STAFF_IDLE_LIMIT = 60 * 60  # seconds after which a staff session that did nothing has ended (S5)

# Words and times
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# Files the pages load, from this origin only
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static" if PRODUCTION else None  # elsewhere they are served from where they lie
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # Blink keeps no uploads
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage",
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION

# The browser's side of safety
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-src": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
# What is confirmed names people. In a cookie it would outlive the session and be shown to the next visitor.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
if PRODUCTION:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = env.HSTS_WHOLE_DOMAIN
    if not env.HSTS_WHOLE_DOMAIN:
        # The deployment check would have both on; a host's other names are not ours to decide about.
        SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

# Notifications
DELIVERY = env.DELIVERY
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.DEFAULT_FROM_EMAIL
EMAIL_BACKEND = env.EMAIL_BACKEND
EMAIL_HOST = env.EMAIL_HOST
EMAIL_PORT = env.EMAIL_PORT
EMAIL_HOST_USER = env.EMAIL_HOST_USER
EMAIL_HOST_PASSWORD = env.EMAIL_HOST_PASSWORD
EMAIL_USE_TLS = env.EMAIL_USE_TLS
EMAIL_USE_SSL = env.EMAIL_USE_SSL
EMAIL_TIMEOUT = env.EMAIL_TIMEOUT
# Any of Anymail's providers by configuration alone: ANYMAIL_POSTMARK_SERVER_TOKEN and the like pass through.
ANYMAIL = {
    "REQUESTS_TIMEOUT": env.EMAIL_TIMEOUT,
    **read_anymail(),
}
TWILIO_ACCOUNT_SID = env.TWILIO_ACCOUNT_SID
TWILIO_AUTH_TOKEN = env.TWILIO_AUTH_TOKEN
if not TWILIO_AUTH_TOKEN and DELIVERY == "outbox" and not PRODUCTION:
    # What is texted to the demo comes by the very address that Twilio would use, which takes nothing unsigned.
    TWILIO_AUTH_TOKEN = hmac.new(SECRET_KEY.encode(), b"outbox", hashlib.sha256).hexdigest()
TWILIO_FROM = env.TWILIO_FROM
TWILIO_API_URL = env.TWILIO_API_URL
TWILIO_TIMEOUT = env.TWILIO_TIMEOUT
TEXT_RATE = env.TEXT_RATE
EMAIL_RATE = env.EMAIL_RATE
REDIS_URL = env.REDIS_URL
METRICS_TOKEN = env.METRICS_TOKEN

# Celery only wakes the ledger up: a lost message costs at most one sweep.
# `memory://` needs no host, but kombu warns at every connection that lacks one.
CELERY_BROKER_URL = env.REDIS_URL or "memory://localhost/"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, float] = (
    # Measured (docs/decisions/0003-waking.md): without these a publish to a stopped Redis hangs for over a minute.
    # `max_retries` is for publishing; workers and beat go on trying to reconnect for ever. Messages are acknowledged
    # in the worker alone: a worker whose Redis froze at an acknowledgement took nothing more, ever after. A worker that
    # missed the end of its connection finds out within some ten seconds (by default 51).
    {
        "socket_timeout": 1,
        "socket_connect_timeout": 1,
        "max_retries": 0,
        "ack_emulation": False,
        "health_check_interval": 5,
    }
    if env.REDIS_URL
    else {"polling_interval": 0.2}
)
# The clock's tasks have a queue of their own: no flood of notices keeps a scan waiting. A worker serves both.
CELERY_TASK_DEFAULT_QUEUE = "notices"
CELERY_TASK_QUEUES = [
    # Each with an exchange of its own: by default both would hang on one, and every message would be in both.
    Queue(name, Exchange(name), routing_key=name)
    for name in ("clock", "notices")
]
CELERY_TASK_ROUTES = {
    "scheduling.tasks.scan": {"queue": "clock", "routing_key": "clock"},
    "notifications.tasks.sweep": {"queue": "clock", "routing_key": "clock"},
    "notifications.tasks.ask_about_texts": {"queue": "clock", "routing_key": "clock"},
    "notifications.tasks.settle_order": {"queue": "clock", "routing_key": "clock"},
}
CELERY_TASK_DEFAULT_EXCHANGE = CELERY_TASK_DEFAULT_ROUTING_KEY = "notices"
CELERY_BEAT_SCHEDULE = {
    "scan": {"task": "scheduling.tasks.scan", "schedule": crontab(), "options": {"expires": 60}},
    "sweep": {"task": "notifications.tasks.sweep", "schedule": 15.0, "options": {"expires": 15}},
    "ask": {"task": "notifications.tasks.ask_about_texts", "schedule": 60.0, "options": {"expires": 60}},
    "settle_order": {"task": "notifications.tasks.settle_order", "schedule": 60.0, "options": {"expires": 60}},
}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "plain"},
        "nowhere": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["console"], "level": env.LOG_LEVEL},
    "loggers": {
        # These log addresses and payloads of what they send; errors come to us as exceptions.
        # Without any handler, Python's last resort would write to standard error.
        "twilio": {"level": "WARNING", "propagate": False, "handlers": ["nowhere"]},
        "urllib3": {"level": "ERROR"},
        "fontTools": {"level": "WARNING"},  # tells each table of each font that goes into a PDF
        "anymail": {"level": "ERROR", "propagate": False, "handlers": ["nowhere"]},
    },
}
