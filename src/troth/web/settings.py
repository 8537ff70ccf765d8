"""Django's settings, composed from the options. Nothing here is secret: keys come from the master key file."""

from __future__ import annotations

from pathlib import Path

from troth.web import options

DATA: Path = options.data()
DEMO = options.yes("TROTH_DEMO")
DESK_HOST = options.host("TROTH_DESK_HOST")
CLIENT_HOST = options.host("TROTH_CLIENT_HOST", but=DESK_HOST)
KEY_FILE: Path = options.path("TROTH_KEY_FILE")
HOST = options.text("TROTH_HOST")
PORT = options.port("TROTH_PORT")
THREADS = options.number("TROTH_THREADS")
PROXIES = options.words("TROTH_PROXIES")
ORIGIN = options.origin("TROTH_ORIGIN", CLIENT_HOST or HOST, PORT)
DESK_ORIGIN = options.origin("TROTH_DESK_ORIGIN", DESK_HOST, PORT)
SMTP: tuple[str, int] = options.address("TROTH_SMTP")
PUBLIC_PROMISES = options.words("TROTH_PUBLIC_PROMISES")
PLACES_FILE: Path = options.path("TROTH_PLACES_FILE")
CHECKPOINT_FILE = options.text("TROTH_CHECKPOINT_FILE")
CHECKPOINT_MAIL = options.text("TROTH_CHECKPOINT_MAIL")
METRICS_TOKEN = options.token("TROTH_METRICS_TOKEN")
LOG = options.choice("TROTH_LOG", ("lines", "text", "nothing"))
RESERVE_MB = options.number("TROTH_RESERVE_MB")
LEDGER_MONTHS = options.number("TROTH_LEDGER_MONTHS")

SECRET_KEY = options.signing(KEY_FILE)
DEBUG = False
ALLOWED_HOSTS = ["*"]  # web.hosts checks the host first, against the hosts of clients and desk
ROOT_URLCONF = "troth.web.urls"
AUTH_USER_MODEL = "parties.Staff"
LOGIN_URL = "/desk/enter/"
USE_TZ = True
TIME_ZONE = "Europe/London"
LANGUAGE_CODE = "en-gb"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "/static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "troth.web.statics.Hashed"},
}

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "troth.places",
    "troth.parties",
    "troth.ledger",
    "troth.work",
    "troth.people",
    "troth.keep",
    "troth.collect",
    "troth.answer",
    "troth.prove",
    "troth.web",
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA / "troth.db",
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA secure_delete=ON;"
                "PRAGMA temp_store=MEMORY;PRAGMA foreign_keys=ON;"
            ),
        },
    }
}
MIDDLEWARE = [
    "troth.web.middleware.Porter",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "troth.web.middleware.Walls",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["troth.parties.templatetags.speech"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "troth.web.context.page",
            ],
        },
    }
]
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
MFA_ADAPTER = "troth.web.entering.Factors"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1  # a code typed slowly, or a clock a little off
MFA_TOTP_ISSUER = "troth desk"

# Cookies. The __Host- prefix needs Secure, which plain http on loopback cannot give to every client: plain names there.
_DESK_TLS = DESK_ORIGIN.startswith("https:")
_TLS = _DESK_TLS and ORIGIN.startswith("https:")
SESSION_COOKIE_NAME = "__Host-troth-desk" if _DESK_TLS else "troth-desk"
SESSION_COOKIE_SECURE = _DESK_TLS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_NAME = "__Host-troth-form" if _TLS else "troth-form"
CSRF_COOKIE_SECURE = _TLS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_AGE = None
CSRF_FAILURE_VIEW = "troth.web.failing.stale_form"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "no-referrer"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31536000 if _TLS else 0

FILE_UPLOAD_TEMP_DIR = DATA / "tmp"
DATA_UPLOAD_MAX_MEMORY_SIZE = 512 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500

# Django's own loggers name paths, and a path can hold a token: they are silenced; web.middleware writes what it may.
_OURS = ["nowhere"] if LOG == "nothing" else ["stderr"]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"said": {"()": f"troth.web.telling.{'Text' if LOG == 'text' else 'Lines'}"}},
    "handlers": {
        "nowhere": {"class": "logging.NullHandler"},
        "stderr": {"class": "logging.StreamHandler", "formatter": "said"},
    },
    "root": {"handlers": _OURS, "level": "WARNING"},
    "loggers": {
        "django": {"handlers": ["nowhere"], "propagate": False},
        "troth": {"handlers": _OURS, "level": "INFO", "propagate": False},
        "troth.access": {"level": "WARNING" if DEMO else "INFO"},
        "a2wsgi": {"handlers": ["nowhere"], "propagate": False},
    },
}
