"""Heat maps, their words, the report: what is drawn and what is said come from the same figures."""

from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import replace
from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from research import published
from research.__main__ import main
from research.charts import (
    _seconds,
    accuracy_chart,
    category_chart,
    confusion_chart,
    cost_chart,
    faithfulness_chart,
    learning_chart,
    reliability_chart,
    scaling_drawing,
    size_chart,
    survey_chart,
    word_chart,
    words_deleted_chart,
)
from research.commands import weights_of
from research.config import Config
from research.demo import draw_catalog
from research.drawing import NARROW, SURFACE, WIDE, heat_picture, size_of, svg
from research.estimate import _duration
from research.evaluation import evaluate
from research.findings import read_findings
from research.heatmaps import GRID, HeatMap, faithfulness, to_grid
from research.manifest import draw_splits
from research.pages import trials
from research.report import write_report
from research.study import Run, Study
from research.wording import (
    NAMES,
    central_share,
    concentration,
    count,
    describe_answer,
    describe_map,
    elided,
    gap,
    interval,
    listing,
    number,
    p_value,
    percent,
    points,
    product_share,
    shortened,
    signed,
    signed_interval,
    signed_number,
    zones,
)

KINDS = {"subtitle", "paragraph", "notice", "list", "links", "table", "figure", "gallery"}
SLUGS = [
    "", "donnees", "methode", "photos", "textes", "explications", "explications/puericulture",
    "explications/beaute-et-soins", "explications/informatique", "explications/decoration-et-fetes",
    "explications/linge-de-maison", "explications/cuisine-et-table", "explications/montres", "erreurs",
    "cout", "essais",
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (number(1234.56, 1), "1\u202f234,6"),
        (number(-0.04, 1), "0,0"),
        (number(-3), "−3"),
        (percent(0.8475), "84,8\u00a0%"),
        (signed(0.0042), "+0,4 point"),
        (signed(-0.025), "−2,5 points"),
        (points(0.314), "+31 points"),
        (points(-0.012), "−1 point"),
        (listing(["a", "b", "c"]), "a, b et c"),
        (count(1, "tirage"), "1 tirage"),
        (count(5, "tirage"), "5 tirages"),
        (elided("que", "EfficientNet"), "qu’EfficientNet"),
        (elided("de", "VGG16"), "de VGG16"),
        (count(0, "tirage"), "0 tirage"),
        (count(2, "essai mené", "essais menés"), "2 essais menés"),
        (points(0.004), "0 point"),
        (points(0.02), "+2 points"),
        (signed(0), "0,0 point"),
        (gap(-0.078), "7,8 points"),
        (gap(0.0099), "1,0 point"),
        (signed_interval(-0.004, 0.012), "de −0,4 à +1,2 point"),
        (interval(0.841, 0.88), "de 84,1\u00a0% à 88,0\u00a0%"),
        (signed_number(0.314), "+0,31"),
        (signed_number(-1.2), "−1,20"),
        (signed_number(0.004), "0,00"),
        (p_value(0.00099), "inférieure à 0,001"),
        (p_value(0.001), "égale à 0,001"),
        (p_value(0.0456), "égale à 0,046"),
        (shortened("un deux trois", 13), "un deux trois"),
        (shortened("un deux trois", 12), "un deux…"),
        (shortened("undeuxtrois", 5), "undeu…"),
    ],
)
def test_french_numbers(text: str, wanted: str) -> None:
    assert text == wanted


def test_a_map_is_described_by_its_zones() -> None:
    values = np.zeros((GRID, GRID))
    values[:5, :5] = 0.5 / 25
    values[-5:, -5:] = -0.2 / 25
    assert zones(values).sum() == pytest.approx(values.sum())
    sentence = describe_map(values, 6)
    assert "Pour «\u00a0Montres\u00a0», la photo apporte +30 points" in sentence
    assert "surtout en haut à gauche" in sentence
    assert "en bas à droite" in sentence.split("contre")[1]
    assert concentration(values) == pytest.approx(13 / GRID**2)
    assert central_share(values) == 0
    assert product_share(values, (values > 0).astype(float)) == 1


