# syntax=docker/dockerfile:1
# One image for all of Torchweave: the command decides which app runs.

FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/root/.npm npm ci && npm run build
# What only tests and compilers need stays behind.
RUN rm -rf libs/testing tools && npm prune --omit=dev && rm -rf node_modules/typescript \
 && find apps libs -not -path '*/node_modules/*' -type d \( -name src -o -name test -o -name tests -o -name bench \) \
      -prune -exec rm -rf {} + \
 && find apps libs -not -path '*/node_modules/*' -type f \
      \( -name '*.d.ts' -o -name '*.map' -o -name '*.tsbuildinfo' -o -name tsconfig.json \) -delete \
 && find node_modules -xtype l -delete

FROM node:24-bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 tini \
 && rm -rf /var/lib/apt/lists/* /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /opt/yarn* \
 && useradd --system --create-home --uid 10001 torchweave \
 && mkdir -p /data/archives /workflows /models \
 && chown -R torchweave /data
WORKDIR /app
COPY --from=build /src/package.json ./
COPY --from=build /src/node_modules node_modules
COPY --from=build /src/apps apps
COPY --from=build /src/libs libs
COPY deploy/healthcheck.mjs deploy/
USER torchweave
ENV NODE_ENV=production TORCHWEAVE_DATA_DIR=/data
# Every app tells its health on the port of its metrics.
EXPOSE 8080 8081 8082
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["node", "/app/deploy/healthcheck.mjs"]
ENTRYPOINT ["tini", "--", "node", "--max-semi-space-size=32", "/app/apps/cli/bin/torchweave.js"]
CMD ["--help"]
