# Every command of the project. The work is done in tools/local; here are the names. `make help` lists them.

.DEFAULT_GOAL := help
.PHONY: help tools up up-localstack down clean-local demo env token logs watch invoke reconcile audit-verify review rebuild-search restore-drill chaos build deploy stripe-webhook test test-fast test-e2e test-deep test-repeat model mutants bench audit sbom lock-python machines fmt lint

PYTHON := python3
STACK := $(PYTHON) tools/local/stack.py
CHECKS := $(PYTHON) tools/local/checks.py
VENV_BIN := $(CURDIR)/.local/venv/bin
# As they are shipped. Built together with the suites they would have HTTP/2, which the SDK's own client asks for there.
FUNCTION_PACKAGES := $(foreach fn,$(notdir $(wildcard functions/*)),--package $(fn))

# Arguments of the targets below: make token SUB=guest-1 SCOPE="booking/guest"
SUB ?= guest-1
SCOPE ?= booking/guest
EXPIRES_IN ?=
GROUPS ?=
FN ?=
EVENT ?=
DRY_RUN ?=
BOOKING ?=
QUEUE ?=
MINUTES ?=
FIND ?=
FOLLOW ?= 1
SEED ?= 1
CALLERS ?=
FILE ?=
URL ?=
KEY_FILE ?=
SECRET_FILE ?=
ARCH ?= arm64
OPTIONS ?=
PACKAGE ?=
TEST ?=
TIMES ?= 50

# Refused before anything is installed or built; what the other targets are given, the tools check first thing.
ifneq ($(filter build deploy,$(MAKECMDGOALS)),)
ifeq ($(filter arm64 x86_64,$(ARCH)),)
$(error ARCH=$(ARCH) is none of: arm64 x86_64)
endif
endif

# It would go to the local stack, or wherever that is: `make env` prints such a line.
ifneq ($(filter deploy,$(MAKECMDGOALS)),)
ENDPOINTS := $(foreach name,$(filter AWS_ENDPOINT_URL%,$(.VARIABLES)),$(if $($(name)),$(name)=$($(name))))
ifneq ($(ENDPOINTS),)
$(error $(ENDPOINTS) leads elsewhere than to AWS: use a new shell, or unset it)
endif
endif

help: ## This list
	@awk -F ':.*## ' '/^##@ /{print "\n" substr($$0, 5)} /^[a-z0-9-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo '  FN is a folder below functions/, EVENT a file below events/samples/:'
	@echo '    make logs FN=hold'
	@echo '    make logs FN=payment MINUTES=60 FIND=bkg_... FOLLOW=0'
	@echo '    make invoke FN=hold EVENT=events/samples/http/hold-create.json'
	@echo '  invoke calls the deployed function, or the one that `make watch FN=...` keeps in its place.'
	@echo '  Chaos, by a seed and for so long: make chaos SEED=7 SECONDS=300 CALLERS=16'
	@echo '  A test fifty times beside busy processors: make test-repeat PACKAGE=holdfast-usecases TEST=notices TIMES=50'
	@echo '    or a Python file of tests: make test-repeat TEST=tools/local/tests/test_shim.py'
	@echo '  Pages that may call the local API: CORS_ORIGINS=http://localhost:3000 make up'
	@echo '  A token: make -s token SUB=guest-1 SCOPE="booking/guest" (EXPIRES_IN=60, in seconds, if wanted)'
	@echo '    of staff: make -s token SUB=ada SCOPE="booking/operator" GROUPS="platform", or GROUPS="property.hotel-nyc" of one property'
	@echo '    of a guest with private rates: make -s token SUB=guest-1 SCOPE="booking/guest" GROUPS="rate.company-acme"'

##@ The local stack

up: ## Start the local stack: install, build, deploy, load the catalogue; quick when it runs already
	@$(STACK) up

up-localstack: ## The same on a LocalStack that you run on port 4566 (Docker, HTTP APIs; see README)
	@NEIGHBOUR_HOST=host.docker.internal $(STACK) up --foreign-emulator

down: ## Stop the local stack; its data is kept for the next `make up`
	@$(STACK) down

clean-local: ## Forget the stopped local stack's data and logs
	@$(STACK) clean

##@ Try it

demo: up ## Start the local stack and show the whole journey of a booking, step by step
	@$(STACK) exec -- target/debug/demo

env: ## Print KEY=VALUE lines of the running local stack
	@$(STACK) env

token: ## Print a token that the local API accepts (SUB, SCOPE, EXPIRES_IN, GROUPS)
	@$(STACK) token --sub='$(SUB)' --scope='$(SCOPE)' --expires-in='$(EXPIRES_IN)' --groups='$(GROUPS)'

logs: ## Follow a deployed function's log until Ctrl-C (FN; MINUTES back, FIND a text, FOLLOW=0 ends)
	@$(STACK) logs --fn='$(FN)' --minutes='$(MINUTES)' --find='$(FIND)' --follow='$(FOLLOW)'

watch: ## Put a function as it is in the sources into the running stack, anew at every change, until Ctrl-C (FN)
	@$(STACK) watch --fn='$(FN)'

invoke: ## Call a function with an event (FN, EVENT)
	@$(STACK) invoke --fn='$(FN)' --event='$(EVENT)'

##@ Operate the running stack

reconcile: ## Compare pages, bookings and payments, repair what is safe, print a report (DRY_RUN=1 only looks)
	@$(STACK) reconcile --dry-run='$(DRY_RUN)'

audit-verify: ## Check the seals of every audit trail, and name the first broken link (BOOKING, RESOURCE, PROPERTY: only that one's)
	@$(STACK) audit-verify $(BOOKING) $(addprefix --resource=,$(RESOURCE)) $(addprefix --property=,$(PROPERTY))

review: ## Print the cases that need a person, and delete those that have settled themselves (QUEUE: another queue's, by its URL)
	@$(STACK) review --queue='$(QUEUE)'

rebuild-search: ## Make what search reads again from the ledger, while both are in use
	@$(STACK) rebuild-search

restore-drill: ## Take the running local stack back to a point in time, and reconcile it with the provider
	@$(STACK) restore-drill

# Not `?=`: some shells have a variable of that name, which counts how long they run.
chaos: SECONDS := $(if $(filter command line,$(origin SECONDS)),$(SECONDS),120)
chaos: ## Mixed traffic while faults strike, then the audit: prints a table (SEED, SECONDS, CALLERS)
	@$(STACK) chaos --seed='$(SEED)' --seconds='$(SECONDS)' --callers='$(CALLERS)'

##@ Ship to AWS

build: tools ## Build the functions for AWS: release, into target/lambda (ARCH=arm64 or x86_64)
	PATH="$(VENV_BIN):$$PATH" cargo lambda build --locked --release $(if $(filter arm64,$(ARCH)),--arm64,--x86-64) $(FUNCTION_PACKAGES)

deploy: build ## Deploy to the AWS account of your credentials (needs `cdk bootstrap` once; OPTIONS="-c alarmEmail=...")
	@PATH="$(VENV_BIN):$$PATH" $(PYTHON) tools/deploy/deploy.py --architecture=$(ARCH) $(OPTIONS)

stripe-webhook: ## Register the webhook at Stripe, or bring it up to date (URL, KEY_FILE, SECRET_FILE)
	@$(PYTHON) tools/deploy/stripe_webhook.py --url='$(URL)' --key-file='$(KEY_FILE)' --secret-file='$(SECRET_FILE)'

##@ Test and measure

test: ## Run every test: format, lints, unit, property, ledger, CDK, end to end on a deployed local stack, and a short chaos
	@$(CHECKS) everything

test-fast: ## Run the tests that need no local stack
	@$(CHECKS) without-stack

test-e2e: ## Start the local stack if need be and run the end-to-end tests
	@$(CHECKS) end-to-end

test-deep: ## Run the Rust tests that need no stack, those over generated cases with a hundred times the cases; takes hours
	@$(CHECKS) deep

test-repeat: ## Run one test TIMES times beside busy processors: what relies on time, order or load fails (PACKAGE, TEST, TIMES)
	@$(PYTHON) tools/local/repeat.py --package '$(PACKAGE)' --test '$(TEST)' --times '$(TIMES)'

model: ## Explore every order of holds, payments, expiries and cancellations, and of places on shards, within bounds, and print the table
	cargo run --locked --package holdfast-model

mutants: ## Change the domain and the use cases place by place and see that a test fails; takes hours (FILE: only that one)
	@$(PYTHON) tools/local/mutants.py --file '$(FILE)'

bench: ## Print the figures: write units, rates, start-up times, binary sizes
	cargo build --locked --release $(FUNCTION_PACKAGES)
	cargo build --locked --release --package bench
	target/release/bench

##@ Packages and generated files

audit: tools ## Check licences, bans, sources and known advisories of all packages; needs the network, and says so if it has none
	@$(PYTHON) tools/local/audit.py

sbom: tools ## Write what everything is made of, as CycloneDX, into target/sbom; from the lock files alone
	@$(PYTHON) tools/local/sbom.py

lock-python: tools ## Write the lock files of Python packages anew, from the wishes in tools/local/*requirements.txt (OPTIONS=--upgrade)
	@$(PYTHON) tools/local/lock.py $(OPTIONS)

machines: tools ## Make the state machines and their pictures from statemachines/*.mts
	@cd infra/cdk && PATH="$(VENV_BIN):$$PATH" npm run --silent machines

tools: ## Install the tools that builds and tests use into .local and infra/cdk
	@$(STACK) tools

fmt: ## Format the Rust code
	cargo fmt --all

lint: ## Check format and lints of the Rust code
	@$(CHECKS) lint