def zoned(**points_: float) -> np.ndarray:
    """A map of nine cells, some of which speak for the category or against it."""
    places = ("nw", "n", "ne", "w", "c", "e", "sw", "s", "se")
    return np.array([points_.get(place, 0.0) for place in places]).reshape(3, 3)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        # Two hundredths are worth a sentence, less is not.
        (
            zoned(c=0.02, s=-0.02),
            "Pour « Montres », la photo apporte 0 point de probabilité au total. Ce qui parle pour (en "
            "rouge, trait plein) se trouve surtout au centre (+2 points). Ce qui parle contre (en bleu "
            "hachuré, tirets) se trouve en bas au milieu (−2 points).",
        ),
        (
            zoned(c=0.0199, s=-0.0199),
            "Pour « Montres », la photo apporte 0 point de probabilité au total. Aucune zone ne parle "
            "nettement pour. Aucune zone ne parle nettement contre.",
        ),
        # Three zones for it and two against it, the strongest first.
        (
            zoned(nw=0.05, n=0.2, e=0.1, w=0.3, se=-0.04, s=-0.1, sw=-0.2),
            "Pour « Montres », la photo apporte +31 points de probabilité au total. Ce qui parle pour (en "
            "rouge, trait plein) se trouve surtout à gauche (+30 points), en haut au milieu (+20 points) et "
            "à droite (+10 points). Ce qui parle contre (en bleu hachuré, tirets) se trouve en bas à gauche "
            "(−20 points) et en bas au milieu (−10 points).",
        ),
    ],
)
def test_a_map_is_told_by_its_strongest_zones(values: np.ndarray, told: str) -> None:
    assert describe_map(values, 6).replace("\u00a0", " ") == told


def test_an_answer_is_told_right_or_wrong() -> None:
    told = [describe_answer(truth, 6, 0.876).replace("\u00a0", " ") for truth in (6, 5)]
    assert told == [
        "Le réseau répond « Montres », avec raison, sûr à 88 %.",
        "Le réseau répond « Montres », sûr à 88 % ; c’était « Cuisine et table ».",
    ]


def test_what_speaks_for_a_category_is_measured_where_it_lies() -> None:
    """Half of it in the centre, a third to its right, a sixth on top; what speaks against counts nowhere."""
    values = zoned(c=0.3, e=0.2, n=0.1, s=-0.9)
    assert concentration(values) == pytest.approx(1 / 9)
    assert concentration(zoned(c=0.2, e=0.2, n=0.2)) == pytest.approx(2 / 9)
    assert central_share(values) == pytest.approx(0.5)
    # Four pixels of the product in the centre, one to the right.
    assert product_share(values, zoned(c=4, e=1)) == pytest.approx((0.3 + 0.2 / 4) / 0.6)
    nothing = zoned(s=-0.9)
    assert (concentration(nothing), central_share(nothing)) == (1, 0)


@pytest.mark.parametrize(
    ("seconds", "planned", "axis"),
    [
        (0.00002, "1 s", "0,02 ms"),
        (0.0001, "1 s", "0,1 ms"),
        (0.001, "1 s", "1 ms"),
        (0.0999, "1 s", "100 ms"),
        (0.1, "1 s", "0,1 s"),
        (1, "1 s", "1 s"),
        (119, "119 s", "119 s"),
        (120, "2 min", "120 s"),
        (7_199, "120 min", "7\u202f199 s"),
        (7_200, "2,0 h", "7\u202f200 s"),
    ],
)
def test_times_are_told_on_a_scale_that_suits_them(seconds: float, planned: str, axis: str) -> None:
    assert (_duration(seconds), _seconds(seconds)) == (planned, axis)


def test_right_answers_stand_out_of_the_confusion_matrix() -> None:
    """All of the first category are right, all of the second are given to the first."""
    counts = np.zeros((7, 7), int)
    counts[0, 0], counts[1, 0] = 9, 8
    cells = {text.get_position(): text for text in confusion_chart(counts.tolist(), WIDE).axes[0].texts}
    told = {(1, 1): "0", (0, 0): "9", (0, 1): "8"}
    assert {place: cells[place].get_text() for place in told} == told
    assert {place for place, text in cells.items() if text.get_fontweight() == "bold"} == {
        (index, index) for index in range(7)
    }
    # Light on what is dark, dark on what is light.
    assert {place for place, text in cells.items() if text.get_color() == SURFACE} == {(0, 0), (0, 1)}


