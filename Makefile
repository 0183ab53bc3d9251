# One build folder and one configuration for everything here, so that `make phase-map` and `make test` share one build.

SWIFT ?= swift
RESULTS ?= results
SEEDS ?= 2000
FIRST_SEED ?= 0
MINUTES ?= 2
INPUTS ?= 200000
GROKSWEEP = .build/release/groksweep

# What the formatter reads; the benchmarks are a package of their own.
SWIFT_FILES = Package.swift Sources Tests \
  $(wildcard Benchmarks/Package.swift Benchmarks/Sources Benchmarks/Benchmarks Benchmarks/Tests)

.DEFAULT_GOAL := help
.PHONY: help phase-map test build build-tests lint format benchmark compare simulate traffic storm fuzz containers try-ssh try-slurm try-network try-systemd manifests packages toolchain clean
export SWIFT

help: ## Say what there is.
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | while IFS='	' read -r target does; do \
	  printf '  make %-12s %s\n' "$$target" "$$does"; \
	done

phase-map: build ## Draw the phase map of Kumar et al. 2024: install what is missing, build, run, say where the map is.
	$(GROKSWEEP) run sweeps/alpha-epsilon.yaml --results $(RESULTS)
	@echo "The map: $(RESULTS)/alpha-epsilon/map.svg (also map.png and map.pdf; map.gp restyles it)"

test: build-tests ## Run all tests: install what is missing, build, test.
	scripts/run-tests --configuration release --skip-build

build: packages toolchain ## Build groksweep in release mode.
	$(SWIFT) build --configuration release

build-tests: packages toolchain
	$(SWIFT) build --configuration release --build-tests

lint: toolchain ## Check layout and rules of every Swift file and the syntax of every script.
	$(SWIFT) format lint --strict --recursive --parallel $(SWIFT_FILES)
	@for script in .ci/run $(filter-out scripts/check-commands,$(wildcard scripts/*)) cluster/*.sh cluster/testbed/*.sh Benchmarks/*.sh Benchmarks/pinned Benchmarks/peers/*.sh; do bash -n "$$script" || exit 1; done
	@! command -v git >/dev/null || git apply --check Tests/broken-rules.patch
	@! command -v python3 >/dev/null || scripts/check-commands docs/cluster.md
	@! command -v python3 >/dev/null || python3 -c 'import ast, sys; [ast.parse(open(file).read(), file) for file in sys.argv[1:]]' cluster/*.py cluster/storm/*.py cluster/testbed/*.py scripts/check-commands

format: toolchain ## Lay out every Swift file.
	$(SWIFT) format --in-place --recursive --parallel $(SWIFT_FILES)

benchmark: build ## Measure the training steps and the coordinator's throughput (Benchmarks/, a package of its own).
	$(SWIFT) build --configuration release --package-path Benchmarks
	Benchmarks/pinned Benchmarks/.build/release/trainer-benchmark
	Benchmarks/noop-throughput.sh $(GROKSWEEP)

compare: packages toolchain ## The training steps beside PyTorch and JAX, on one pinned core (installs both into a folder of their own).
	$(SWIFT) build --configuration release --package-path Benchmarks
	Benchmarks/compare.sh

simulate: build-tests ## Whole sweeps in simulation, faults then calm: make simulate SEEDS=5000 FIRST_SEED=1000.
	SEEDS=$(SEEDS) FIRST_SEED=$(FIRST_SEED) $(if $(TRACE),TRACE=1) scripts/run-tests --configuration release --skip-build --filter SimulationTests

traffic: build-tests ## What a node costs its coordinator, counted in simulation (docs/cluster.md).
	TRACE=1 scripts/run-tests --configuration release --skip-build --filter TrafficTests | grep 'runs of'

storm: build ## Real processes killed, stopped and cut off, then a look at the store: make storm MINUTES=30 SEED=7.
	@python3 -c 'import sqlite3' || { echo "make storm needs Python 3 with sqlite3 (package python3)"; exit 3; }
	python3 -B cluster/storm/storm.py $(GROKSWEEP) --minutes $(MINUTES) $(if $(SEED),--seed $(SEED)) $(if $(ROUND),--round $(ROUND))

fuzz: build-tests ## Mutated inputs for every decoder: make fuzz INPUTS=1000000 SEED=3.
	INPUTS=$(INPUTS) $(if $(SEED),SEED=$(SEED)) scripts/run-tests --configuration release --skip-build --filter FuzzTests

containers: ## Build the image and try it: Compose on two engines, containers killed, stopped and hung (needs Docker).
	cluster/test-containers.sh

try-ssh: build ## Try `launch ssh` on five hosts of this machine: a cable cut, the coordinator killed (needs root).
	cluster/test-ssh.sh $(GROKSWEEP)

try-slurm: build ## Try `launch slurm` on a cluster of three nodes: time limits, a node lost (needs root, ten minutes).
	cluster/test-slurm.sh $(GROKSWEEP)

try-network: build ## Try what crosses machines: several addresses, IPv6, a coordinator that moves, wrong clocks (needs root).
	cluster/test-network.sh $(GROKSWEEP)

try-systemd: build ## Try the units of systemd on three machines that it boots here: kills, stops, reboots, fences (needs root).
	cluster/test-systemd.sh $(GROKSWEEP)

manifests: build ## Check the manifests of Kubernetes and the units of systemd, without either.
	cluster/check-manifests.sh $(GROKSWEEP)

clean: ## Remove what the builds made; results stay.
	rm -rf .build Benchmarks/.build

packages:
	@scripts/install-packages

toolchain:
	@scripts/require-swift
