# Prêt à dépenser. `make` alone lists what can be asked. Plain /bin/sh, GNU make.
# Stamps in the virtual environment say what is installed: nothing is done twice.

SHELL = /bin/sh
.DEFAULT_GOAL = help
.SUFFIXES:
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
# Python keeps what it has compiled (__pycache__, which git ignores): a fifth of the work of each start.
unexport PYTHONDONTWRITEBYTECODE

VENV ?= .venv
# Size and seed of the fictitious portfolio that `make run` makes when there is none.
CLIENTS ?= 20000
SEED ?= 1
# More arguments for pytest: make test ARGS="-k config"
ARGS ?=
# Files of tests side by side; make test PARALLEL= runs one after the other. One process a core, four at most: with
# one more, all took as long and each test up to two and a half times as long.
CORES := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
PARALLEL ?= --numprocesses=$$(( $(CORES) < 4 ? $(CORES) : 4 )) --dist=loadfile

BIN = $(VENV)/bin
FLASK = $(BIN)/flask --app wsgi
PIP = $(BIN)/python -m pip --disable-pip-version-check --quiet
say = printf '\033[1m→ %s\033[0m\n'

.PHONY: help
help: ## Affiche cette aide
	@printf 'Prêt à dépenser : make COMMANDE\n\n'
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; \
	do printf '  %-16s %s\n' "$$name" "$$text"; done

.PHONY: run
run: prepare pdf ## Installe ce qui manque, puis sert sur http://127.0.0.1:8000 (HOST, PORT)
	@exec $(BIN)/gunicorn --config gunicorn.conf.py wsgi:app

# The instance folder: tables, a portfolio, its model, a first user. Only what is missing. Starting Python to see that
# nothing is would make `make run` wait nearly twice as long: a stamp newer than the migrations spares it.
.PHONY: prepare
prepare: $(VENV)/.run
	@set -e; instance="$${PRETADEPENSER_INSTANCE:-instance}"; stamp="$$instance/.prepared"; \
	if [ ! -e "$$stamp" ] || [ ! -e "$$instance/portfolio" ] || [ ! -e "$$instance/model" ] \
	  || [ -n "$${DATABASE_URL:-}$${PRETADEPENSER_DATABASE_URL:-}" ] || [ ! -e "$$instance/pretadepenser.sqlite" ] \
	  || [ -n "$$(find pretadepenser/records/migrations/versions -name '*.py' -newer "$$stamp")" ]; then \
	  $(FLASK) prepare --clients $(CLIENTS) --seed $(SEED); touch "$$stamp"; \
	fi

.PHONY: train
train: $(VENV)/.run ## Entraîne de nouveau le modèle sur le portefeuille en place
	@$(FLASK) model train

# The technology watch (research/). TABLE: the csv; PHOTOS: the folder of photos; WEIGHTS: a folder of
# <network>_notop.weights.h5 files (without it, Keras downloads VGG16 and EfficientNet-B7). It may also hold MiniLM's
# model.safetensors and tokenizer.json, in a folder of their own or not; what lacks its weights is left out by name.
WORK ?= research/work
WEIGHTS ?=
# Sides of EfficientNet-B7's photos, in pixels: at 600, its own, it takes seven times as long as at 224.
B7 ?= 224
# More configurations to learn, told among the try-outs: TRIALS="framing_vgg16_pad framing_vgg16_380".
TRIALS ?=
# Passes of the network for a map, and photos explained in each category, of the published report.
MAPS ?= --evaluations 200 --survey 2
STUDY = $(BIN)/python -m research
weights = $(if $(WEIGHTS),$(WEIGHTS)/$(1)_notop.weights.h5,imagenet)
NETWORKS = vgg16 $(if $(WEIGHTS),efficientnet_lite0 efficientnet_lite2 efficientnet_lite2_440,$(B7:%=efficientnet_b7_%))
# The network of a configuration: its name without the framing or side of its photos.
backbone = $(firstword $(foreach name,vgg16 efficientnet_lite0 efficientnet_lite2 efficientnet_b7,$(findstring $(name),$(1))))
# Methods that read texts, and then those that join what these and the photos' networks answered.
TEXTS = bag_of_words tfidf minilm minilm_tuned
JOINED = ensemble_text fusion_late fusion_unsure fusion_features
all_weights = $(if $(WEIGHTS),$(WEIGHTS),imagenet)

