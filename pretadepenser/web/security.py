"""Headers and cookies that protect people's data in the browser, and the CSRF check of every form."""

from flask import Flask, Response, current_app, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import BadRequest
from werkzeug.middleware.proxy_fix import ProxyFix

from pretadepenser.web import kept

# Everything is refused, then what the pages use is allowed: own style sheets, pictures and (optional)
# scripts. No inline style or script, no frame, no form that sends elsewhere.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "script-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # same-origin, not no-referrer: behind TLS the CSRF check wants our own referrer.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# Two years, as browsers' preload lists ask.
STRICT_TRANSPORT_SECURITY = "max-age=63072000; includeSubDomains"

csrf = CSRFProtect()


class _SessionInterface(SecureCookieSessionInterface):
    """Session cookies that are kept to https whenever the request came by it, and off static files."""

    def get_cookie_secure(self, app: Flask) -> bool:
        return bool(app.config["HTTPS"]) or request.is_secure

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        # Any cache may keep a static file: it carries no cookie, and signing in does not make it another one
        # (Vary: Cookie, as Flask-Login looks at the session of every request).
        if request.endpoint != "static":
            super().save_session(app, session, response)


def init_app(app: Flask) -> None:
    """Set cookies, proxies, size limits, CSRF protection and headers on an application."""
    app.config.update(
        SESSION_COOKIE_NAME="session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # A page left open during a long meeting must still be able to send its form: the token
        # lives as long as the session.
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_CHECK_DEFAULT=False,
    )
    # No page of the site sends more; the API raises it for its own views.
    app.config.setdefault("MAX_CONTENT_LENGTH", 1024 * 1024)
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_CONTENT_LENGTH"] or 1024 * 1024
    if hosts := [host.strip() for host in app.config["HOSTS"].split(",") if host.strip()]:
        app.config["TRUSTED_HOSTS"] = hosts
    app.session_interface = _SessionInterface()
    if proxies := app.config["PROXIES"]:
        # Address and scheme only: the proxy hands the host name on as Host, which nobody else can set.
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=0, x_port=0, x_prefix=0
        )
    csrf.init_app(app)
    app.before_request(_refuse_other_hosts)
    app.before_request(_check_token)
    app.after_request(_add_headers)
    app.after_request(_stay_here)


def _refuse_other_hosts() -> Response | None:
    """Refuse a host name that is not served, before all else: no page can be made without addresses.

    One that is none (".", "a..b") is another error of Werkzeug's, and leaves no addresses either.
    """
    if isinstance(request.routing_exception, BadRequest):
        return Response("Ce nom de domaine n’est pas servi ici.", 400, mimetype="text/plain")
    return None


def _check_token() -> None:
    """Refuse a form of ours that another site may have sent; some check it themselves (kept.FORMS)."""
    # A bearer token is not sent by a browser on its own: there is nothing to forge.
    if not request.endpoint or request.blueprint == "api":
        return
    try:
        csrf.protect()
    except CSRFError:
        if request.endpoint not in kept.FORMS:
            raise


def _stay_here(response: Response) -> Response:
    """Lead to an address of this site, whatever name of it the request gave: Werkzeug repeats that name.

    It does so where a path has two slashes for one.
    """
    if response.status_code == 308 and response.location:
        response.location = "/" + response.location.removeprefix(request.host_url).lstrip("/")
    return response


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure or current_app.config["HTTPS"]:
        response.headers["Strict-Transport-Security"] = STRICT_TRANSPORT_SECURITY
    # A page may be about a person unless its view says otherwise: nothing keeps a copy.
    response.headers.setdefault("Cache-Control", "no-store")
    return response
