# The image that runs GrokSweep: coordinator, worker or everything at once.
#
#   docker build --tag groksweep .
#   mkdir -p results
#   docker run --rm --user "$(id -u):$(id -g)" --volume "$PWD/results:/data/results" groksweep run sweeps/quickstart.yaml
#
# --user makes the files yours. Without it the program runs as user 10001 and says so when it may not write to the folder. Where
# Docker itself runs without root, --user 0:0 is you.
#
# Variables say what options would: GROKSWEEP_LISTEN, GROKSWEEP_KEYS, GROKSWEEP_RESULTS for coordinate, GROKSWEEP_JOIN, GROKSWEEP_KEY,
# GROKSWEEP_SLOTS for work; GROKSWEEP_KEYS and GROKSWEEP_KEY name mounted secrets. Without --slots there are as many trainers as
# --cpus and --memory leave room for. --read-only needs --tmpfs /tmp.

# Another image with a Swift toolchain for Debian 12 may be named here, for example one with a package mirror.
ARG SWIFT_IMAGE=swift:6.3-bookworm
FROM ${SWIFT_IMAGE} AS build
RUN apt-get -q update \
  && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends \
    libcurl4-openssl-dev liblapacke-dev libopenblas-dev libsqlite3-dev libxml2-dev libzmq3-dev \
  && apt-get clean && rm -rf /var/lib/apt/lists/*
WORKDIR /source
# The dependencies change less often than the sources: they are fetched in a layer of their own.
COPY Package.* ./
RUN swift package resolve
COPY Sources Sources
COPY Tests Tests
RUN swift build --configuration release --product groksweep --static-swift-stdlib \
  && install -D .build/release/groksweep /image/usr/local/bin/groksweep \
  && strip --strip-debug /image/usr/local/bin/groksweep \
  && ldd /image/usr/local/bin/groksweep

FROM debian:bookworm-slim
RUN apt-get -q update \
  && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends \
    fonts-dejavu-core gnuplot-nox liblapacke libopenblas0-pthread libsqlite3-0 libzmq5 \
  && apt-get clean && rm -rf /var/lib/apt/lists/* \
  && useradd --uid 10001 --create-home groksweep \
  && install --directory --owner groksweep --group groksweep /data \
  # New volumes take the mode from here: whatever --user says may write to its own.
  && install --directory --mode 1777 /data/results /state
COPY --from=build /image /
COPY sweeps /data/sweeps
# A worker's identity, and what it could not deliver yet, outlive its container's restart.
VOLUME /state
# gnuplot's fonts are looked up in a cache, which is on no read-only root.
ENV XDG_STATE_HOME=/state XDG_CACHE_HOME=/tmp
WORKDIR /data
# By number: Kubernetes does not know names, where it makes sure that nobody is root.
USER 10001:10001
# The program is PID 1: it reaps its trainers and ends in order on SIGTERM.
ENTRYPOINT ["groksweep"]
CMD ["--help"]