def test_a_word_against_an_answer_is_hatched_and_goes_to_the_left() -> None:
    bars = word_chart([("montre", 0.4), ("tasse", -0.2)], WIDE).axes[0].patches
    told = [(one.get_hatch(), one.get_width()) for one in bars if isinstance(one, Rectangle)]
    assert told == [("", 0.4), ("///", -0.2)]


def drawn(line: Line2D) -> list[tuple[float, float]]:
    """The points of a line."""
    return [(float(x), float(y)) for x, y in np.asarray(line.get_xydata())]


def test_confidence_is_drawn_from_ten_photos_on() -> None:
    rows = [{"photos": many, "confidence": many / 20, "accuracy": 0.5} for many in (9, 10, 11)]
    (axes,) = reliability_chart({"A": rows}, WIDE).axes
    exact, mine = axes.lines
    assert (drawn(exact), drawn(mine)) == ([(0, 0), (1, 1)], [(0.5, 0.5), (0.55, 0.5)])


def test_a_grid_keeps_the_total_and_the_places() -> None:
    pixels = np.zeros((50, 50, 7))
    pixels[49, 0, 3] = 2.5
    grid = to_grid(pixels)
    assert grid.shape == (GRID, GRID, 7)
    assert grid[GRID - 1, 0, 3] == 2.5


def test_faithful_maps_beat_a_random_order() -> None:
    """A made-up network that looks at the top left corner only, and a map that says so."""

    def probabilities(pictures: np.ndarray) -> np.ndarray:
        dark = 1 - pictures[:, :8, :8].mean(axis=(1, 2, 3)) / 255
        return np.stack([dark, *[(1 - dark) / 6] * 6], axis=1)

    values = np.zeros((GRID, GRID, 7))
    values[:4, :4, 0] = 1
    picture = np.zeros((32, 32, 3), np.float32)
    flat = np.zeros(7)
    curves = faithfulness(probabilities, picture, HeatMap("x", 0, 0, flat, flat, values), 0)
    assert curves["deletion"][0] == pytest.approx(1)
    assert curves["insertion"][-1] == pytest.approx(1)
    assert np.mean(curves["deletion"]) < np.mean(curves["deletion_random"]) - 0.2
    assert np.mean(curves["insertion"]) > np.mean(curves["insertion_random"]) + 0.2


def test_for_and_against_differ_by_more_than_colour() -> None:
    """In grey levels, a zone against is hatched and one for is not."""
    photo = np.full((64, 64, 3), 200.0)
    values = np.zeros((GRID, GRID))
    values[4:12, 4:12] = 1
    favourable = np.asarray(heat_picture(photo, [values]).convert("L"), float)
    against = np.asarray(heat_picture(photo, [-values]).convert("L"), float)
    inside = slice(100, 150), slice(350, 400)
    assert against[inside].std() > favourable[inside].std() + 5


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_an_svg_has_words_and_follows_the_reader_s_scheme(width: int) -> None:
    drawing = scaling_drawing(width)
    text = svg(drawing, "Titre", "Description <x>").decode()
    assert size_of(drawing)[0] == width
    assert '<title id="titre">Titre</title>' in text
    assert "Description &lt;x&gt;" in text
    assert "ensemble" in text
    assert "style=" not in text
    assert text.count("<style>") == 1
    assert "prefers-color-scheme:dark" in text
    # Every colour is one that changes with the scheme, that of text without one included.
    assert text.partition("</style>")[2].startswith('<g fill="var(--ink')
    assert set(re.findall(r'"(#[0-9a-f]{6})"', text)) == set()


def chart_texts(figure: Figure) -> list[tuple[str, Bbox]]:
    """What a chart writes, and where."""
    FigureCanvasAgg(figure).draw()  # type: ignore[no-untyped-call]  # matplotlib leaves it bare
    beyond = set()
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        low, high = sorted(axis.get_view_interval())
        beyond |= {tick.label1 for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high}
    found = [text for text in figure.findobj(Text) if text.get_text().strip() and text not in beyond]
    return [(text.get_text(), text.get_window_extent()) for text in found if text.get_visible()]