.PHONY: research
research: $(VENV)/.research study-data ## Refait la veille technique (TABLE=… PHOTOS=… et au besoin WEIGHTS=…)
	@$(STUDY) prepare --work $(WORK) --table "$(TABLE)" --photos "$(PHOTOS)"
	@set -e; for config in majority histogram; do $(STUDY) train --work $(WORK) --config $$config; done
	@$(foreach config,$(NETWORKS) $(TRIALS),$(STUDY) train --work $(WORK) --config $(config) \
	  --weights "$(call weights,$(call backbone,$(config)))" &&) true
	@$(if $(WEIGHTS),$(STUDY) train --work $(WORK) --config ensemble_efficientnet_lite)
	@set -e; for config in $(TEXTS); do \
	  $(STUDY) train --work $(WORK) --config $$config --weights "$(all_weights)"; done
	@$(STUDY) evaluate --work $(WORK)
	@set -e; for config in $(JOINED); do \
	  $(STUDY) train --work $(WORK) --config $$config --weights "$(all_weights)"; done
	@$(STUDY) evaluate --work $(WORK)
	@$(STUDY) texts --work $(WORK) --weights "$(all_weights)"
	@$(STUDY) explain --work $(WORK) --weights "$(all_weights)" $(MAPS)
	@$(STUDY) measure --work $(WORK) --network vgg16 --size 224
	@$(STUDY) measure --work $(WORK) --network efficientnet_lite0 --size 288
	@$(STUDY) measure --work $(WORK) --network efficientnet_lite2 --size 260 --size 440
	@$(STUDY) measure --work $(WORK) --network efficientnet_b7 --size 224 --size 300 --size 600 --batch 2
	@$(STUDY) measure --work $(WORK) $(foreach config,$(TEXTS),--method $(config)) --weights "$(all_weights)"
	@$(STUDY) compare --work $(WORK)

.PHONY: research-demo
research-demo: $(VENV)/.research ## Fait tourner la veille sur des images dessinées, en quelques minutes
	@$(STUDY) demo --work $(WORK)/demo

.PHONY: research-bench
research-bench: $(VENV)/.research study-data ## Mesure ce que le cache de la veille fait gagner (TABLE=… PHOTOS=…)
	@$(STUDY) prepare --work $(WORK)/bench --table "$(TABLE)" --photos "$(PHOTOS)" --sample 40
	@$(STUDY) bench --work $(WORK)/bench --config $(if $(WEIGHTS),efficientnet_lite0,vgg16) \
	  --weights "$(if $(WEIGHTS),$(call weights,efficientnet_lite0),imagenet)"

.PHONY: study-data
study-data:
	@if [ -z "$(TABLE)" ] || [ -z "$(PHOTOS)" ]; then \
	  echo 'Indiquez le catalogue et les photos : make research TABLE=catalogue.csv PHOTOS=dossier' >&2; exit 1; \
	fi

.PHONY: test
test: $(VENV)/.test browser pdf postgresql checkers spark ## Installe ce que les tests demandent, puis les lance (ARGS="-k …")
	@$(say) 'Tests'
	@$(BIN)/python -m pytest $(PARALLEL) $(ARGS)

.PHONY: bench
bench: $(VENV)/.test ## Mesure vitesse, mémoire, lisibilité et fidélité (ARGS="pages", "--sizes 5000")
	@$(BIN)/python -m tests.bench $(ARGS)

.PHONY: bench-faults
bench-faults: $(VENV)/.test ## Attaque de vrais serveurs : arrêts, pannes, entrées hostiles (ARGS="kill --kills 100")
	@$(BIN)/python -m tests.faults $(ARGS)

.PHONY: mutants
mutants: $(VENV)/.test ## Met des fautes dans le code et compte celles que les tests remarquent (ARGS="--sample 20 web")
	@$(BIN)/python -m tests.mutants $(ARGS)

.PHONY: screenshots
screenshots: $(VENV)/.test browser ## Refait les images du README
	@$(BIN)/python -m tests.screenshots

.PHONY: lint
lint: $(VENV)/.test ## Vérifie le style, les types et les frontières entre paquets
	@$(say) 'Style'
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(say) 'Types'
	@$(BIN)/mypy
	@$(say) 'Frontières'
	@$(BIN)/lint-imports

.PHONY: format
format: $(VENV)/.test ## Met le code en forme
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: check
check: lint test ## Tout vérifier : lint, puis test

.PHONY: lock
lock: $(VENV)/.test ## Refait les verrous de requirements/ (UPGRADE=--upgrade : dernières versions)
	@$(say) 'Verrous'
	@$(PIP) install uv
	@$(call lock,test,--extra audit --extra postgresql --extra research --extra test $(UPGRADE))
	@$(call lock,run,--extra postgresql --constraint requirements/test.lock)
	@$(call lock,spark,--extra postgresql --extra spark --constraint requirements/test.lock)
	@$(call lock,research,--extra postgresql --extra research --constraint requirements/test.lock)

# $(call lock,NAME,OPTIONS): the pins of the lock that is there are kept unless something asks for others. The
# markers that every line would carry (pyproject.toml, tool.uv) are taken away: the targets below check them.
define lock
$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
  --no-annotate --custom-compile-command 'make lock' setup.cfg requirements/build.in $(2) \
  --output-file requirements/$(1).lock \
&& sed -i -e "s/ and sys_platform == 'linux'//" -e "s/ and platform_python_implementation == 'CPython'//" \
  -e "s/ and implementation_name == 'cpython'//" \
  -e "s/ ; python_full_version < '3.15' and / ; /" -e "s/ ; python_full_version < '3.15'//" requirements/$(1).lock
endef

