# The image that a one-shot run uses: everything installed at the locked versions, nobody's rights, nothing to write to.
ARG BASE=python:3.12-slim
FROM ${BASE} AS build
WORKDIR /src
COPY pyproject.toml requirements.lock README.md LICENSE ./
COPY agent agent
COPY probes probes
COPY rules rules
RUN python3 -m venv /opt/diagnose \
 && /opt/diagnose/bin/pip install --no-cache-dir --no-deps -r requirements.lock \
 && /opt/diagnose/bin/pip install --no-cache-dir --no-deps . \
 && /opt/diagnose/bin/python -m compileall -q /opt/diagnose

FROM ${BASE}
COPY --from=build /opt/diagnose /opt/diagnose
USER 10001:10001
ENTRYPOINT ["/opt/diagnose/bin/diagnose"]
