# The image of a run in a cluster: everything at the locked versions, nobody's rights, nothing to write to, no shell needed.
#
#   docker build -t diagnose .                                from python:3.12-slim
#   docker build -t diagnose --build-arg BASE=my/debian .     from any glibc system with python3 (3.11 or later) and python3-venv
#
# Nothing of the build stage is in the image but /opt/diagnose: neither the arguments below nor a proxy's (HTTPS_PROXY).
# BUILD_BASE stands in for BASE while packages are fetched: if the way to the index needs a certificate authority of yours, put that there.
ARG BASE=python:3.12-slim
ARG BUILD_BASE=${BASE}

FROM ${BUILD_BASE} AS build
# An index of yours, in place of the public one; what it gives must have the hashes of uv.lock. (Of BuildKit, only --provenance=mode=max would record it.)
ARG UV_DEFAULT_INDEX
ARG PIP_INDEX_URL=${UV_DEFAULT_INDEX}
RUN python3 -m venv /tools \
 && /tools/bin/pip install --no-cache-dir --disable-pip-version-check --quiet uv==0.13.9 cyclonedx-bom==7.5.0
ENV PATH=/tools/bin:${PATH} \
    UV_PROJECT_ENVIRONMENT=/opt/diagnose \
    UV_PYTHON=/opt/diagnose/bin/python \
    UV_PYTHON_DOWNLOADS=never \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_CACHE=1
RUN uv venv --quiet --python "$(PATH=${PATH#/tools/bin:} command -v python3)" /opt/diagnose
WORKDIR /src
COPY pyproject.toml uv.lock ./
RUN if [ -z "${UV_DEFAULT_INDEX}" ]; then \
        uv sync --locked --all-extras --no-dev --no-install-project; \
    else \
        uv export --frozen --all-extras --no-dev --no-emit-project --quiet -o /requirements.txt && uv pip sync --require-hashes /requirements.txt; \
    fi
COPY README.md LICENSE ./
COPY agent agent
COPY probes probes
COPY rules rules
RUN uv pip install --no-deps . \
 && cyclonedx-py environment --pyproject pyproject.toml --output-reproducible -o /opt/diagnose/sbom.cdx.json /opt/diagnose/bin/python

FROM ${BASE}
ARG REVISION
LABEL org.opencontainers.image.title="diagnose" \
      org.opencontainers.image.description="Names the root cause of what is wrong on an MLOps platform, with the evidence, by looking at it. Read-only." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /opt/diagnose /opt/diagnose
ENV PATH=/opt/diagnose/bin:/usr/local/bin:/usr/bin:/bin
WORKDIR /
USER 10001:10001
ENTRYPOINT ["/opt/diagnose/bin/diagnose"]
