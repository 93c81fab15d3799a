"""The one settings file. Everything comes from the environment; what is wrong is named at boot.

`raincheck …` (cli.py) fills in DATABASE_URL and the keys of an embedded installation before Django
starts; a production installation sets them itself. docs/reference/settings.md lists them all.
"""

from pathlib import Path
from urllib.parse import urlsplit

from raincheck.core.logs import configure_logs
from raincheck.core.weakness import why_weak, why_weak_key
from raincheck.runtime.home import home_path
from raincheck.setting_kinds import (
    backups_kept,
    database,
    dingtalk_terms,
    env,
    key_of_32,
    list_of_hashes,
    networks,
    oidc_terms,
    outside_door,
    require_strong,
    roles,
    the_master_keys,
    time_of_day,
    vapid,
)

BASE_DIR = Path(__file__).resolve().parent

# What the installation must say.
SECRET_KEY = env.str("RAINCHECK_SECRET_KEY")
RAINCHECK_MASTER_KEYS = the_master_keys()
RAINCHECK_AUDIT_KEY = key_of_32("RAINCHECK_AUDIT_KEY")
DATABASES = {"default": database("DATABASE_URL", pool=True)}
if env.str("DATABASE_OWNER_URL", ""):
    DATABASES["owner"] = database("DATABASE_OWNER_URL", pool=False)

# A role that sees through the walls, for whole-database backups; the embedded database has one already.
DATABASE_BACKUP_URL = env.str("DATABASE_BACKUP_URL", "")


