# A bare Debian 12 with the packages and the sources of the project:
#
#   docker build -t rover .
#   docker run --rm -v "$PWD/runs:/rover/runs" rover    # scripts/quickstart; its results are in runs/
#   docker run --rm rover scripts/test
FROM debian:12
WORKDIR /rover
# The packages first: they change less often than the sources.
COPY scripts/common.sh scripts/common.sh
RUN bash scripts/common.sh --tests && rm -rf /var/lib/apt/lists/*
COPY . .
CMD ["scripts/quickstart"]
