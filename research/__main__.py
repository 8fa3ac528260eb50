"""The commands: ``python -m research prepare | train | evaluate | texts | compare | measure | …``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from research.errors import ResearchError

DEFAULT_WORK, DEFAULT_RESULTS = Path("research/work"), Path("research/results")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _folds(text: str) -> list[int]:
    try:
        return sorted({int(part) for part in text.split(",")})
    except ValueError as error:
        raise argparse.ArgumentTypeError("des numéros séparés par des virgules, par exemple 0,1,2") from error


def _pairs(items: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for item in items:
        name, separator, path = item.partition("=")
        if not separator:
            raise ResearchError(
                f"« --weights {item} » : donnez un chemin, ou configuration=chemin s’il y en a plusieurs."
            )
        pairs[name] = path
    return pairs


Step = Callable[[str, str], argparse.ArgumentParser]


def parser() -> argparse.ArgumentParser:
    """The command line, with help in French."""
    main = argparse.ArgumentParser(
        prog="python -m research", description="Veille technique : photos et textes de produits."
    )
    steps = main.add_subparsers(dest="step", required=True, metavar="étape")

    def step(name: str, help_text: str) -> argparse.ArgumentParser:
        found = steps.add_parser(name, help=help_text, description=help_text)
        found.add_argument("--work", type=Path, default=DEFAULT_WORK, help="dossier de travail")
        found.add_argument("--seed", type=int, default=0, help="graine du hasard")
        return found

    _learning(step)
    _reading(step)
    return main


def _learning(step: Step) -> None:
    """Steps that read photos and train."""
    prepare = step("prepare", "Lit les photos, signale les doublons, tire le découpage.")
    prepare.add_argument("--table", type=Path, required=True, help="catalogue csv")
    prepare.add_argument("--photos", type=Path, required=True, help="dossier des <uniq_id>.jpg")
    prepare.add_argument("--sample", type=int, default=0, help="photos par catégorie (0 : toutes)")

    train = step("train", "Entraîne une configuration ; reprend où elle s’était arrêtée.")
    train.add_argument("--config", required=True)
    train.add_argument(
        "--weights", default="imagenet", help="imagenet, random, ou un fichier ou dossier de poids"
    )
    train.add_argument(
        "--draws", dest="folds", type=_folds, default=None, help="tirages, par exemple 0,1 (tous par défaut)"
    )
    train.add_argument("--cache-limit", type=float, default=12.0, help="taille du cache, en Go")
    train.add_argument("--views", type=int, default=None, help="nombre de vues (essai rapide)")
    train.add_argument("--epochs", type=int, default=None, help="époques de chaque phase (essai rapide)")

    evaluate = step("evaluate", "Mesure les configurations entraînées.")
    evaluate.add_argument("--config", action="append", help="une configuration (toutes par défaut)")

    bench = step("bench", "Compare le cache à model.fit sur le même travail.")
    bench.add_argument("--config", required=True)
    bench.add_argument("--weights", default="imagenet")
    bench.add_argument("--draws", dest="folds", type=_folds, default=None)
    bench.add_argument("--epochs", type=int, default=15)


def _reading(step: Step) -> None:
    """Steps that explain, measure and publish what was trained."""
    explain = step("explain", "Dessine les cartes SHAP de réseaux entraînés.")
    explain.add_argument("--config", help="un réseau (par défaut, les deux que le rapport regarde de près)")
    explain.add_argument("--weights", default="imagenet", help="fichier de poids, ou leur dossier")
    explain.add_argument("--draw", dest="fold", type=int, default=0)
    explain.add_argument("--evaluations", type=int, default=300, help="passages du réseau par photo")
    explain.add_argument("--survey", type=int, default=6, help="photos par catégorie pour la synthèse")

    texts = step("texts", "Vérifie et explique ce que donnent les textes : doublons, mots, courbes.")
    texts.add_argument("--weights", default="imagenet", help="random, ou le dossier des poids")

    measure = step(
        "measure", "Mesure le temps, la mémoire et la taille d’un réseau ou d’une lecture de texte."
    )
    measure.add_argument("--network")
    measure.add_argument("--size", type=int, action="append")
    measure.add_argument("--method", action="append", help="méthode qui lit des textes, au lieu de --network")
    measure.add_argument("--weights", default="imagenet", help="random, ou le dossier de MiniLM")
    measure.add_argument("--batch", type=int, default=4)

    compare = step("compare", "Écrit le rapport, ses figures et ses images.")
    compare.add_argument("--results", type=Path, default=DEFAULT_RESULTS)

    restore = step("restore", "Remet les prédictions publiées dans le dossier de travail.")
    restore.add_argument("--results", type=Path, default=DEFAULT_RESULTS)

    demo = step("demo", "Dessine sept sortes d’images et fait tourner toute la chaîne.")
    demo.add_argument("--each", type=int, default=24, help="images par catégorie")
    demo.add_argument("--results", type=Path, default=None)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one step; returns the exit status. Errors are one French sentence, without a trace."""
    options = parser().parse_args(arguments)
    # Imported late: TensorFlow takes seconds, and --help must not.
    from research import commands

    try:
        for line in getattr(commands, options.step)(options):
            _say(line)
    except ResearchError as error:
        sys.stderr.write(f"Erreur : {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Interrompu. Relancez la même commande : elle reprendra où elle s’est arrêtée.\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