# What it may say.
RAINCHECK_BASE_URL = env.str("RAINCHECK_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
RAINCHECK_DEMO = env.bool("RAINCHECK_DEMO", False)
DEBUG = False
_BASE = urlsplit(RAINCHECK_BASE_URL)
_SECURE = _BASE.scheme == "https"
if _SECURE:
    require_strong(
        RAINCHECK_SECRET_KEY=why_weak(SECRET_KEY),
        RAINCHECK_MASTER_KEY=next(filter(None, map(why_weak_key, RAINCHECK_MASTER_KEYS)), ""),
        RAINCHECK_AUDIT_KEY=why_weak_key(RAINCHECK_AUDIT_KEY),
    )
#: Who stands before us and says truly whom they speak for.
RAINCHECK_PROXIES = networks("RAINCHECK_PROXIES")
ALLOWED_HOSTS = env.list("RAINCHECK_ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]", _BASE.hostname or ""])
# TLS may end at a proxy, so the address people use is trusted by name.
CSRF_TRUSTED_ORIGINS: list[str] = [
    f"{_BASE.scheme}://{_BASE.netloc}",
    *env.list("RAINCHECK_TRUSTED_ORIGINS", []),
]
SECURE_HSTS_SECONDS = 31_536_000 if _SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _SECURE
EMAIL_HOST = env.str("RAINCHECK_SMTP_HOST", "127.0.0.1")
EMAIL_PORT = env.int("RAINCHECK_SMTP_PORT", 25)
EMAIL_HOST_USER = env.str("RAINCHECK_SMTP_USER", "")
EMAIL_HOST_PASSWORD = env.str("RAINCHECK_SMTP_PASSWORD", "")
EMAIL_USE_TLS = env.bool("RAINCHECK_SMTP_STARTTLS", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("RAINCHECK_MAIL_FROM", "Raincheck <no-reply@raincheck.example>")
RAINCHECK_PHONE_URL = env.str("RAINCHECK_PHONE_URL", "")
RAINCHECK_SMS_URL = env.str("RAINCHECK_SMS_URL", "")
RAINCHECK_SMS_KEY = env.str("RAINCHECK_SMS_KEY", "")
RAINCHECK_VAPID_PRIVATE_KEY = vapid("RAINCHECK_VAPID_PRIVATE_KEY")
RAINCHECK_BOUNCE_TOKEN = env.str("RAINCHECK_BOUNCE_TOKEN", "")
RAINCHECK_OPERATOR_MAIL = env.str("RAINCHECK_OPERATOR_MAIL", "")
RAINCHECK_METRICS_TOKEN = env.str("RAINCHECK_METRICS_TOKEN", "")
RAINCHECK_PRIVATE_NETWORKS = networks("RAINCHECK_PRIVATE_NETWORKS")
RAINCHECK_WORKER_CONCURRENCY = env.int("RAINCHECK_WORKER_CONCURRENCY", 8)
RAINCHECK_KEEP_EVENTS_DAYS = env.int("RAINCHECK_KEEP_EVENTS_DAYS", 90)
RAINCHECK_KEEP_CALLS_DAYS = env.int("RAINCHECK_KEEP_CALLS_DAYS", 400)
RAINCHECK_CHECKPOINTS = env.str("RAINCHECK_CHECKPOINTS", str(home_path() / "checkpoints"))
RAINCHECK_UNSEALED_SECONDS = env.int("RAINCHECK_UNSEALED_SECONDS", 60)
RAINCHECK_WITNESS_URL = env.str("RAINCHECK_WITNESS_URL", "")
RAINCHECK_WITNESS_KEY = env.str("RAINCHECK_WITNESS_KEY", "")
RAINCHECK_TSA_URL = env.str("RAINCHECK_TSA_URL", "")
RAINCHECK_TSA_ROOT = env.str("RAINCHECK_TSA_ROOT", "")
RAINCHECK_RECONCILE_MINUTES = env.int("RAINCHECK_RECONCILE_MINUTES", 60)

# Sign-in of staff: who needs a second factor, how long a sign-in is fresh.
RAINCHECK_MFA_ROLES = roles("RAINCHECK_MFA_ROLES", "company_admin,hr_manager")
RAINCHECK_BREACHED_PASSWORDS = list_of_hashes("RAINCHECK_BREACHED_PASSWORDS")
RAINCHECK_FRESH_MINUTES = env.int("RAINCHECK_FRESH_MINUTES", 15)
RAINCHECK_SESSION_HOURS = env.int("RAINCHECK_SESSION_HOURS", 12)
RAINCHECK_OIDC_ID = "oidc"
RAINCHECK_OIDC_DOMAINS = frozenset(env.str("RAINCHECK_OIDC_DOMAINS", "").lower().replace(",", " ").split())

RAINCHECK_BACKUP_DIR = env.str("RAINCHECK_BACKUP_DIR", "")
RAINCHECK_BACKUP_AT = time_of_day("RAINCHECK_BACKUP_AT", "19:30")
RAINCHECK_BACKUP_KEEP = backups_kept("RAINCHECK_BACKUP_KEEP", "7,4,12")
RAINCHECK_BACKUP_MAX_AGE_HOURS = env.int("RAINCHECK_BACKUP_MAX_AGE_HOURS", 26)

INSTALLED_APPS = [
    "raincheck.core",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.dingtalk",
    "allauth.socialaccount.providers.feishu",
    "allauth.usersessions",
    "procrastinate.contrib.django",
    "raincheck.audit",
    "raincheck.accounts",
    "raincheck.worklist",
    "raincheck.recruiting",
    "raincheck.archive",
    "raincheck.cancellations",
    "raincheck.vendors",
    "raincheck.notifications",
    "raincheck.reminders",
    "raincheck.operations",
    "raincheck.insights",
    "raincheck.migration",
    "raincheck.web",
]

MIDDLEWARE = [
    "raincheck.web.middleware.RequestId",
    "raincheck.web.client.Wire",
    "django.middleware.security.SecurityMiddleware",
    "raincheck.web.middleware.ContentSecurityPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "raincheck.web.middleware.Language",
    "django.middleware.common.CommonMiddleware",
    "raincheck.web.client.Bodies",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "raincheck.web.middleware.StaffSignIn",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "raincheck.web.middleware.Refusals",
    "raincheck.web.unsent.Refill",
]

ROOT_URLCONF = "raincheck.urls"
WSGI_APPLICATION = "raincheck.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [
            BASE_DIR / "web" / "templates",
            BASE_DIR / "portal" / "templates",
            BASE_DIR / "console" / "templates",
        ],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "raincheck.web.context.common",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "raincheck.web.templatetags.raincheck",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
        },
    }
]

# Time and words: UTC inside; Chinese is what the texts are written in, English comes from locale/.
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
# A name that browsers take over TLS alone, and, with the first of the two, from this very host alone.
_HOST_PREFIX = "__Host-" if _SECURE else ""
RAINCHECK_SECURE_PREFIX = "__Secure-" if _SECURE else ""
LANGUAGE_COOKIE_NAME = f"{_HOST_PREFIX}raincheck_language"
LOCALE_PATHS = [BASE_DIR / "locale"]

