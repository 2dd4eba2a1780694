"""An identity provider's settings and addresses, for `tests.helpers.identity_provider`.

Django OAuth Toolkit as it is: login page, code flow that demands PKCE, signed ID tokens.
"""

import os
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

_LOGIN = "<form method=post>{% csrf_token %}{{ form }}</form>"
SECRET_KEY = "of a test"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = __name__
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["IDENTITY_DATABASE"]}
}
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "oauth2_provider",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOGIN_URL = "/login"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.locmem.Loader",
                    {
                        "registration/login.html": _LOGIN,
                        "oauth2_provider/authorize.html": "{{ error.error }}",
                    },
                )
            ]
        },
    }
]
OAUTH2_PROVIDER = {
    "OIDC_ENABLED": True,
    "OIDC_RSA_PRIVATE_KEY": generate_private_key(65537, 2048)
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    .decode(),
    "PKCE_REQUIRED": True,
    "SCOPES": {"openid": "who it is", "profile": "their name"},
    "OAUTH2_VALIDATOR_CLASS": f"{__name__}.Validator",
    "ALLOWED_REDIRECT_URI_SCHEMES": ["http"],
}


def __getattr__(name: str) -> Any:
    # Both import the applications, which read the settings above first.
    if name == "urlpatterns":
        from django.contrib.auth.views import LoginView
        from django.urls import include, path

        return [path("login", LoginView.as_view()), path("o/", include("oauth2_provider.urls"))]
    if name == "Validator":
        from oauth2_provider.oauth2_validators import OAuth2Validator

        class Validator(OAuth2Validator):  # type: ignore[misc]
            """Puts the user's name into the ID token."""

            oidc_claim_scope = None

            def get_additional_claims(self, request: Any) -> dict[str, str]:
                return {"preferred_username": request.user.username}

        return Validator
    raise AttributeError(name)
