# The gateway in a container: bun is process 1, so that SIGTERM of `docker stop` reaches it and it settles before it ends.
FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# Production packages as the lock file has them, Bun among them; one copy of its binary goes on.
RUN npm ci --omit=dev --no-audit --no-fund --loglevel=error \
 && cp node_modules/bun/bin/bun.exe /usr/local/bin/bun \
 && rm -rf node_modules/bun node_modules/@oven node_modules/.bin

FROM debian:bookworm-slim
COPY --from=packages /usr/local/bin/bun /usr/local/bin/bun
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin bytespike \
 && install --directory --owner=bytespike --mode=0700 /data
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY package.json bunfig.toml LICENSE ./
COPY catalog ./catalog
COPY src ./src
COPY scripts/healthcheck.ts scripts/build-site.ts ./scripts/
# The console, so that nobody waits for it and nothing has to be written here later.
RUN bun scripts/build-site.ts
# So that `docker exec CONTAINER bytespike keys list` works; Bun is here already, nothing is to be installed.
COPY --chmod=0755 deploy/bytespike-in-container /usr/local/bin/bytespike

ENV NODE_ENV=production \
    BUN_CONFIG_MAX_HTTP_REQUESTS=65000 \
    BYTESPIKE_DATA=/data
USER bytespike
VOLUME /data
EXPOSE 8787
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s CMD ["/usr/local/bin/bun", "/app/scripts/healthcheck.ts"]
# It listens on loopback unless BYTESPIKE_HOST says otherwise, in a container as everywhere.
ENTRYPOINT ["/usr/local/bin/bun", "--config=/app/bunfig.toml", "/app/src/main.ts"]
CMD ["serve"]
