# watchbill in a container. Build: docker build -t watchbill .
# Run:   docker run --init --user "$(id -u):$(id -g)" -v /srv/novel:/srv/novel -v watchbill:/var/lib/watchbill \
#               -v ./watchbill.toml:/etc/watchbill/watchbill.toml:ro -v ./keys:/run/keys:ro watchbill
# Keys are mounted, never built in: api_key = "file:/run/keys/anthropic".
FROM python:3.13-slim AS build
WORKDIR /build
RUN python -m venv /opt/watchbill
COPY requirements.lock ./
RUN /opt/watchbill/bin/pip install --no-cache-dir --disable-pip-version-check --only-binary=:all: --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY watchbill ./watchbill
RUN /opt/watchbill/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps . \
    && /opt/watchbill/bin/watchbill --version

FROM python:3.13-slim
# ca-certificates: the HTTP client trusts what the system trusts. bubblewrap: repositories' own commands run in it, where the
# container may make user namespaces; where it may not, Landlock holds them, and without that they are refused.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends bubblewrap ca-certificates git \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/watchbill --shell /usr/sbin/nologin watchbill \
    && install -d -o watchbill -g watchbill -m 0700 /var/lib/watchbill
COPY --from=build /opt/watchbill /opt/watchbill
ENV PATH=/opt/watchbill/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    WATCHBILL_STATE_DIR=/var/lib/watchbill
USER watchbill
WORKDIR /var/lib/watchbill
VOLUME /var/lib/watchbill
# running work comes to its next checkpoint: give it time with docker stop --time 660
STOPSIGNAL SIGTERM
ENTRYPOINT ["watchbill", "--config", "/etc/watchbill/watchbill.toml"]
CMD ["serve"]
