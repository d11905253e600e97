# portalctl with the client programs of one PostgreSQL major, for jobs beside the
# database: pg_dump must not be older than the server. The context holds the
# binary as linux/amd64/portalctl (or linux/arm64/portalctl); docs/release.md.
#
#   docker build --build-arg PG_MAJOR=17 --tag portalctl:pg17 --file Dockerfile CONTEXT
ARG BASE=debian:bookworm-slim
FROM ${BASE}

# 14 to 18. Debian's own package where it has that major, else PostgreSQL's.
ARG PG_MAJOR=17
RUN set -eu; \
    case "$PG_MAJOR" in 14|15|16|17|18) ;; *) echo "PG_MAJOR is 14 to 18, not $PG_MAJOR" >&2; exit 1 ;; esac; \
    export DEBIAN_FRONTEND=noninteractive; \
    apt-get update; \
    apt-get install -y --no-install-recommends ca-certificates zstd; \
    if [ -z "$(apt-cache search --names-only "^postgresql-client-$PG_MAJOR\$")" ]; then \
      apt-get install -y --no-install-recommends postgresql-common; \
      /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y; \
    fi; \
    apt-get install -y --no-install-recommends "postgresql-client-$PG_MAJOR"; \
    apt-get clean; \
    rm -rf /var/lib/apt/lists/*; \
    useradd --uid 10001 --create-home --shell /usr/sbin/nologin portalctl; \
    install -d -o portalctl -g portalctl /portal
ENV PORTALCTL_PG_BIN=/usr/lib/postgresql/${PG_MAJOR}/bin

ARG TARGETARCH=amd64
COPY --chmod=0755 linux/${TARGETARCH}/portalctl /usr/local/bin/portalctl

LABEL org.opencontainers.image.title="portalctl" \
      org.opencontainers.image.description="Keeps a Backstage developer portal alive; with PostgreSQL ${PG_MAJOR} client programs" \
      org.opencontainers.image.source="https://github.com/portalctl/portalctl" \
      org.opencontainers.image.licenses="Apache-2.0"

# By number, so that runAsNonRoot can tell.
USER 10001:10001
WORKDIR /portal
ENTRYPOINT ["portalctl"]