.PHONY: clean
clean: ## Enlève l’environnement virtuel et les caches, jamais le dossier d’instance
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache *.egg-info

# --- installation -------------------------------------------------------------------------------

$(VENV)/.made:
	@if [ "$$(uname -s)" != Linux ]; then \
	  echo 'Ce Makefile installe pour Linux : utilisez une machine Debian, ou le Dockerfile.' >&2; exit 1; \
	fi
	@set -e; python=; \
	for candidate in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	  if "$$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null; then \
	    python="$$candidate"; break; \
	  fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo 'Python 3.11 (ou plus récent, jusqu’à 3.14) est introuvable : installez-le (apt install python3), ou indiquez-le : make run PYTHON=/chemin/python3.11' >&2; \
	  exit 1; \
	fi; \
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo 'Le module venv de Python manque : apt install python3-venv' >&2; exit 1; \
	fi; \
	$(say) "Environnement virtuel dans $(VENV) ($$("$$python" --version))"; \
	"$$python" -m venv $(VENV); \
	touch $@

# The test lock holds the run lock's versions and more: where it is installed nothing is left to do.
$(VENV)/.run: requirements/run.lock setup.cfg | $(VENV)/.made
	@$(call install,run)

$(VENV)/.test: requirements/test.lock setup.cfg | $(VENV)/.made
	@$(call install,test)
	@touch $(VENV)/.run

$(VENV)/.research: requirements/research.lock setup.cfg | $(VENV)/.made
	@$(call install,research)
	@touch $(VENV)/.run

# Beside what the test lock holds: PySpark, of no use without Java.
$(VENV)/.spark: requirements/spark.lock setup.cfg | $(VENV)/.test
	@$(call install,spark)

define install
$(say) 'Installation des versions verrouillées de requirements/$(1).lock (la première fois, quelques minutes)'; \
$(PIP) install --require-hashes --requirement requirements/$(1).lock \
&& $(PIP) install --no-deps --no-build-isolation --editable . \
&& touch $(VENV)/.$(1)
endef

# Debian's packages: Pango draws the PDF sheet, Chromium runs the tests of pages. Installed where missing and allowed.
PDF_PACKAGES = libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core
# eSpeak NG speaks what the pages say. nginx, which begins to serve where it is installed, only on a machine of CI.
BROWSER_PACKAGES = chromium chromium-driver espeak-ng $(if $(CI),nginx-light)

.PHONY: pdf
pdf:
	@$(call packages,$(PDF_PACKAGES),la fiche d’entretien en PDF)

.PHONY: browser
browser:
	@$(call packages,$(BROWSER_PACKAGES),les tests dans un navigateur et à voix haute)

# Decisions and journal are tried on it too; tests start a server of their own.
.PHONY: postgresql
postgresql:
	@$(call packages,postgresql,les tests sur PostgreSQL)

# What judges pages beside axe-core. Tests are skipped, and say so, where it cannot be had.
.PHONY: checkers
checkers: $(VENV)/.made
	@if [ -e $(VENV)/checkers/node_modules ] && cmp -s tests/checkers/package-lock.json $(VENV)/checkers/package-lock.json; \
	then exit 0; fi; \
	command -v npm >/dev/null || { echo 'npm est introuvable : les pages ne seront jugées que par axe-core.' >&2; exit 0; }; \
	$(say) 'Installation des autres vérificateurs de pages (IBM Equal Access, HTML_CodeSniffer, Nu)'; \
	mkdir -p $(VENV)/checkers && cp tests/checkers/package*.json $(VENV)/checkers/ \
	&& npm ci --prefix $(VENV)/checkers --ignore-scripts --no-audit --no-fund --silent \
	|| { rm -rf $(VENV)/checkers; echo 'Les autres vérificateurs n’ont pas pu être installés : axe-core seul jugera.' >&2; }

# Spark's tests start a cluster of their own. Without Java, or where PySpark cannot be had, they are skipped and say so.
.PHONY: spark
spark: $(VENV)/.test
	@command -v java >/dev/null || { $(call packages,default-jre-headless,les tests de Spark); }
	@command -v java >/dev/null || exit 0; $(MAKE) $(VENV)/.spark \
	|| echo 'PySpark n’a pas pu être installé : Spark ne sera pas testé.' >&2

# $(call packages,NAMES,WHAT FOR)
define packages
set -e; missing=; \
command -v dpkg-query >/dev/null || exit 0; \
for package in $(1); do \
  dpkg-query --show --showformat '$${db:Status-Status}' "$$package" 2>/dev/null | grep -qx installed \
  || missing="$$missing $$package"; \
done; \
[ -n "$$missing" ] || exit 0; \
if [ "$$(id -u)" = 0 ]; then sudo=; elif sudo -n true 2>/dev/null; then sudo='sudo -n'; else \
  echo "Il manque, pour $(2), des paquets qu’un administrateur doit installer : apt install$$missing" >&2; exit 0; \
fi; \
$(say) "Installation de$$missing, pour $(2)"; \
$$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $$missing \
|| echo "L’installation a échoué ; elle est nécessaire pour $(2)." >&2
endef