# Static files: whitenoise serves them straight from the package, so there is no collecting step.
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# Sign-in of staff (allauth). Candidates have a room of their own in accounts/.
AUTH_USER_MODEL = "accounts.Staff"
AUTHENTICATION_BACKENDS = ["raincheck.accounts.backends.StaffBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": name, "OPTIONS": options}
    for name, options in (
        ("django.contrib.auth.password_validation.MinimumLengthValidator", {"min_length": 10}),
        ("django.contrib.auth.password_validation.CommonPasswordValidator", {}),
        ("django.contrib.auth.password_validation.NumericPasswordValidator", {}),
        (
            "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
            {"user_attributes": ("email", "name")},
        ),
        ("raincheck.accounts.passwords.OwnWords", {"min_length": 10}),
        ("raincheck.accounts.passwords.Breached", {}),
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/console/"
ACCOUNT_ADAPTER = "raincheck.accounts.backends.StaffAccounts"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "/staff/login/"
ACCOUNT_SESSION_REMEMBER = True
# Failed tries are counted in the database (accounts/tries.py); these few stay allauth's own, a process.
ACCOUNT_RATE_LIMITS = {
    "login_failed": None,
    "login": None,
    "reauthenticate": None,
    "change_password": "10/m/user",
}
MFA_RATE_LIMITS = {"webauthn_login": "120/m/ip"}
PASSWORD_RESET_TIMEOUT = 3600
MFA_ADAPTER = "raincheck.accounts.factors.StaffFactors"
MFA_FORMS = {
    "activate_totp": "raincheck.accounts.factors.NewAppForm",
    "authenticate": "raincheck.accounts.factors.CodeForm",
    "reauthenticate": "raincheck.accounts.factors.CodeAgainForm",
    "add_webauthn": "raincheck.accounts.factors.NewPasskeyForm",
    "login_webauthn": "raincheck.accounts.factors.PasskeyAtTheDoorForm",
    "authenticate_webauthn": "raincheck.accounts.factors.PasskeyForm",
    "reauthenticate_webauthn": "raincheck.accounts.factors.PasskeyAgainForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Raincheck"
MFA_TOTP_TOLERANCE = 1
# Browsers have passkeys on http for localhost alone.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = _BASE.scheme == "http"
SOCIALACCOUNT_ADAPTER = "raincheck.accounts.outside.OutsideSignIn"
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
SOCIALACCOUNT_PROVIDERS = {
    **outside_door(
        "openid_connect",
        env.str("RAINCHECK_OIDC_NAME", "SSO"),
        provider_id=RAINCHECK_OIDC_ID,
        settings=oidc_terms(env.str("RAINCHECK_OIDC_ISSUER", "")),
    ),
    **outside_door("dingtalk", "钉钉", settings=dingtalk_terms()),
    **outside_door("feishu", "飞书"),
}

# Cookies and transport.
SESSION_COOKIE_NAME = f"{_HOST_PREFIX}raincheck_staff"
CSRF_COOKIE_NAME = f"{_HOST_PREFIX}csrftoken"
RAINCHECK_FLASH_COOKIE_NAME = f"{_HOST_PREFIX}messages"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = RAINCHECK_SESSION_HOURS * 3600
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _SECURE
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "raincheck.web.errors.csrf_failed"
MESSAGE_STORAGE = "raincheck.web.client.Flashes"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
FILE_UPLOAD_HANDLERS = ["raincheck.web.uploads.Nameless"]
# Our one-to-one references have no reverse side, so a unique foreign key says all there is to say.
SILENCED_SYSTEM_CHECKS = ["fields.W342"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

PROCRASTINATE_IMPORT_PATHS = [
    "raincheck.cancellations.parts",
    "raincheck.fanout",
    "raincheck.forgetting",
    "raincheck.parting",
    "raincheck.migration.backup.tasks",
    "raincheck.migration.exports.tasks",
    "raincheck.migration.retention.tasks",
    "raincheck.migration.uploads.tasks",
    "raincheck.notifications.calendars.push",
    "raincheck.notifications.staff_letters",
    "raincheck.vendors.bookings",
    "raincheck.vendors.by_hand",
    "raincheck.vendors.inbound",
    "raincheck.vendors.pruning",
    "raincheck.vendors.reconciliation.tasks",
]
PROCRASTINATE_WORKER_DEFAULTS = {
    "concurrency": RAINCHECK_WORKER_CONCURRENCY,
    "update_heartbeat_interval": 2.0,
    "stalled_worker_timeout": 10.0,
    "fetch_job_polling_interval": 1.0,
    "shutdown_graceful_timeout": 8.0,
}

LOGGING_CONFIG = None
configure_logs(
    as_json=env.bool("RAINCHECK_LOG_JSON", not RAINCHECK_DEMO), level=env.str("RAINCHECK_LOG_LEVEL", "INFO")
)
