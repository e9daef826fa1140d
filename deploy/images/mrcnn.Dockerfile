# The segmenter with the original mrcnn on TensorFlow as its engine (SEGMENTER_ENGINE=mrcnn). It carries no weights: mount a
# Matterport .h5 and name it. From the root of the repository:
#   docker build -f deploy/images/mrcnn.Dockerfile -t snsfashion/segmenter-mrcnn .
#   docker run -v ./weights:/weights:ro -e SEGMENTER_WEIGHTS=/weights/mask_rcnn_deepfashion2_075.h5 ...
ARG BASE=python:3.11-slim

# hadolint ignore=DL3006
FROM ${BASE} AS build
WORKDIR /src
COPY constraints.txt ./
COPY deploy/images/requirements.py deploy/images/
COPY protos protos
COPY libs libs
COPY services/segmenter services/segmenter
ENV PIP_CONSTRAINT="/src/constraints.txt /src/services/segmenter/mrcnn-constraints.txt" \
    PIP_CACHE_DIR=/var/cache/pip PIP_DISABLE_PIP_VERSION_CHECK=1
RUN --mount=type=cache,target=/var/cache/pip \
    python -m venv /venv \
    && python deploy/images/requirements.py 'segmenter[mrcnn]' >requirements.txt \
    && /venv/bin/pip install -r requirements.txt \
    && /venv/bin/pip install --no-deps tf-keras mrcnn

# hadolint ignore=DL3006
FROM ${BASE}
RUN useradd --uid 10001 --no-create-home --home-dir /tmp snsfashion \
    && install --directory --owner=snsfashion /blobs
COPY --from=build /venv /venv
ENV SEGMENTER_ENGINE=mrcnn
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp GRPC_HOST=0.0.0.0
USER 10001:10001
EXPOSE 50051 9090
ENTRYPOINT ["python", "-m", "segmenter"]