CURVE = {name: [0.1, 0.9] for name in ("deletion", "deletion_random", "insertion", "insertion_random")}
TWO = {"EfficientNet-Lite2 à 440 px": [0.9] * 7, "VGG16": [0.85] * 7}
BINS = [
    {"confidence": 0.5, "accuracy": 0.6, "photos": 40},
    {"confidence": 0.9, "accuracy": 0.95, "photos": 900},
]
SIZES = [
    {
        "size": size,
        "accuracy": 0.5 + place / 10,
        "mean": 0.5,
        "low": 0.4 + place / 10,
        "high": 0.6 + place / 10,
    }
    for place, size in enumerate((10, 40, 160, 840))
]
COSTS = [
    ("Classe majoritaire", "nothing", 0.00001, 0.14),
    ("TF-IDF et régression logistique", "text", 0.0008, 0.955),
    ("Sac de mots", "text", 0.0009, 0.951),
    ("EfficientNet-Lite0", "photo", 0.0102, 0.872),
    ("EfficientNet-Lite2", "photo", 0.0117, 0.881),
    ("MiniLM affiné de bout en bout", "text", 0.03, 0.946),
    ("EfficientNet-Lite2 à 440 px", "photo", 0.032, 0.887),
    ("Fusion tardive, poids appris", "both", 0.033, 0.957),
    ("VGG16", "photo", 0.07, 0.854),
]
CHARTS = {
    "accuracy": partial(
        accuracy_chart,
        [("EfficientNet-Lite2 à 440 px", 0.9, 0.88, 0.92), ("Classe majoritaire", 0.14, 0.12, 0.16)],
    ),
    "learning": partial(learning_chart, {"apprentissage": [0.5, 0.9], "validation": [0.5, 0.8]}, 2),
    "confusion": partial(confusion_chart, (np.eye(7, dtype=int) * 140 + 2).tolist()),
    "reliability": partial(reliability_chart, dict.fromkeys(TWO, BINS)),
    "categories": partial(category_chart, TWO),
    "faithfulness": partial(faithfulness_chart, CURVE),
    "survey": partial(survey_chart, [(name, np.ones((4, 4))) for name in NAMES]),
    "scaling": scaling_drawing,
    "cost": partial(cost_chart, COSTS),
    "size": partial(
        size_chart, {"texte (TF-IDF)": SIZES, "photo (EfficientNet-Lite2)": SIZES, "les deux": SIZES}
    ),
    "words": partial(word_chart, [("curtain", 2.1), ("wristwatch", 1.2), ("combo of three", -0.7)]),
    "deleted": partial(words_deleted_chart, [0, 1, 5, 12], {"strongest": SIZES, "random": SIZES}),
}


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("draw", CHARTS.values(), ids=CHARTS)
def test_nothing_written_on_a_chart_is_cut_or_covered(draw: Callable[[int], Figure], width: int) -> None:
    figure = draw(width)
    texts = chart_texts(figure)
    frame = figure.bbox.padded(1)
    cut = [text for text, box in texts if not (frame.contains(*box.min) and frame.contains(*box.max))]
    assert not cut
    upright = [(text, box) for text, box in texts if box.width > 0]
    slanted = draw is CHARTS["confusion"] and width == WIDE
    covered = [
        (one, other)
        for (one, first), (other, second) in combinations(upright, 2)
        if not slanted and first.padded(-1).overlaps(second.padded(-1))
    ]
    assert not covered


@pytest.fixture(scope="module")
def explained(trained: tuple[Study, list[Run]], tiny: Config) -> tuple[Study, str]:
    """The trained study, measured and explained, and what is said of it."""
    study, runs = trained
    evaluate(study, tiny.name, tiny.label, runs)
    # Which networks is not said: those that the report looks at closely.
    few = ["--evaluations", "20", "--survey", "1"]
    with redirect_stdout(io.StringIO()) as told:
        assert main(["explain", "--work", str(study.work), "--weights", "random", *few]) == 0
    return study, told.getvalue()


def test_the_values_of_a_map_add_up_to_what_the_network_answers(
    explained: tuple[Study, str], tiny: Config
) -> None:
    study, said = explained
    told = re.search(r"(\d+) cartes SHAP pour EfficientNet-Lite0 dans", said)
    assert told
    assert int(told[1]) >= 7
    maps = json.loads((study.work / "heatmaps" / tiny.name / "maps.json").read_text())
    for record in [*maps["right"], *maps["wrong"]]:
        gained = np.array(record["base"]) + np.array(record["values"]).sum(axis=(0, 1))
        assert gained == pytest.approx(np.array(record["probabilities"]), abs=2e-3)


