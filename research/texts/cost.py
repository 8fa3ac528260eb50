"""What a method costs, beside what it gives: seconds, memory and parameters, to learn and to use."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from research import config as configs
from research.catalog import from_json
from research.config import Ensemble, Fusion, Sentences, Words
from research.errors import ResearchError
from research.files import kept, read_json, write_json
from research.manifest import Role, read_manifest
from research.meters import best_seconds, peak_bytes
from research.texts.classical import sentence_classifier, word_classifier
from research.texts.reading import load_texts

if TYPE_CHECKING:
    # It brings TensorFlow, whose memory is not that of counted words.
    from research.study import Study

ASKED, REPEATS, SAMPLE = 20, 3, 64
EMPTY = {
    "train_seconds": None,
    "use_seconds": None,
    "memory_training": None,
    "memory_use": None,
    "parameters": None,
}


def measure_text(study: Study, name: str, weights: str) -> dict[str, Any]:
    """Measure a text method in processes of its own, one to learn and one to use, and keep it.

    Raises ResearchError: not a text method, no weights (then MissingPartError), or a process failed.
    """
    from research.texts.encoder import require_weights

    config = configs.load(name)
    if not isinstance(config, Words | Sentences):
        raise ResearchError(
            f"« {config.label} » ne lit pas de texte à lui seul : son coût est celui de ses membres."
        )
    if isinstance(config, Sentences):
        require_weights(weights)
    with tempfile.TemporaryDirectory() as folder:
        parts = []
        for step in ("learn", "use"):
            arguments = [step, name, str(study.work), weights, str(Path(folder) / "model.pickle")]
            done = subprocess.run(
                [sys.executable, "-m", "research.texts.cost", *arguments],
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise ResearchError(
                    f"La mesure de {config.label} a échoué : {done.stderr.strip().splitlines()[-1]}"
                )
            parts.append(json.loads(done.stdout.splitlines()[-1]))
    found = {"name": name, **parts[0], **parts[1]}
    write_json(study.work / "texts" / "costs" / f"{name}.json", found)
    return found


def _learn(
    config: Words | Sentences, learnt: list[str], labels: np.ndarray, weights: str, path: Path
) -> dict[str, Any]:
    """Learn from all the texts of a fold, features included; what is learnt is left at ``path``."""
    started = time.perf_counter()
    if isinstance(config, Words):
        model = word_classifier(config).fit(learnt, labels)
        seconds, regression = time.perf_counter() - started, model[1]
        size = regression.coef_.size + regression.intercept_.size
        size += len(getattr(model[0], "idf_", ()))
        path.write_bytes(pickle.dumps(model))
    else:
        from research.texts.encoder import embed, encoder

        built = encoder(weights, config.opened, learnt)
        size = built.base.count_params()
        started = time.perf_counter()
        if config.opened:
            seconds = _tuning_seconds(config, built, learnt, labels)
            size += (built.size.width + 1) * 7
        else:
            model = sentence_classifier(config.strength).fit(embed(built, learnt, config.tokens), labels)
            seconds = time.perf_counter() - started
            size += model[1].coef_.size + model[1].intercept_.size
            path.write_bytes(pickle.dumps(model))
    return {"train_seconds": seconds, "memory_training": peak_bytes(), "parameters": int(size)}


def _tuning_seconds(config: Sentences, built: Any, learnt: list[str], labels: np.ndarray) -> float:
    """Seconds of the pass below the cut and of all epochs, from those of :data:`SAMPLE` products."""
    import keras

    from research.texts.encoder import tokens

    assert config.tuning is not None, "an opened encoder has both phases"
    ids, mask = tokens(built, learnt, config.tokens)
    ids, mask = ids[:SAMPLE], mask[:SAMPLE]
    built.trunk.jit_compile = False
    below = best_seconds(lambda: built.trunk.predict_on_batch([ids, mask]), 2)["elapsed"]
    hidden = built.trunk.predict_on_batch([ids, mask])
    whole = keras.Model(built.top.input, keras.layers.Dense(7, "softmax")(built.top.output))
    whole.compile("adamw", "sparse_categorical_crossentropy", jit_compile=False)
    part = min(SAMPLE, config.batch)
    step = best_seconds(lambda: whole.train_on_batch([hidden[:part], mask[:part]], labels[:part]), 2)[
        "elapsed"
    ]
    return len(learnt) * (below / len(ids) + config.tuning.epochs * step / part)


def _use(config: Words | Sentences, asked: list[str], weights: str, path: Path) -> dict[str, Any]:
    """Seconds and memory of one answer at a time."""
    if isinstance(config, Words):
        model = pickle.loads(path.read_bytes())  # our own, written a moment ago
        found = best_seconds(lambda: [model.predict_proba([text]) for text in asked], REPEATS)
    else:
        from research.texts.encoder import embed, encoder

        built = encoder(weights, config.opened, asked)
        regression = pickle.loads(path.read_bytes()) if path.is_file() else None

        def answer() -> None:
            for text in asked:
                vector = embed(built, [text], config.tokens)
                if regression is not None:
                    regression.predict_proba(vector)

        found = best_seconds(answer, REPEATS)
    return {"use_seconds": found["elapsed"] / len(asked), "memory_use": peak_bytes()}


def method_costs(
    study: Study, methods: dict[str, dict[str, Any]], costs: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """One row a method: accuracy with its interval, and what it costs; what was not measured is ``None``.

    Learning counts features, and once on training and validation products. A photo network answers from as
    many views as its published accuracy averages. What brings others together costs what they cost, and its
    memory is the largest one's.
    """
    sides = {(value["network"], value["size"]): value for value in costs}
    alone = {name: _photo_cost(method, sides) or _text_cost(study, name) for name, method in methods.items()}
    rows = []
    for name, method in methods.items():
        found = alone[name] or _together(study, name, alone) or EMPTY
        phase = method["phases"]["tuned"]
        rows.append(
            {
                "name": name,
                "label": method["label"],
                "reads": method["reads"],
                "accuracy": phase["test_pooled"],
                "interval": phase["test_interval"],
                **{key: found[key] for key in EMPTY},
            }
        )
    return rows


def _photo_cost(
    method: dict[str, Any], sides: dict[tuple[str, int], dict[str, Any]]
) -> dict[str, Any] | None:
    settings = method["config"]
    side = sides.get((settings.get("backbone", ""), settings.get("size", 0)))
    if side is None:
        return None
    seconds = [sum((run["seconds"] or {}).values()) for run in method["runs"]]
    features = side["inference_seconds"] * settings["views"] * method["photos"] * 4 / 5
    return {
        "train_seconds": features + float(np.mean(seconds)),
        "use_seconds": side["inference_seconds"] * settings["averaged"],
        "memory_training": side["memory_training"],
        "memory_use": side["memory_inference"],
        "parameters": side["parameters"]["base"],
    }


def _text_cost(study: Study, name: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = kept(study.work / "texts" / "costs" / f"{name}.json")
    return found


def _together(study: Study, name: str, alone: dict[str, dict[str, Any] | None]) -> dict[str, Any] | None:
    config = configs.load(name)
    asked = 1.0
    if isinstance(config, Ensemble):
        members = list(config.members)
    elif isinstance(config, Fusion):
        from research.texts.fusion import photo_member

        members = [member for member in config.members if member in alone]
        members.append(photo_member(study, config) or "")
        if config.kind == "unsure":
            from research.study import read_runs

            runs = read_runs(study, name)
            asked = sum(run.record["asked"] for run in runs) / max(1, len(study.catalog.photos))
    else:
        return None
    parts = [alone.get(member) for member in members]
    known = [part for part in parts if part is not None]
    if not known or len(known) < len(parts):
        return None
    # Of a fusion, the photo comes last: where it is only asked sometimes, it costs that often.
    shares = [1.0] * (len(known) - 1) + [asked]
    return {
        "train_seconds": sum(part["train_seconds"] for part in known),
        "use_seconds": sum(part["use_seconds"] * share for part, share in zip(known, shares, strict=True)),
        "memory_training": max(part["memory_training"] for part in known),
        "memory_use": max(part["memory_use"] for part in known),
        "parameters": sum(part["parameters"] for part in known),
    }


def _main(step: str, name: str, work: str, weights: str, path: str) -> dict[str, Any]:
    config, value = configs.load(name), read_json(Path(work) / "catalog.json")
    assert isinstance(config, Words | Sentences)
    catalog = from_json(value, Path(value["folder"]))
    found = load_texts(Path(work) / "texts.json", [photo.uniq_id for photo in catalog.photos])
    whole = [text.whole for text in found]
    tested = read_manifest(Path(work) / "manifest.json", catalog).members(0, Role.TEST)
    learnt = np.setdiff1d(np.arange(len(whole)), tested)
    if step == "learn":
        texts = [whole[index] for index in learnt]
        return _learn(config, texts, catalog.labels[learnt], weights, Path(path))
    return _use(config, [whole[index] for index in tested[:ASKED]], weights, Path(path))


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stdout.write(json.dumps(_main(*sys.argv[1:])) + "\n")
