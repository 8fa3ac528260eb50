"""Texts: read, grouped where they repeat each other, stripped, learnt from; what is missing is named."""

from __future__ import annotations

import argparse
import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from research import __main__ as program
from research import commands
from research import config as configs
from research import study as studies
from research.catalog import CATEGORIES
from research.config import Words
from research.errors import ResearchError
from research.evaluation import evaluate
from research.files import read_json, write_json
from research.manifest import Role, draw_splits
from research.study import Study
from research.texts import stripping
from research.texts.answers import Answers, difference
from research.texts.checks import Bench, curves, leaning, near, situations, stripped, subset
from research.texts.cost import measure_text, method_costs
from research.texts.findings import read_checks, skip
from research.texts.reading import Text, joined, near_texts, read_texts
from research.texts.restoring import restore

PROMISE = (
    "great discounts only genuine products thirty day replacement guarantee free shipping cash on delivery"
)


def test_texts_are_tidied_and_go_with_their_photos(worded: Study) -> None:
    first = worded.texts[0]
    assert worded.catalog.photos[0].uniq_id == "demo00000"
    assert first.name == "Maker0 Cotton baby romper for infants model0"
    assert first.description == (
        "Buy Cotton baby romper for infants, soft sleeves at Rs. 100 & more. Only Genuine Products"
    )
    assert first.brand == "Maker0"
    assert len(worded.texts) == 70


