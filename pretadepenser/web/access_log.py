"""gunicorn's logger without personal data: no client number, query, address, user or browser."""

import logging
from datetime import timedelta
from typing import Any

from gunicorn.glogging import Logger

from pretadepenser.web.operations import DiscreetFormatter, masked, masked_path

FORMAT = "%(t)s %(m)s %(U)s %(s)s %(B)s octets %(M)s ms"


class DiscreetLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Gives the access log a few harmless facts only, and masks numbers in the error log."""

    def setup(self, cfg: Any) -> None:
        """Set gunicorn's handlers up, then have the error log masked."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(DiscreetFormatter(self.error_fmt, self.datefmt))

    def atoms(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> dict[str, Any]:
        """Give what a format may use; gunicorn writes "-" for everything else, whatever the format says."""
        every: dict[str, Any] = super().atoms(resp, req, environ, request_time)
        harmless = {name: every[name] for name in ("t", "m", "s", "H", "B", "T", "D", "M", "L", "p")}
        # gunicorn takes any word for a method, a client's number too.
        method = every["m"] if str(every["m"]).isascii() and str(every["m"]).isalpha() else "?"
        return harmless | {"m": method, "U": masked_path(str(environ.get("PATH_INFO", "-")))}

    def exception(self, msg: object, *args: object, **kwargs: Any) -> None:
        """Log an exception; gunicorn puts the whole path in the message, the formatter masks it."""
        self.error_log.log(logging.ERROR, masked(str(msg)), *args, exc_info=True, **kwargs)
