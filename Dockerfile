# Prêt à dépenser in a container: one port, settings from the environment, everything it writes under /instance.
#   docker build -t pretadepenser .
#   docker run -p 8000:8000 -v pretadepenser:/instance pretadepenser
FROM python:3.12-slim

# Pango draws the PDF sheet; DejaVu is its font.
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        fonts-dejavu-core libharfbuzz-subset0 libpango-1.0-0 libpangoft2-1.0-0 \
    && rm -rf /var/lib/apt/lists/*

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MPLCONFIGDIR=/tmp/matplotlib \
    NUMBA_CACHE_DIR=/tmp/numba \
    PRETADEPENSER_INSTANCE=/instance \
    HOST=0.0.0.0 \
    PORT=8000

WORKDIR /srv/pretadepenser
# The libraries first: this layer is built again only when the lock changes.
COPY requirements/run.lock requirements/
RUN pip install --no-cache-dir --require-hashes --requirement requirements/run.lock
COPY . .
RUN pip install --no-cache-dir --no-deps --no-build-isolation --editable . \
    && useradd --system --uid 10001 --no-create-home pretadepenser \
    && install -d -o pretadepenser -g pretadepenser -m 750 /instance

USER pretadepenser
VOLUME /instance
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=4)"]
# exec: gunicorn becomes the first process and gets the signals of the container.
CMD ["sh", "-c", "flask --app wsgi database upgrade && exec gunicorn --config gunicorn.conf.py wsgi:app"]
