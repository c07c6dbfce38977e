# watchbill in a container: docs/deploy.md says how, deploy/compose.yaml runs it. Build: docker build -t watchbill .
# Keys are mounted, never built in: api_key = "file:/run/secrets/anthropic".
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
# container may make user namespaces; where it may not, Landlock holds them, and without that they are refused. tini: process 1
# buries what nobody waits for, and passes signals on.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends bubblewrap ca-certificates git tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/watchbill --shell /usr/sbin/nologin watchbill \
    && install -d -m 1777 /var/lib/watchbill
COPY --from=build /opt/watchbill /opt/watchbill
ENV PATH=/opt/watchbill/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    WATCHBILL_STATE_DIR=/var/lib/watchbill/state
# Whoever it is run as (--user) makes a state folder of their own in the volume.
USER watchbill
WORKDIR /var/lib/watchbill
VOLUME /var/lib/watchbill
# running work comes to its next checkpoint: give it time with docker stop --time 660
STOPSIGNAL SIGTERM
# Whether it answers; what needs a person is no reason to start it anew (watchbill status --check says that).
HEALTHCHECK --interval=30s --timeout=5s --start-period=10m --retries=4 \
    CMD ["/opt/watchbill/bin/python", "-IS", "-c", "import socket; s = socket.socket(socket.AF_UNIX); s.settimeout(4); s.connect('/var/lib/watchbill/state/control.sock'); s.sendall(b'GET /healthz HTTP/1.0\\r\\nHost: watchbill\\r\\n\\r\\n'); raise SystemExit(b' 200 ' not in s.recv(64))"]
ENTRYPOINT ["tini", "--", "watchbill", "--config", "/etc/watchbill/watchbill.toml"]
CMD ["serve"]
