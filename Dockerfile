# One image for all services; `docker compose up` runs them. The environment holds Aftershock alone:
# its packages are called app, ingest and models, and share no folder with anyone else's.

# A tag moves with every rebuild of its image. Whoever wants the same bytes each time appends the digest that
# `docker buildx imagetools inspect IMAGE:TAG` gives, to each FROM below: node:22-slim@sha256:... It names no
# digest here, for none can be kept right without asking the registry each time it is rebuilt for a fix.

FROM node:22-slim AS bundle
WORKDIR /bundle
COPY Makefile ./
RUN npm pack --silent "$(sed -n 's/^PLOTLY_BUNDLE := //p' Makefile)" \
    && tar -xzf plotly*.tgz && mv package/plotly*.min.js plotly.min.js && mv package/LICENSE . \
    && rm -rf package plotly*.tgz Makefile

FROM python:3.13-slim-trixie AS build
WORKDIR /src
COPY pyproject.toml requirements.lock ./
RUN sed -n '/^uv==/,/[^\\]$/p' requirements.lock > uv.lock \
    && pip install --no-cache-dir --no-deps --require-hashes -r uv.lock \
    && python -m venv --without-pip /opt/aftershock \
    && uv pip install --no-cache --compile-bytecode --python /opt/aftershock/bin/python \
        --require-hashes -c requirements.lock -r pyproject.toml
COPY README.md LICENSE ./
COPY assets assets
COPY models models
COPY ingest ingest
COPY app app
RUN uv pip install --no-cache --compile-bytecode --python /opt/aftershock/bin/python \
    --no-deps -b requirements.lock .

FROM python:3.13-slim-trixie
# pg_dump and pg_restore, of the version of the compose file's server.
RUN apt-get update && apt-get install --no-install-recommends --yes postgresql-client-17 \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --user-group --no-create-home aftershock && install -d -m 700 -o aftershock /data
COPY --from=build /opt/aftershock /opt/aftershock
COPY --from=bundle /bundle /opt/aftershock/share/aftershock
ENV AFTERSHOCK_DATA_DIR=/data AFTERSHOCK_HOST=0.0.0.0
# Not the folder of anyone's project: what lies in the start folder must not be taken for ours.
WORKDIR /data
USER 10001
VOLUME /data
EXPOSE 8050
ENTRYPOINT ["/opt/aftershock/bin/aftershock"]
CMD ["serve"]
