"""What the report concludes: from made-up figures, one sentence for each way they can turn out."""

from __future__ import annotations

from typing import Any

import pytest

from research.blocks import Block
from research.findings import Findings
from research.pages import outcome


def method(name: str, backbone: str, size: int, test: float, validation: float) -> dict[str, Any]:
    """Figures of a network as ``evaluate`` writes them, all its photos tested."""
    scores = {"train": 1.0, "validation": validation, "test": test}
    phase = {
        "accuracy": scores,
        "deviation": dict.fromkeys(scores, 0.01),
        "test_pooled": test,
        "test_interval": [test - 0.02, test + 0.02],
        "macro_f1": test,
    }
    return {
        "label": f"{backbone}-{size}",
        "photos": 1000,
        "phases": {"frozen": phase, "tuned": phase},
        "runs": [{"weights": "0123", "random_weights": False}],
        "config": {"backbone": backbone, "size": size},
    }


def found(vgg: float = 0.85, lite: float = 0.88, fine: float = 0.9, seconds: float = 0.02) -> Findings:
    """VGG16, Lite2 at 260 px and at 440 px; ``seconds`` a photo for the last, 0.1 for VGG16."""
    methods = {
        "efficientnet_lite2_440": method("efficientnet_lite2_440", "efficientnet_lite2", 440, fine, fine),
        "efficientnet_lite2": method("efficientnet_lite2", "efficientnet_lite2", 260, lite, lite),
        "vgg16": method("vgg16", "vgg16", 224, vgg, vgg),
    }
    names = list(methods)
    pairs = [
        {
            "first": names[one],
            "second": names[two],
            "photos": 1000,
            "only_first": 40,
            "only_second": 10,
            "p": p,
        }
        for one, two, p in ((0, 1, 0.2), (0, 2, 0.0001), (1, 2, 0.01))
    ]
    costs = [
        {
            "network": value["config"]["backbone"],
            "size": value["config"]["size"],
            "inference_seconds": 0.1 if name == "vgg16" else seconds,
            "parameters": {"base": 15e6 if name == "vgg16" else 5e6},
        }
        for name, value in methods.items()
    ]
    return Findings(methods, pairs, [], costs, None, {}, [])


def with_ensemble(p: float) -> Findings:
    """The same with an ensemble, half a point above its best member."""
    findings = found()
    name = "ensemble_efficientnet_lite"
    findings.methods[name] = method(name, "", 0, 0.905, 0.9)
    del findings.methods[name]["config"]["backbone"]
    findings.pairs.append(
        {
            "first": name,
            "second": "efficientnet_lite2_440",
            "photos": 1000,
            "only_first": 9,
            "only_second": 4,
            "p": p,
        }
    )
    return findings


@pytest.mark.parametrize(("p", "said"), [(0.3, "le hasard suffit à"), (0.01, "le hasard ne suffit pas à")])
def test_an_ensemble_is_weighed_and_never_looked_at_closely(p: float, said: str) -> None:
    findings = with_ensemble(p)
    assert findings.leading == ["vgg16", "efficientnet_lite2_440"]
    assert "+0,5 point par rapport à efficientnet_lite2-440 seul" in texts(outcome.closing(findings))
    assert said in texts(outcome.closing(findings))
    assert "a été essayé en dernier" in texts(outcome.closing(findings))


def texts(blocks: list[Block]) -> str:
    """All that blocks, and those inside them, say."""
    said = []
    for block in blocks:
        said += [block.get("text", ""), *(item for item in block.get("items", []) if isinstance(item, str))]
        said.append(texts(block.get("blocks", [])))
    return " ".join(filter(None, said))


def test_the_leading_networks_are_chosen_on_validation() -> None:
    findings = found(lite=0.91, fine=0.9)
    findings.methods["efficientnet_lite2"]["phases"]["tuned"]["accuracy"]["validation"] = 0.5
    assert findings.leading == ["vgg16", "efficientnet_lite2_440"]
    assert findings.networks == ["vgg16", "efficientnet_lite2_440", "efficientnet_lite2"]


def test_the_answer_names_both_and_says_what_chance_may_do() -> None:
    said = " ".join(outcome.answer(found()))
    assert "efficientnet_lite2-440 reconnaît la catégorie de 90,0" in said
    assert "vgg16-224 reconnaît la catégorie de 85,0" in said
    assert "ne doit pas tout au hasard" in said


def test_finer_photos_are_compared_within_a_network() -> None:
    said = texts(outcome.sections(found(), {}))
    assert "EfficientNet-Lite2 : 88,0\u00a0% à 260 px et 90,0\u00a0% à 440 px" in said
    assert "VGG16 : 85" not in said


@pytest.mark.parametrize(
    ("findings", "advice", "speed"),
    [
        (found(), "Nous recommandons efficientnet_lite2-440 : plus juste", "5,0 fois plus vite"),
        (found(seconds=0.4), "mais plus lent", "4,0 fois moins vite"),
        (found(vgg=0.95), "vgg16-224 est le plus juste des deux ici", "5,0 fois plus vite"),
    ],
)
def test_the_advice_follows_from_accuracy_and_speed(findings: Findings, advice: str, speed: str) -> None:
    said = texts(outcome.closing(findings))
    assert advice in said
    assert speed in said
    assert "3,0 fois moins de paramètres" in said


def test_the_targets_are_said_to_be_met_or_missed() -> None:
    said = texts(outcome.sections(found(vgg=0.84), {}))
    assert "vgg16-224 : objectif de 85\u00a0% manqué de 1,0 point" in said
    assert "efficientnet_lite2-440 : objectif de 89\u00a0% atteint" in said
