"""What each command does: a few calls to the rooms of the study, and lines of French for the user."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from research import config as configs
from research import study as studies
from research.config import Config
from research.errors import MissingPartError, ResearchError
from research.files import write_json
from research.texts.findings import check_texts, skip
from research.texts.reading import near_texts

#: Products named in one line.
SHOWN = 5


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %".replace(".", ",")


def prepare(options: argparse.Namespace) -> Iterator[str]:
    """Prepare a study and say what was found."""
    study = studies.prepare(options.table, options.photos, options.work, options.seed, options.sample)
    catalog = study.catalog
    yield f"{len(catalog.photos)} photos utilisables ; {len(catalog.left_out)} produits laissés de côté."
    for product in catalog.left_out:
        yield f"  {product.uniq_id} ({product.category}) : {product.reason}"
    for identity in catalog.repeated_ids:
        yield f"  {identity} : identifiant répété dans le catalogue, sa première fiche est gardée"
    for name, count in catalog.counts().items():
        yield f"  {name} : {count}"
    yield (
        f"Doublons : {len(catalog.repeated_ids)} identifiants répétés, {len(catalog.same_file)} groupes de "
        f"fichiers identiques, {len(catalog.near)} groupes de photos presque identiques (gardés ensemble)."
    )
    if study.texts:
        sizes = Counter(near_texts([text.whole for text in study.texts]).tolist())
        several = sum(size > 1 for size in sizes.values())
        yield f"Textes presque identiques : {several} groupes (gardés ensemble aussi)."
    elif nameless := study.nameless:
        shown = ", ".join(nameless[:SHOWN]) + (", …" if len(nameless) > SHOWN else "")
        yield (
            f"Sans nom dans la colonne product_name : {shown}. Les méthodes de texte sont laissées de côté ; "
            "complétez le catalogue pour les comparer."
        )
    yield f"Découpage {study.manifest.key} : {study.manifest.folds} tirages, graine {study.manifest.seed}."


def train(options: argparse.Namespace) -> Iterator[str]:
    """Train a configuration and give the accuracy of each fold on its own test photos."""
    study = studies.open_study(options.work)
    config = configs.load(options.config)
    if isinstance(config, Config):
        config = shortened(config, options.views, options.epochs)
    folds = options.folds if options.folds is not None else list(range(study.manifest.folds))
    if max(folds) >= study.manifest.folds or min(folds) < 0:
        raise ResearchError(f"Les tirages vont de 0 à {study.manifest.folds - 1}.")
    try:
        runs = studies.train(study, config, options.weights, folds, options.cache_limit, tqdm.write)
    except MissingPartError as missing:
        if configs.reads(config) not in {"text", "both"}:
            raise
        skip(study, config.name, config.label, str(missing))
        yield f"{config.label} : laissé de côté. {missing}"
        return
    skip(study, config.name, config.label, None)
    from research.evaluation import PHASES, figures, gather

    found = figures(gather(study, config.name, config.label, runs), study.manifest)
    for number, run in enumerate(runs):
        frozen, tuned = (found["phases"][phase]["by_draw"]["test"][number] for phase in PHASES)
        yield f"Tirage {run.fold} : base gelée {_percent(frozen)}, affinée {_percent(tuned)}."


def shortened(config: Config, views: int | None, epochs: int | None) -> Config:
    """The configuration with fewer views or epochs, for a trial."""
    if views is not None:
        config = replace(config, views=views, averaged=min(views, config.averaged))
    if epochs is not None:
        head, tuning = replace(config.head, epochs=epochs), replace(config.tuning, epochs=epochs)
        config = replace(config, head=head, tuning=tuning)
    return config


def evaluate(options: argparse.Namespace) -> Iterator[str]:
    """Measure every trained configuration."""
    from research.evaluation import evaluate as measure_runs

    study = studies.open_study(options.work)
    done = 0
    for name in options.config or configs.names():
        config = configs.load(name)
        runs = studies.read_runs(study, name)
        if not runs:
            continue
        if len(runs) < 2:
            # The photos that one fold tests are no other fold's: it has nothing to be measured on but them.
            yield f"{config.label} : un seul tirage est terminé ; la mesure en demande deux au moins."
            continue
        found = measure_runs(study, name, config.label, runs)
        tuned = found["phases"]["tuned"]
        low, high = tuned["test_interval"]
        yield (
            f"{config.label} : {_percent(tuned['accuracy']['test'])} au test "
            f"(intervalle à 95 % : {_percent(low)} à {_percent(high)})."
        )
        done += 1
    if not done:
        raise ResearchError("Rien à mesurer : lancez d’abord « python -m research train --config NOM ».")


def explain(options: argparse.Namespace) -> Iterator[str]:
    """Draw the heat maps of a trained configuration, or of those that the report looks at closely."""
    from research.findings import read_findings
    from research.heatmaps import explain_config

    study = studies.open_study(options.work)
    names = [options.config] if options.config else read_findings(study).leading
    if not names:
        raise ResearchError("Rien à expliquer : lancez d’abord « python -m research evaluate ».")
    for name in names:
        config = configs.load(name)
        if not isinstance(config, Config):
            raise ResearchError("Les cartes SHAP demandent un réseau : choisissez une autre configuration.")
        weights = weights_of(config, options.weights)
        count = explain_config(
            study, config, weights, options.fold, options.evaluations, options.survey, options.seed
        )
        yield f"{count} cartes SHAP pour {config.label} dans « {study.work / 'heatmaps' / config.name} »."


def weights_of(config: Config, weights: str) -> str:
    """The weights of a configuration's network: those asked for, or their file in the folder asked for."""
    return str(Path(weights) / f"{config.backbone}_notop.weights.h5") if Path(weights).is_dir() else weights