@pytest.fixture
def wordless(drawings: tuple[Path, Path], tmp_path: Path) -> Study:
    """A study whose catalogue tells nothing of the products but their categories."""
    table = tmp_path / "catalogue.csv"
    with drawings[0].open(newline="") as source, table.open("w", newline="") as target:
        writer = csv.DictWriter(target, ["uniq_id", "product_category_tree"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(csv.DictReader(source))
    return studies.prepare(table, drawings[1], tmp_path / "work", seed=3, demonstration=True)


def test_without_names_there_are_no_texts(wordless: Study) -> None:
    assert wordless.texts == []


@pytest.mark.parametrize("title", ["Product_Name", "product name", "PRODUCT-NAME"])
def test_a_column_of_texts_that_is_misspelt_is_not_passed_over(title: str, tmp_path: Path) -> None:
    table = tmp_path / "catalogue.csv"
    table.write_text(f'uniq_id,product_category_tree,{title}\na,"[""Watches""]",A watch\n')
    with pytest.raises(ResearchError) as caught:
        read_texts(table)
    assert str(caught.value) == (
        f"« catalogue.csv », ligne 1 : la colonne « {title} » n’est pas lue. Elle s’écrit « product_name »."
    )


@pytest.mark.parametrize("word", ["nan", "NaN", "NULL", "None", "\\N", "#N/A", "N/A", "<NA>", "(null)"])
def test_a_word_for_a_missing_text_is_none(word: str, tmp_path: Path) -> None:
    table = tmp_path / "catalogue.csv"
    table.write_text(
        "uniq_id,product_category_tree,product_name,description,brand\n"
        f'a,"[""Watches""]",A watch,{word}, {word} \n'
    )
    text = read_texts(table)["a"]
    assert (text.whole, text.brand) == ("A watch", "")


def _with_texts(worded: Study, table: Path, spoil: str) -> None:
    """The catalogue of a study, the name of one of its products spoilt."""
    with table.open("w", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(["uniq_id", "product_category_tree", "product_name", "description"])
        for photo, text in zip(worded.catalog.photos, worded.texts, strict=True):
            name = "" if photo.uniq_id == spoil else text.name
            writer.writerow([photo.uniq_id, f'["{photo.category}"]', name, text.description])


def test_one_product_without_a_name_is_told(worded: Study, tmp_path: Path) -> None:
    """All methods that read texts were left out, and nothing said so."""
    table, work = tmp_path / "catalogue.csv", tmp_path / "work"
    _with_texts(worded, table, "demo30004")
    asked = argparse.Namespace(table=table, photos=worded.catalog.folder, work=work, seed=3, sample=0)
    assert (
        "Sans nom dans la colonne product_name : demo30004. Les méthodes de texte sont laissées de côté ; "
        "complétez le catalogue pour les comparer."
    ) in list(commands.prepare(asked))
    _with_texts(worded, table, "")
    assert not [line for line in commands.prepare(asked) if line.startswith("Sans nom")]


def test_a_preparation_that_fails_changes_no_text(worded: Study, tmp_path: Path) -> None:
    """The texts of the refused catalogue took the place of those of the study that stood there."""
    table, work = tmp_path / "catalogue.csv", tmp_path / "work"
    _with_texts(worded, table, "")
    study = studies.prepare(table, worded.catalog.folder, work, seed=3)
    before = study.texts
    lines = table.read_text().replace("Maker", "Other").splitlines(keepends=True)
    table.write_text("".join(line for line in lines if "demo30001" not in line))
    with pytest.raises(ResearchError, match="Il faut au moins 10 photos"):
        studies.prepare(table, worded.catalog.folder, work, seed=3)
    assert studies.open_study(work).texts == before


def test_texts_that_repeat_each_other_are_one_group() -> None:
    texts = [
        f"sonata watch {PROMISE}",
        f"titan clock {PROMISE}",
        "a mug of fine ceramic for the morning coffee",
        "short",
    ]
    assert near_texts(texts).tolist() == [0, 0, 1, 2]
    # Half of the sequences must be common, of the shorter as of the longer.
    words = [f"w{number}" for number in range(40)]
    long = f"{texts[0]} {' '.join(words)}"
    assert near_texts([texts[0], long]).tolist() == [0, 1]
    assert near_texts(["one", "two"]).tolist() == [0, 1]
    # Two words of four are half of them, two of five are not.
    assert near_texts(["a b", "a b c d"], 1, 0.5).tolist() == [0, 0]
    assert near_texts(["a b", "a b c d e"], 1, 0.5).tolist() == [0, 1]


def test_groups_of_texts_and_of_photos_are_honoured_together() -> None:
    assert joined([0, 0, 1, 2], [0, 1, 1, 2]) == [0, 0, 0, 1]


def test_what_is_taken_away_is_gone_and_the_rest_is_left() -> None:
    phrases: set[tuple[str, ...]] = {("only", "genuine", "products")}
    assert stripping.without_phrases("Mug. Only Genuine Products! Blue", phrases) == "Mug. ! Blue"
    watch = Text(
        "Titan Raga Watch", "A Titan watch", "Titan", '["Watches >> Wrist Watches >> Titan Watches"]'
    )
    assert stripping.without_words(watch.whole, stripping.brand_words(watch)) == "Raga Watch. A watch"
    unbranded = Text("Oxford Tawa", "A tawa", "", '["Kitchen & Dining >> Pots"]')
    assert stripping.brand_words(unbranded) == {"oxford"}
    words = stripping.category_words([watch, unbranded])
    assert {"watch", "watches", "wrist", "kitchen", "dining", "pots", "pot"} <= words
    assert "titan" not in words
    texts = ["free shipping now on this"] * 20 + ["free shipping never"] * 19
    assert stripping.shop_phrases(texts) == {
        ("free", "shipping", "now"),
        ("shipping", "now", "on"),
        ("now", "on", "this"),
    }


def test_few_products_are_drawn_from_all_categories_in_turn() -> None:
    labels = np.repeat(np.arange(7), 30)
    members = np.arange(0, 210, 2)
    drawn = subset(labels, members, 10, seed=0)
    assert len(set(drawn)) == 10
    assert set(drawn) <= set(members)
    assert sorted(np.bincount(labels[drawn], minlength=7)) == [1, 1, 1, 1, 2, 2, 2]
    assert subset(labels, members, 10, seed=0).tolist() == drawn.tolist()
    assert subset(labels, members, 10, seed=1).tolist() != drawn.tolist()


def test_a_difference_is_paired() -> None:
    first = np.array([True] * 60 + [False] * 40)
    second = np.array([True] * 50 + [False] * 50)
    found = difference(first, second)
    assert found["difference"] == pytest.approx(0.1)
    assert (found["only_first"], found["only_second"]) == (10, 0)
    assert found["p"] == pytest.approx(2 / 2**10)
    low, high = found["difference_interval"]
    # The standard deviation of a share of a tenth of a hundred is 0.03.
    assert (low, high) == pytest.approx((0.1 - 0.059, 0.1 + 0.059), abs=0.011)


@pytest.mark.parametrize("name", ["bag_of_words", "tfidf"])
def test_words_tell_the_categories_apart(worded: Study, name: str) -> None:
    config = configs.load(name)
    runs = studies.train(worded, config, "", range(5))
    found = evaluate(worded, name, config.label, runs)
    assert found["phases"]["tuned"]["test_pooled"] > 0.95
    assert found["phases"]["frozen"]["test_pooled"] == found["phases"]["tuned"]["test_pooled"]


def test_the_tested_products_are_never_learnt_from(worded: Study) -> None:
    """Every text the same but in one fold's products: their words can only be known by looking at them."""
    texts = {photo.uniq_id: "same" for photo in worded.catalog.photos}
    for index in worded.manifest.members(0, Role.TEST):
        texts[worded.catalog.photos[index].uniq_id] = f"secret{worded.catalog.labels[index]}"
    work = worded.work.parent / "secret"
    for name in ("catalog.json", "manifest.json"):
        write_json(work / name, read_json(worded.work / name))
    table = {key: {"name": name, "description": "", "brand": "", "tree": ""} for key, name in texts.items()}
    write_json(work / "texts.json", table)
    study = studies.open_study(work)
    run = studies.train(study, configs.load("bag_of_words"), "", range(5))[0]
    tested = study.manifest.members(0, Role.TEST)
    assert len(set(run.tuned[0][tested].argmax(axis=1))) == 1


def bench(study: Study) -> Bench:
    """The checks on drawn products, their category's number for a photo."""
    words, fusion = configs.load("tfidf"), configs.load("fusion_features")
    assert isinstance(words, Words)
    photo = np.eye(7)[study.catalog.labels] + 0.01 * np.arange(70)[:, None]
    return Bench(study, words, fusion, [text.whole for text in study.texts], photo)  # type: ignore[arg-type]


def test_the_checks_say_what_they_measure(worded: Study) -> None:
    made = bench(worded)
    answers = Answers([photo.uniq_id for photo in worded.catalog.photos], worded.catalog.labels)
    rows = {row["key"]: row for row in stripped(made, answers)}
    assert list(rows) == ["whole", "brand", "category", "boilerplate", "bare", "name", "description"]
    assert rows["whole"]["accuracy"] > 0.95
    assert rows["whole"]["difference"] == 0
    empty = {row["key"]: row for row in situations(made, answers)}["empty"]
    assert empty["text"] <= 2 / 7
    assert empty["photo"] == 1.0
    assert empty["difference"] == pytest.approx(empty["both"] - empty["text"])
    again = Answers.from_json(answers.to_json())
    assert again.right("stripped:name").tolist() == answers.right("stripped:name").tolist()


def test_curves_go_from_few_products_to_all(worded: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("research.texts.checks.REPEATS", 1)
    answers = Answers([photo.uniq_id for photo in worded.catalog.photos], worded.catalog.labels)
    found = curves(bench(worded), answers)
    # Five folds of 70 products, near photos together: the smallest rest of a fold has 53.
    assert found["sizes"] == [10, 20, 40, 53]
    assert [row["key"] for row in found["series"]] == ["text", "photo", "both"]
    photo = found["series"][1]["points"]
    assert [point["accuracy"] for point in photo] == [1.0] * 4


def test_leaning_keeps_near_texts_together(worded: Study) -> None:
    """Where the texts of each category are one template, folds split it, and every product has its twin."""
    shop = [f"thing{label} {PROMISE}" for label in worded.catalog.labels]
    found = near(worded, shop)
    assert (found["groups"], found["products"], found["largest"], found["mixed"]) == (1, 70, 70, 1)
    assert found["split"] == 1
    assert near(worded, [f"word{index} thing" for index in range(70)])["groups"] == 0
    apart = Bench(**{**bench(worded).__dict__, "texts": [f"word{index} thing" for index in range(70)]})
    answers = Answers([photo.uniq_id for photo in worded.catalog.photos], worded.catalog.labels)
    rows = leaning(apart, answers)
    assert [row["name"] for row in rows] == ["text", "photo", "both"]
    assert [one["key"] for one in rows[0]["splits"]] == ["common", "photos", "template"]
    assert rows[1]["splits"][1]["accuracy"] == 1.0
    assert rows[0]["alone"]["products"] == 70


def sequences(text: str) -> set[tuple[str, ...]]:
    """Every five words in a row."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    return {tuple(words[start : start + 5]) for start in range(len(words) - 4)}


def rewritten(
    drawings: tuple[Path, Path], folder: Path, change: Callable[[dict[str, str], int], None]
) -> Path:
    """The drawn catalogue with its rows changed, each given with its number."""
    table = folder / "copied.csv"
    with drawings[0].open(newline="") as source, table.open("w", newline="") as target:
        rows = list(csv.DictReader(source))
        writer = csv.DictWriter(target, list(rows[0]))
        writer.writeheader()
        for number, row in enumerate(rows):
            change(row, number)
            writer.writerow(row)
    return table


def test_near_texts_are_never_learnt_and_tested(drawings: tuple[Path, Path], tmp_path: Path) -> None:
    """Every third product has the paragraph of one of its shops: counted again, pair by pair."""

    def copied(row: dict[str, str], number: int) -> None:
        if number % 3 == 0:
            row["product_name"] = f"thing{number}"
            row["description"] = f"shop{number % 4} {PROMISE} {'really ' * (number % 4)}cheap"

    table = rewritten(drawings, tmp_path, copied)
    made = studies.prepare(table, drawings[1], tmp_path / "work", seed=3, demonstration=True)
    words = [sequences(text.whole) for text in made.texts]
    roles = [made.manifest.roles[photo.uniq_id] for photo in made.catalog.photos]
    pairs = [
        (one, other)
        for one in range(70)
        for other in range(one)
        if 2 * len(words[one] & words[other]) >= len(words[one] | words[other]) > 0
    ]
    assert len(pairs) > 200
    assert [pair for pair in pairs if roles[pair[0]] != roles[pair[1]]] == []
    # Folds that know the photos alone do split them, and near photos stay together in both.
    alone = draw_splits(made.catalog, 3).roles
    parted = [alone[photo.uniq_id] for photo in made.catalog.photos]
    assert [pair for pair in pairs if parted[pair[0]] != parted[pair[1]]]
    assert [
        group for group in made.catalog.near if len({made.manifest.roles[one] for one in group}) > 1
    ] == []
    assert near(made, [text.whole for text in made.texts])["split"] == 0


def test_a_category_of_copies_is_refused(drawings: tuple[Path, Path], tmp_path: Path) -> None:
    def copied(row: dict[str, str], number: int) -> None:
        if row["product_category_tree"].startswith('["Watches'):
            row["description"] = f"{PROMISE} {PROMISE} for watch"

    table = rewritten(drawings, tmp_path, copied)
    arguments = ["prepare", "--table", str(table), "--photos", str(drawings[1])]
    assert program.main([*arguments, "--work", str(tmp_path / "work")]) == 1
    with pytest.raises(ResearchError) as refused:
        studies.prepare(table, drawings[1], tmp_path / "again", seed=3, demonstration=True)
    told = re.sub(r"Le tirage \d", "Le tirage N", str(refused.value))
    assert told == (
        "Le tirage N n’apprendrait rien de « Watches » : ses produits se ressemblent tant (photos ou textes "
        "presque identiques) qu’ils restent tous du même côté. Ajoutez d’autres produits de cette catégorie, "
        "ou videz les descriptions recopiées (colonne description)."
    )
    assert not (tmp_path / "again" / "manifest.json").exists()


@pytest.fixture
def asked(worded: Study) -> Iterator[argparse.Namespace]:
    """What `train --config minilm` is given, with nothing left behind."""
    yield argparse.Namespace(
        work=worded.work,
        config="minilm",
        weights="imagenet",
        folds=None,
        views=None,
        epochs=None,
        cache_limit=1,
    )
    skip(worded, "minilm", "MiniLM", None)


def test_without_weights_minilm_is_left_out_and_named(worded: Study, asked: argparse.Namespace) -> None:
    said = list(commands.train(asked))
    assert len(said) == 1
    assert said[0].startswith("MiniLM : laissé de côté. Poids de MiniLM absents : « imagenet ».")
    write_json(worded.work / "texts" / "checks.json", {"nested": None})
    found = read_checks(worded)
    (worded.work / "texts" / "checks.json").unlink()
    assert found is not None
    assert [row["name"] for row in found["skipped"]] == ["minilm"]


def test_a_catalogue_without_texts_leaves_text_methods_out(wordless: Study) -> None:
    arguments = ["train", "--work", str(wordless.work), "--config", "tfidf"]
    assert program.main(arguments) == 0
    assert program.main(["texts", "--work", str(wordless.work)]) == 0
    found = read_json(wordless.work / "skipped" / "tfidf.json")
    assert "n’a pas de colonne product_name remplie" in found["reason"]


@pytest.fixture(scope="module")
def measured(worded: Study) -> dict[str, Any]:
    """What counted words cost, measured by two processes."""
    return measure_text(worded, "bag_of_words", "imagenet")


def test_the_seconds_of_a_text_method_are_measured(measured: dict[str, Any]) -> None:
    assert 0 < measured["use_seconds"] < 1
    assert 0 < measured["train_seconds"] < 60


def test_a_text_method_is_measured_in_processes_of_its_own(measured: dict[str, Any]) -> None:
    """Counted words alone: TensorFlow would bring half a gigabyte."""
    for memory in ("memory_training", "memory_use"):
        assert 50e6 < measured[memory] < 400e6


def test_a_text_method_has_as_many_parameters_as_words(worded: Study, measured: dict[str, Any]) -> None:
    words = {word for text in worded.texts for word in text.whole.lower().replace(",", " ").split()}
    assert 7 * 30 < measured["parameters"] < 7 * 2 * len(words)


def test_a_fusion_costs_what_its_members_cost(worded: Study) -> None:
    phase = {"tuned": {"test_pooled": 0.9, "test_interval": [0.8, 1.0]}}
    run = {"seconds": {"frozen": 10.0, "tuned": 30.0}}
    methods: dict[str, dict[str, Any]] = {
        "tfidf": {"label": "T", "reads": "text", "phases": phase, "config": {}, "runs": []},
        "efficientnet_lite2_440": {
            "label": "P",
            "reads": "photo",
            "phases": phase,
            "photos": 1000,
            "config": {"backbone": "efficientnet_lite2", "size": 440, "views": 7, "averaged": 2},
            "runs": [run, run],
        },
        "fusion_late": {"label": "F", "reads": "both", "phases": phase, "config": {}, "runs": []},
        "histogram": {"label": "H", "reads": "photo", "phases": phase, "config": {}, "runs": []},
    }
    side = {"network": "efficientnet_lite2", "size": 440, "inference_seconds": 0.1, "memory_training": 900}
    side |= {"memory_inference": 700, "parameters": {"base": 5}}
    text = {
        "train_seconds": 4.0,
        "use_seconds": 0.001,
        "memory_training": 300,
        "memory_use": 200,
        "parameters": 3,
    }
    write_json(worded.work / "texts" / "costs" / "tfidf.json", text)
    evaluation = worded.work / "evaluation" / "efficientnet_lite2_440.json"
    write_json(evaluation, {"phases": {"tuned": {"accuracy": {"validation": 0.9}}}})
    rows = {row["name"]: row for row in method_costs(worded, methods, [side])}
    evaluation.unlink()
    photo = rows["efficientnet_lite2_440"]
    assert (photo["train_seconds"], photo["use_seconds"]) == pytest.approx((0.1 * 7 * 800 + 40, 0.2))
    both = rows["fusion_late"]
    assert (both["train_seconds"], both["use_seconds"]) == pytest.approx((604.0, 0.201))
    assert (both["memory_use"], both["parameters"]) == (700, 8)
    assert rows["histogram"]["use_seconds"] is None
    assert rows["histogram"]["accuracy"] == 0.9


def test_published_methods_are_put_back_where_none_was_evaluated(worded: Study, tmp_path: Path) -> None:
    results = tmp_path / "results"
    write_json(results / "manifest.json", {"key": worded.manifest.key})
    write_json(results / "figures.json", {"methods": {"vgg16": {"name": "vgg16", "phases": {}}}})
    write_json(results / "predictions-vgg16.json", {"name": "vgg16"})
    assert restore(worded, results) == ["vgg16"]
    assert restore(worded, results) == []
    assert read_json(worded.work / "predictions" / "vgg16.json") == {"name": "vgg16"}
    for kind in ("predictions", "evaluation"):
        (worded.work / kind / "vgg16.json").unlink()
    write_json(results / "manifest.json", {"key": "other"})
    with pytest.raises(Exception, match="viennent d’autres photos ou d’un autre découpage"):
        restore(worded, results)


def test_what_a_method_reads() -> None:
    read = {name: configs.reads(configs.load(name)) for name in configs.names()}
    assert {name for name, kind in read.items() if kind == "text"} == {
        "bag_of_words",
        "ensemble_text",
        "minilm",
        "minilm_tuned",
        "tfidf",
    }
    assert {name for name, kind in read.items() if kind == "both"} == {
        "fusion_features",
        "fusion_late",
        "fusion_unsure",
    }
    assert (read["vgg16"], read["ensemble_efficientnet_lite"], read["majority"]) == (
        "photo",
        "photo",
        "nothing",
    )
    assert len(CATEGORIES) == 7
