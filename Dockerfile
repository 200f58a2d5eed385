# syntax=docker/dockerfile:1
# One image for all of Torchweave: the command decides which app runs.

FROM node:20-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc nx.json tsconfig.base.json ./
COPY apps apps
COPY libs libs
COPY tools tools
RUN npm ci && npm run build && npm prune --omit=dev

FROM node:20-bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 tini \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --create-home --uid 10001 torchweave \
 && mkdir -p /data /workflows /models \
 && chown torchweave /data
WORKDIR /app
COPY --from=build /src/package.json ./
COPY --from=build /src/node_modules node_modules
COPY --from=build /src/apps apps
COPY --from=build /src/libs libs
USER torchweave
ENV NODE_ENV=production TORCHWEAVE_DATA_DIR=/data
ENTRYPOINT ["tini", "--", "node", "/app/apps/cli/bin/torchweave.js"]
CMD ["--help"]