def restore(options: argparse.Namespace) -> Iterator[str]:
    """Put published predictions back where the working folder has none."""
    from research.texts.restoring import restore as put_back

    names = put_back(studies.open_study(options.work), options.results)
    yield f"{len(names)} méthodes publiées remises dans « {options.work} » : {', '.join(names) or 'aucune'}."


def texts(options: argparse.Namespace) -> Iterator[str]:
    """Check and explain what the texts give."""
    study = studies.open_study(options.work)
    try:
        yield from check_texts(study, options.weights)
    except MissingPartError as missing:
        yield f"Vérifications des textes laissées de côté. {missing}"
        return
    yield f"Vérifications et explications des textes écrites dans « {study.work / 'texts'} »."


def measure(options: argparse.Namespace) -> Iterator[str]:
    """Measure the cost of a network at one or several sizes, or of text methods."""
    from research.cost import measure_apart
    from research.texts.cost import measure_text

    for name in options.method or ():
        try:
            cost = measure_text(studies.open_study(options.work), name, options.weights)
        except MissingPartError as missing:
            yield f"Coût de {name} laissé de côté. {missing}"
            continue
        yield (
            f"{configs.load(name).label} : {cost['use_seconds'] * 1000:.1f} ms par produit, appris en "
            f"{cost['train_seconds']:.0f} s, {cost['memory_use'] / 1e9:.2f} Go."
        ).replace(".", ",", 2)
    if options.network and not options.size:
        raise ResearchError("Donnez aussi --size, le côté des photos en pixels.")
    if not options.network:
        return
    for size in options.size:
        found = measure_apart(options.network, size, options.batch)
        write_json(options.work / "costs" / f"{options.network}-{size}.json", found)
        yield (
            f"{found['label']} à {size} px : {found['inference_seconds']:.3f} s par photo, "
            f"{found['memory_inference'] / 1e9:.2f} Go, {found['flops'] / 1e9:.1f} milliards d’opérations."
        ).replace(".", ",", 3)


def bench(options: argparse.Namespace) -> Iterator[str]:
    """Measure the cache against plain ``model.fit``."""
    from research.bench import bench_config

    study = studies.open_study(options.work)
    config = configs.load(options.config)
    if not isinstance(config, Config):
        raise ResearchError("Le banc d’essai demande un réseau : choisissez une autre configuration.")
    found = bench_config(study, config, options.weights, options.folds, options.epochs)
    yield (
        f"model.fit : {found['plain_seconds']:.0f} s ; avec le cache : {found['cached_seconds']:.0f} s ; "
        f"{found['ratio']:.1f} fois plus rapide."
    )
    yield (
        f"Exactitude : {_percent(found['plain_accuracy'])} contre {_percent(found['cached_accuracy'])}, "
        f"sur {found['photos']} photos."
    )


def compare(options: argparse.Namespace) -> Iterator[str]:
    """Write the report."""
    from research.report import write_report

    study = studies.open_study(options.work)
    files = write_report(study, options.results)
    yield f"Rapport écrit dans « {options.results} » ({len(files)} fichiers)."


def demo(options: argparse.Namespace) -> Iterator[str]:
    """Run the whole chain on drawn pictures with random weights."""
    from research.demo import demonstrated, draw_catalog
    from research.evaluation import evaluate as measure_runs
    from research.heatmaps import explain_config
    from research.report import write_report

    work = options.work / "demo" if options.work == studies.DEFAULT_WORK else options.work
    yield "DÉMONSTRATION : images dessinées, poids tirés au hasard ; rien à en conclure sur de vraies photos."
    table, photos = draw_catalog(work / "drawings", options.each, options.seed)
    study = studies.prepare(table, photos, work, options.seed, demonstration=True)
    for name in ("majority", "histogram", "bag_of_words", "tfidf", "vgg16", "efficientnet_lite0"):
        config = configs.load(name)
        if isinstance(config, Config):
            config = demonstrated(config)
        runs = studies.train(study, config, "random", list(range(study.manifest.folds)))
        found = measure_runs(study, name, config.label, runs)
        yield f"{config.label} : {_percent(found['phases']['tuned']['accuracy']['test'])} au test."
        if name == "efficientnet_lite0" and isinstance(config, Config):
            count = explain_config(study, config, "random", 0, 60, 1, options.seed)
            yield f"{count} cartes SHAP."
    results: Path = options.results or work / "results"
    files = write_report(study, results)
    yield f"Rapport de démonstration dans « {results} » ({len(files)} fichiers)."
    yield f"Pour l’ouvrir, servez-le avec « PRETADEPENSER_WATCH_RESULTS={results.resolve()} make run »,"
    yield "puis allez à http://127.0.0.1:8000/veille."
