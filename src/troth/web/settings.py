"""Django's settings, composed from the options. Nothing here is secret: keys come from the master key file."""

from __future__ import annotations

import hashlib
from pathlib import Path

from troth.web import options

DATA: Path = options.data()
DEMO = options.yes("TROTH_DEMO")
DESK_HOST = options.text("TROTH_DESK_HOST")
CLIENT_HOST = options.text("TROTH_CLIENT_HOST")
KEY_FILE: Path = options.path("TROTH_KEY_FILE")
PORT = options.number("TROTH_PORT")
ORIGIN = options.text("TROTH_ORIGIN") or f"http://{CLIENT_HOST}:{PORT}"
DESK_ORIGIN = f"http://{DESK_HOST}:{PORT}"
SMTP: tuple[str, int] = options.address("TROTH_SMTP")
PLACES_FILE: Path = options.path("TROTH_PLACES_FILE")

# Derived, so that sessions fall with the master key and no second secret needs keeping. Before there is a key
# (first start, `troth check`) nothing is signed with it.
SECRET_KEY = hashlib.sha256(b"troth django " + (KEY_FILE.read_bytes() if KEY_FILE.exists() else b"none")).hexdigest()
DEBUG = False
ALLOWED_HOSTS = ["*"]  # web.middleware checks the host first, against the hosts of clients and desk
ROOT_URLCONF = "troth.web.urls"
AUTH_USER_MODEL = "parties.Staff"
USE_TZ = True
TIME_ZONE = "Europe/London"
LANGUAGE_CODE = "en-gb"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "/static/"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
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
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
FILE_UPLOAD_TEMP_DIR = DATA / "tmp"