@pytest.fixture(scope="module")
def reported(
    explained: tuple[Study, str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Study, Path, list[str]]:
    """The explained study, the folder of its report, which was written over another file, and its files."""
    study, _ = explained
    results = tmp_path_factory.mktemp("results")
    (results / "former.txt").write_text("former")
    return study, results, write_report(study, results)


def test_the_whole_chain_ends_in_a_complete_report(reported: tuple[Study, Path, list[str]]) -> None:
    _, results, files = reported
    assert "former.txt" not in files
    report = json.loads((results / "report.json").read_text())
    assert report["demonstration"] is True
    assert [page["slug"] for page in report["pages"]] == SLUGS
    assert len({(page["title"], page["about"]) for page in report["pages"]}) == len(SLUGS)
    assert len({page["description"] for page in report["pages"]}) == len(SLUGS)
    blocks = [block for page in report["pages"] for part in page["sections"] for block in part["blocks"]]
    assert {block["kind"] for block in blocks} <= KINDS
    figures = [block for block in blocks if block["kind"] == "figure"]
    named = {block["file"] for block in figures} | {block["narrow"]["file"] for block in figures}
    items = [item for block in blocks if block["kind"] == "gallery" for item in block["items"]]
    assert items
    for item in items:
        named.add(item["file"])
        assert 10 < len(item["alternative"]) <= 80
        assert item["caption"]
        assert bool(item["description"]) == ("carte" in item["alternative"])
    for block in figures:
        assert 10 < len(block["alternative"]) <= 80
        assert block["title"] not in block["alternative"]
        assert len({one["short"] for one in figures}) == len(figures)
    tables = [block["table"] for block in blocks if block.get("table")]
    assert len(tables) >= len(figures) >= 5
    for table in tables:
        assert {len(row) for row in table["rows"]} == {len(table["columns"])}
    assert named == {name for name in files if name.endswith((".svg", ".webp"))}


def test_a_report_is_written_again_from_what_is_published(
    reported: tuple[Study, Path, list[str]], tmp_path: Path
) -> None:
    study, published_, files = reported
    results = tmp_path / "results"
    shutil.copytree(published_, results)
    report = json.loads((results / "report.json").read_text())
    again = write_report(Study(tmp_path / "elsewhere", study.catalog, study.manifest), results)
    assert again == files
    assert json.loads((results / "report.json").read_text()) == report


def test_on_another_split_former_trials_stay_and_are_told_as_such(study: Study, tmp_path: Path) -> None:
    """Whoever chose the settings had seen their figures; times do not depend on who tests what."""
    settings = {"size": 224, "aspect": "pad", "views": 5, "averaged": 5}
    scores = {"validation": 0.871, "test": 0.864}
    trial = {
        "name": "framing_vgg16_pad", "label": "VGG16", "run": "a", "draws": 5, "refit": True, "rate": None,
        "settings": settings, "frozen": scores, "tuned": scores,
    }  # fmt: skip
    stretched = trial | {"name": "framing_vgg16_stretch", "frozen": scores | {"validation": 0.842}}
    dealt = draw_splits(study.catalog, 9)
    assert dealt.key != study.manifest.key
    bench, cost = {"ratio": 14.4}, {"network": "vgg16", "size": 224, "inference_seconds": 0.1}
    former = {
        "methods": {"vgg16": {"label": "VGG16"}}, "pairs": [], "trials": [trial, stretched], "costs": [cost],
        "bench": bench, "sample": [{"name": "efficientnet_b7_600", "size": 600}], "texts": {"near": {}},
    }  # fmt: skip
    for name, value in (("figures.json", former), ("words.json", {}), ("explanations.json", {"vgg16": {}})):
        (tmp_path / name).write_text(json.dumps(value))
    dealt.save(tmp_path / "manifest.json")
    own = trial | {"run": "b", "split": study.manifest.key, "tuned": scores | {"test": 0.851}}
    mine = replace(read_findings(study), trials=[own])
    found = published.keep(study, mine, tmp_path)
    assert [one["split"] for one in found.trials] == [dealt.key, dealt.key, study.manifest.key]
    assert (found.costs, found.bench, found.sample) == ([cost], bench, former["sample"])
    assert (found.methods, found.texts, found.words) == ({}, None, None)
    assert published.explanations(study, tmp_path) == {}
    page = trials.page_of(found, 5, study.manifest.key)
    assert page["title"] == "3 essais menés à terme, retenus ou non"
    today, before = page["sections"][:2]
    assert today["title"] == "Essais de ce découpage"
    assert [row[7] for row in today["blocks"][0]["table"]["rows"]] == ["85,1\u00a0%"]
    assert before["title"] == "Essais d’avant"
    assert before["blocks"][0]["text"] == (
        "Ces essais ont été menés sur un autre découpage des mêmes produits, avant celui d’aujourd’hui. "
        "Leurs chiffres étaient connus quand les réglages ont été choisis ; ils ne se comparent pas un à un "
        "à ceux d’aujourd’hui."
    )
    assert [row[7] for row in before["blocks"][1]["table"]["rows"]] == ["86,4\u00a0%", "86,4\u00a0%"]
    # One half of a comparison from each split would be no comparison.
    assert page["sections"][2]["blocks"][1]["items"] == [
        "VGG16 : 87,1\u00a0% en complétant, 84,2\u00a0% en étirant (découpage d’avant)."
    ]
    both = replace(found, trials=[*found.trials, stretched | {"run": "c", "split": study.manifest.key}])
    page = trials.page_of(both, 5, study.manifest.key)
    assert page["sections"][2]["blocks"][1]["items"] == [
        "VGG16 : 87,1\u00a0% en complétant, 84,2\u00a0% en étirant."
    ]
    # Other photos: nothing of them holds.
    (tmp_path / "manifest.json").write_text(json.dumps({"data": "other", "key": "c"}))
    assert published.keep(study, mine, tmp_path) == mine
    alone = trials.page_of(mine, 5, study.manifest.key)
    assert [one["title"] for one in alone["sections"]] == ["Tous les essais"]


def test_a_run_that_was_stopped_in_its_second_draw_keeps_no_report_from_being_written(
    trained: tuple[Study, list[Run]], tmp_path: Path
) -> None:
    """Of the products that its only draw validates on none is tested yet: their accuracy is no number."""
    study, _ = trained
    work = tmp_path / "work"
    shutil.copytree(study.work / "runs", work / "runs")
    stopped = Study(work, study.catalog, study.manifest)
    assert [trial["draws"] for trial in read_findings(stopped).trials] == [2]
    (last,) = work.glob("runs/*/*/draw-1/run.json")
    last.unlink()
    assert read_findings(stopped).trials == []


def test_errors_are_one_french_sentence_without_a_trace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    work = str(tmp_path / "work")
    for arguments, sentence in (
        (["train", "--config", "vgg16", "--work", work], "Rien n’est préparé"),
        (
            ["prepare", "--table", str(tmp_path / "no.csv"), "--photos", str(tmp_path), "--work", work],
            "Catalogue absent",
        ),
    ):
        assert main(arguments) == 1
        caught = capsys.readouterr().err.strip()
        assert caught.startswith("Erreur : ")
        assert sentence in caught
        assert "Traceback" not in caught
    table, photos = draw_catalog(tmp_path / "drawn", 10, 0, side=32)
    assert main(["prepare", "--table", str(table), "--photos", str(photos), "--work", work]) == 0
    assert main(["train", "--config", "nothing", "--work", work]) == 1
    assert "Configuration inconnue" in capsys.readouterr().err
    assert main(["evaluate", "--work", work]) == 1
    assert "Rien à mesurer" in capsys.readouterr().err
    assert main(["explain", "--work", work]) == 1
    assert "Rien à expliquer : lancez d’abord « python -m research evaluate »." in capsys.readouterr().err


def test_weights_are_found_in_their_folder(tiny: Config, tmp_path: Path) -> None:
    assert weights_of(tiny, str(tmp_path)) == f"{tmp_path}/efficientnet_lite0_notop.weights.h5"
    assert weights_of(tiny, "imagenet") == "imagenet"
    assert weights_of(tiny, f"{tmp_path}/my.weights.h5") == f"{tmp_path}/my.weights.h5"
