# A service without a network, such as color. From the root of the repository:
#   docker build -f deploy/images/light.Dockerfile --build-arg SERVICE=color -t snsfashion/color .
ARG BASE=python:3.11-slim

# hadolint ignore=DL3006
FROM ${BASE} AS build
ARG SERVICE
WORKDIR /src
COPY constraints.txt ./
COPY deploy/images/requirements.py deploy/images/
COPY protos protos
COPY libs libs
COPY services/${SERVICE} services/${SERVICE}
ENV PIP_CONSTRAINT=/src/constraints.txt PIP_CACHE_DIR=/var/cache/pip PIP_DISABLE_PIP_VERSION_CHECK=1
RUN --mount=type=cache,target=/var/cache/pip \
    python -m venv /venv \
    && python deploy/images/requirements.py "${SERVICE}" >requirements.txt \
    && /venv/bin/pip install -r requirements.txt

# hadolint ignore=DL3006
FROM ${BASE}
ARG SERVICE
RUN useradd --uid 10001 --no-create-home --home-dir /tmp snsfashion \
    && install --directory --owner=snsfashion /blobs
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp GRPC_HOST=0.0.0.0
ENV SERVICE=${SERVICE}
USER 10001:10001
EXPOSE 50051 9090
# exec: Python takes the place of the shell as process 1 and receives SIGTERM itself.
ENTRYPOINT ["sh", "-c", "exec python -m \"$SERVICE\""]
