"""SHAP heat maps: which zones of a photo speak for a category, and which against it.

Values come from shap's PartitionExplainer on the trained network, hidden zones being painted white (the
photos' own background). They are kept on a grid of 16 × 16 cells; the drawing, the description in French
and the faithfulness check all read that one grid, so they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shap
from tqdm import tqdm

from research.backbones import infer, network
from research.catalog import CATEGORIES
from research.config import Config
from research.evaluation import gather
from research.files import fingerprint, read_json, write_json
from research.images import BACKGROUND, pixels
from research.study import Run, Study, read_runs, run_folder
from research.training import AGAIN, STATISTICS, head_model, open_top

GRID = 16
#: Photos drawn for each category, right answers then wrong ones.
SHOWN_RIGHT, SHOWN_WRONG = 7, 7
DELETION_STEPS = 16
RANDOM_ORDERS = 3

Probabilities = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class HeatMap:
    """SHAP values of one photo: ``values`` float64 ``(GRID, GRID, 7)``, in points of probability.

    ``base`` is the probability of each category with the whole photo hidden, ``probabilities`` with the
    photo shown: ``base + values.sum((0, 1))`` is ``probabilities``.
    """

    identity: str
    truth: int
    answer: int
    base: np.ndarray
    probabilities: np.ndarray
    values: np.ndarray

    def to_json(self) -> dict[str, Any]:
        """JSON-able values, rounded to a thousandth of a point."""
        return {
            "id": self.identity,
            "truth": self.truth,
            "answer": self.answer,
            "base": self.base.round(5).tolist(),
            "probabilities": self.probabilities.round(5).tolist(),
            "values": self.values.round(5).tolist(),
        }


def read_heat_map(value: dict[str, Any]) -> HeatMap:
    """Rebuild a heat map from :meth:`HeatMap.to_json`."""
    return HeatMap(
        str(value["id"]),
        int(value["truth"]),
        int(value["answer"]),
        np.array(value["base"]),
        np.array(value["probabilities"]),
        np.array(value["values"]),
    )


def whole_model(study: Study, config: Config, weights: str, fold: int) -> Probabilities:
    """The fine-tuned network of a fold, from pixels ``(n, side, side, 3)`` 0..255 to probabilities.

    Raises ResearchError: that fold was not trained, or the weights are of another architecture.
    """
    folder = run_folder(study, config.name, fold) / AGAIN
    base = network(config.backbone, config.size, weights, study.manifest.seed)
    with np.load(folder / STATISTICS) as stored:
        head = head_model(config, stored["mean"], stored["variance"])
    top = open_top(base, head)
    if config.tuning.epochs:
        top.load_weights(folder / "tuned.best.weights.h5")
    else:
        head.load_weights(folder / "frozen.best.weights.h5")
    trunk, preprocess = base.trunk, base.backbone.preprocess

    def probabilities(pictures: np.ndarray) -> np.ndarray:
        inputs = preprocess(np.array(pictures, dtype=np.float32))
        return infer(top, infer(trunk, inputs)).astype(np.float64)

    return probabilities


def to_grid(values: np.ndarray, cells: int = GRID) -> np.ndarray:
    """Sum pixel values ``(side, side, …)`` into ``(cells, cells, …)``; the total is kept."""
    edges = np.linspace(0, values.shape[0], cells + 1).round().astype(int)[:-1]
    return np.add.reduceat(np.add.reduceat(values, edges, axis=0), edges, axis=1)


def explain_pictures(
    probabilities: Probabilities, pictures: Sequence[np.ndarray], evaluations: int
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """SHAP values of each picture: base ``(7,)``, probabilities ``(7,)``, grid ``(GRID, GRID, 7)``."""
    side = pictures[0].shape[0]
    blank = np.broadcast_to(np.array(BACKGROUND, dtype=np.float32), (side, side, 3))
    masker = shap.maskers.Image(np.ascontiguousarray(blank), shape=(side, side, 3))
    explainer = shap.PartitionExplainer(probabilities, masker)
    found = []
    for picture in tqdm(pictures, desc="Cartes SHAP", unit="photo", disable=None):
        explained = explainer(
            picture[None], max_evals=evaluations, batch_size=16, silent=True, fixed_context=1
        )
        per_pixel = explained.values[0].sum(axis=2)
        base = np.broadcast_to(explained.base_values[0], (len(CATEGORIES),)).astype(float)
        found.append((base, probabilities(picture[None])[0], to_grid(per_pixel)))
    return found


def choose(study: Study, run: Run, name: str, survey: int, seed: int) -> dict[str, list[int]]:
    """Positions of the test photos of a fold to explain.

    ``right``: for each category the right answer nearest its median confidence; ``wrong``: the surest
    mistakes, one a true category first; ``survey``: that many right answers a category, drawn at random.
    """
    predictions = gather(study, name, name, [run])
    order = {photo.uniq_id: index for index, photo in enumerate(study.catalog.photos)}
    indices = np.array([order[identity] for identity in predictions.identities])
    given = predictions.test["tuned"]
    answers, confidence = given.argmax(axis=1), given.max(axis=1)
    right = answers == predictions.labels
    random = np.random.default_rng(seed)
    chosen: dict[str, list[int]] = {"right": [], "wrong": [], "survey": []}
    for number in range(len(CATEGORIES)):
        mine = np.flatnonzero(right & (predictions.labels == number))
        if len(mine):
            ranked = mine[np.argsort(confidence[mine], kind="stable")]
            chosen["right"].append(int(indices[ranked[len(ranked) // 2]]))
            picked = random.permutation(mine)[:survey]
            chosen["survey"] += [int(index) for index in indices[picked]]
    wrong = np.flatnonzero(~right)
    wrong = wrong[np.argsort(-confidence[wrong], kind="stable")]
    firsts = [
        int(np.flatnonzero(predictions.labels[wrong] == n)[0]) for n in np.unique(predictions.labels[wrong])
    ]
    ranked_wrong = [*sorted(firsts), *(n for n in range(len(wrong)) if n not in firsts)]
    chosen["wrong"] = [int(indices[wrong[n]]) for n in ranked_wrong[:SHOWN_WRONG]]
    return chosen


def faithfulness(
    probabilities: Probabilities, picture: np.ndarray, map_: HeatMap, seed: int
) -> dict[str, list[float]]:
    """Probability of the answer as cells are hidden (deletion) or shown (insertion), most favourable first.

    Each curve has ``DELETION_STEPS + 1`` points; ``*_random`` are means over random orders. An order that
    names what matters makes deletion fall and insertion rise faster than chance.
    """
    side = picture.shape[0]
    cell = np.minimum(np.arange(side) * GRID // side, GRID - 1)
    random = np.random.default_rng(seed)
    ranked = np.argsort(-map_.values[:, :, map_.answer].ravel(), kind="stable")
    orders = [ranked, *(random.permutation(GRID * GRID) for _ in range(RANDOM_ORDERS))]
    curves: dict[str, list[np.ndarray]] = {"deletion": [], "insertion": []}
    counts = np.linspace(0, GRID * GRID, DELETION_STEPS + 1).round().astype(int)
    white = np.array(BACKGROUND, dtype=np.float32)
    for order in orders:
        rank = np.empty(GRID * GRID, dtype=int)
        rank[order] = np.arange(GRID * GRID)
        pixel_rank = rank.reshape(GRID, GRID)[cell][:, cell]
        hidden = pixel_rank[None] < counts[:, None, None]
        deleted = np.where(hidden[..., None], white, picture)
        inserted = np.where(hidden[..., None], picture, white)
        curves["deletion"].append(probabilities(deleted)[:, map_.answer])
        curves["insertion"].append(probabilities(inserted)[:, map_.answer])
    found: dict[str, list[float]] = {}
    for name, lines in curves.items():
        found[name] = lines[0].round(5).tolist()
        found[f"{name}_random"] = np.mean(lines[1:], axis=0).round(5).tolist()
    return found


def _explained(
    study: Study, config: Config, probabilities: Probabilities, index: int, evaluations: int
) -> tuple[np.ndarray, HeatMap]:
    """A photo as the network sees it, and its map."""
    photo = study.catalog.photos[index]
    picture = pixels(study.catalog.folder / f"{photo.uniq_id}.jpg", config.size, config.aspect)
    base, given, grid = explain_pictures(probabilities, [picture], evaluations)[0]
    label = int(study.catalog.labels[index])
    return picture, HeatMap(photo.uniq_id, label, int(given.argmax()), base, given, grid)


def explain_config(
    study: Study, config: Config, weights: str, fold: int, evaluations: int, survey: int, seed: int
) -> int:
    """Explain a trained fold and write ``work/heatmaps/<config>/maps.json``; returns the number of maps.

    Each photo is written as soon as it is explained: a run that was killed goes on with the next.

    Raises ResearchError: that fold was not trained, a photo cannot be read, or the disk is full.
    """
    runs = [run for run in read_runs(study, config.name) if run.fold == fold]
    config = _as_trained(config, runs)
    probabilities = whole_model(study, config, weights, fold)
    chosen = choose(study, runs[0], config.name, survey, seed)
    folder = study.work / "heatmaps" / config.name
    version = fingerprint([study.manifest.key, config.to_json(), fold, evaluations, weights.split("/")[-1]])
    everyone = sorted({index for indices in chosen.values() for index in indices})
    shown = {*chosen["right"], *chosen["wrong"]}
    for index in tqdm(everyone, desc=f"Explications, {config.label}", unit="photo", disable=None):
        path = folder / version / f"{study.catalog.photos[index].uniq_id}.json"
        if path.is_file():
            continue
        picture, map_ = _explained(study, config, probabilities, index, evaluations)
        record = map_.to_json()
        # The share of each cell that is not background tells the product from what surrounds it.
        record["product"] = (to_grid((picture.min(axis=2) < 240).astype(float))).round(1).tolist()
        if index in shown:
            record["faithfulness"] = faithfulness(probabilities, picture, map_, seed)
        write_json(path, record)
    records = {
        index: read_json(folder / version / f"{study.catalog.photos[index].uniq_id}.json")
        for index in everyone
    }
    maps = {name: [records[index] for index in indices] for name, indices in chosen.items()}
    told = {"config": config.name, "label": config.label, "draw": fold, "size": config.size}
    write_json(folder / "maps.json", told | {"evaluations": evaluations} | maps)
    return len(everyone)


def _as_trained(config: Config, runs: Sequence[Run]) -> Config:
    """The configuration with the side and views that the run really used (a trial may shorten them)."""
    if not runs:
        return config
    recorded = runs[0].record["config"]
    assert isinstance(recorded, dict)
    return replace(config, size=int(recorded["size"]), views=int(recorded["views"]))
