"""The first page: the question, the answer, one table, one picture, what to do, and what limits that."""

from __future__ import annotations

from research.blocks import Block, Files, links, listing, notice, page, paragraph, section, table
from research.findings import Findings, accuracy, test_accuracy
from research.pages import costs, photos, texts
from research.pages.comparing import (
    best_of,
    better,
    compared,
    gained,
    label,
    left_out,
    measured_b7,
    pair_of,
    pair_sentence,
    reading,
    reads,
)
from research.study import Study
from research.wording import elided, english, interval, number, percent

_READS = {"text": "le texte", "photo": "la photo", "both": "les deux", "nothing": "rien"}


def page_of(study: Study, found: Findings, files: Files) -> Block:
    """The first page."""
    names = shown(found)
    return page(
        "",
        "L’essentiel",
        title(found),
        "veille technique : reconnaître la catégorie d’un produit",
        "Faut-il lire le texte d’un produit ou regarder sa photo pour en reconnaître la catégorie ? La "
        "réponse mesurée, ce "
        "qu’elle coûte, ce que nous recommandons et ses limites.",
        answer(found),
        [
            section("question", "La question", paragraph(_question(study))),
            section(
                "resultats",
                "Ce que chacun reconnaît",
                _table(found, names),
                photos.accuracy_figure(
                    found, files, names, "exactitude", "Exactitude au test des méthodes comparées"
                ),
            ),
            section("recommandation", "Recommandation", *recommendation(found)),
            section("limites", "Limites", listing(*limits(found)), links(*_LINKS)),
        ],
    )


_LINKS = (
    ("donnees", "D’où viennent les données"),
    ("methode", "Comment on a mesuré"),
    ("essais", "Tout ce qui a été essayé"),
)


def _question(study: Study) -> str:
    return (
        "Ranger un produit dans l’une de sept catégories : vaut-il mieux lire son nom et sa description, "
        "regarder sa "
        "photo, ou les deux ? Et pour la photo, VGG16, réseau de 2014 souvent pris pour référence, "
        "fait-il mieux ou "
        "moins bien que la famille EfficientNet, plus récente ? Mesuré sur "
        f"{number(len(study.catalog.photos))} produits."
    )


def both_of(found: Findings) -> str | None:
    """Of the ways of reading text and photo together, the one that validates best, those that gain first."""
    names = reading(found, "both")
    gaining = [name for name in names if gain_of(found, name) > 0]
    return max(gaining or names, key=lambda name: accuracy(found, name, "validation"), default=None)


def gain_of(found: Findings, name: str | None) -> int:
    """Whether a fusion does better (1) or worse (−1) than text alone, or neither (0), from its interval."""
    for gain in texts.gains(found):
        if gain["name"] == name:
            return texts.verdict(*gain["difference_interval"])
    return 0


def shown(found: Findings) -> list[str]:
    """The methods of the one table, best first: the best of each kind, VGG16, B7 if measured, and chance."""
    text = best_of(found, "text")
    kept = {
        *filter(None, (text, best_of(found, "photo"), both_of(found))),
        *([thrifty(found, text)] if text else []),
        *found.leading,
        *filter(None, [found.best("efficientnet_b7")]),
        *(name for name in ("bag_of_words", "majority") if name in found.methods),
    }
    return [name for name in found.methods if name in kept] or list(found.methods)


def _share(found: Findings, name: str) -> str:
    return percent(test_accuracy(found, name)[0])


def title(found: Findings) -> str:
    """The answer: text, photo or both, by the tests on the same products."""
    text, photo = (best_of(found, kind) for kind in ("text", "photo"))
    both = both_of(found)
    if not (text and photo):
        return photos.title(found) if photo or not text else texts.title(found)
    if both and gain_of(found, both) > 0 and better(found, photo, both) != photo:
        return (
            f"Texte et photo ensemble font mieux que le texte seul : {_share(found, both)} contre "
            f"{_share(found, text)}"
        )
    winner = better(found, text, photo)
    if winner == text and not texts.gains(found):
        return f"Le texte fait mieux que la photo : {_share(found, text)} contre {_share(found, photo)}"
    if winner == text:
        return (
            f"Le texte suffit : {_share(found, text)} de produits reconnus, contre {_share(found, photo)} "
            "à la photo"
        )
    if winner == photo:
        return f"La photo fait mieux que le texte : {_share(found, photo)} contre {_share(found, text)}"
    return f"Rien ne départage le texte ({_share(found, text)}) et la photo ({_share(found, photo)})"


def answer(found: Findings) -> list[str]:
    """The answer in a few sentences."""
    sentences = []
    text, photo = best_of(found, "text"), best_of(found, "photo")
    for name in filter(None, (text, photo)):
        value, low, high = test_accuracy(found, name)
        sentences.append(
            f"{label(found, name)} reconnaît la catégorie de {percent(value)} des produits jamais vus "
            "(intervalle à "
            f"95 % : {interval(low, high)})."
        )
    first = sentences[:1]
    if text and photo and (pair := pair_of(found, text, photo)):
        sentences.append(pair_sentence(found, pair))
    if len(found.leading) == 2:
        sentences.append(f"Parmi les photos : {compared(found, *reversed(found.leading))}.")
    if not reading(found, "text"):
        sentences.append(
            "Les textes n’ont pas été mesurés pour ce rapport : seules les photos sont comparées."
        )
    rest = " ".join(sentences[len(first) :])
    return [*first, rest] if rest else first


def _table(found: Findings, names: list[str]) -> Block:
    rows = []
    for name in names:
        value, low, high = test_accuracy(found, name)
        time = costs.seconds(costs.use_seconds(found, name)) if name != "majority" else "sans objet"
        rows.append(
            [label(found, name), _READS[reads(found, name)], percent(value), interval(low, high), time]
        )
    return table(
        "Les méthodes comparées, au test, sur des produits jamais vus",
        ("Méthode", "Lit", "Exactitude", "Intervalle à 95 %", "Temps par produit"),
        rows,
        words=2,
    )


def recommendation(found: Findings) -> list[Block]:
    """What an engineer should take tomorrow: it follows from accuracy, tests and costs."""
    text, photo = best_of(found, "text"), best_of(found, "photo")
    blocks = [notice(_advice(found, text, photo))]
    both = both_of(found)
    measured = [gain for gain in texts.gains(found) if gain["name"] == both]
    blocks += [paragraph(texts.gain_sentence(found, gain)) for gain in measured]
    blocks += [paragraph(told) for told in texts.caveats(found)]
    if text and photo:
        quick = [
            row
            for row in costs.method_costs(found)
            if row["name"] in (thrifty(found, text), photo) and row["use_seconds"]
        ]
        if len(quick) == 2:
            blocks.append(paragraph(costs.ratio_sentence(*sorted(quick, key=lambda row: row["use_seconds"]))))
    if len(found.leading) == 2:
        blocks.append(paragraph(_between_networks(found, *found.leading)))
    if photo and (told := _unchosen(found, photo)):
        blocks.append(paragraph(told))
    blocks += [
        paragraph(gained(found, name, found.leading[-1]))
        for name in found.ensembles("efficientnet")
        if found.leading and not text
    ]
    if not measured_b7(found):
        blocks.append(
            paragraph(
                "Passer à B7 ne se justifierait qu’après l’avoir mesuré avec ses poids ImageNet par les "
                "mêmes commandes ; l’écart annoncé au départ tient dans le hasard d’un petit jeu de test."
            )
        )
    return blocks


def _advice(found: Findings, text: str | None, photo: str | None) -> str:
    """The advice itself."""
    both = both_of(found)
    if text and photo:
        if both and gain_of(found, both) > 0 and better(found, photo, both) != photo:
            return (
                f"Nous recommandons {label(found, both)} : lire le texte et la photo fait mieux que le "
                "texte seul, au prix "
                "de la photo à chaque produit."
            )
        winner = better(found, text, photo)
        if winner == text and not texts.gains(found):
            return (
                f"Nous recommandons {_thrifty(found, text)} : lire le texte plutôt que regarder la photo. "
                "Les deux ensemble n’ont pas été mesurés."
            )
        if winner == text:
            return f"Nous recommandons {_thrifty(found, text)} : lire le texte, et se passer de la photo."
        if winner == photo:
            return f"Nous recommandons {label(found, photo)} : regarder la photo, et se passer du texte."
        cheap = _cheaper(found, text, photo)
        if cheap:
            return (
                "Rien ne départage le texte et la photo en exactitude : nous recommandons le moins "
                f"coûteux, {label(found, cheap)}."
            )
        return (
            "Rien ne départage le texte et la photo : les mesures ne permettent pas de recommander l’un "
            "des deux."
        )
    if text:
        return (
            f"Nous recommandons {label(found, text)}, faute d’autre mesure : les photos n’ont pas été "
            "mesurées."
        )
    if len(found.leading) == 2:
        return _advice_between(found, *found.leading)
    if photo:
        return f"Nous recommandons {label(found, photo)}, faute d’autre réseau mesuré."
    return "Aucun réseau et aucune méthode de texte n’ont été mesurés : il n’y a rien à recommander."


def thrifty(found: Findings, best: str) -> str:
    """Of the methods that read the same as ``best`` and are not surely worse, the quickest, if clearly so."""
    kept = best
    for name in reading(found, reads(found, best)):
        equal = pair_of(found, best, name) is not None and better(found, best, name) != best
        if equal and (_part_of(found, kept, name) or _cheaper(found, kept, name) == name):
            kept = name
    return kept


def _part_of(found: Findings, whole: str, name: str) -> bool:
    """Whether one method is one of those that another brings together: it then surely costs less."""
    return name in found.methods[whole]["config"].get("members", ())


def _thrifty(found: Findings, best: str) -> str:
    """The method to take, and why it is not the one that validates best where it is another."""
    name = thrifty(found, best)
    if name == best:
        return label(found, best)
    told = f"{label(found, name)}, qui n’est pas sûrement moins juste {elided('que', label(found, best))} et "
    if _cheaper(found, best, name) == name:
        return f"{told}répond {costs.times(costs.seconds_ratio(found, best, name))} fois plus vite"
    return f"{told}n’en est qu’une partie, donc moins coûteux"


def _cheaper(found: Findings, first: str, second: str) -> str | None:
    """Which of two methods answers clearly quicker, if that was measured."""
    times = {name: costs.use_seconds(found, name) for name in (first, second)}
    quick, slow = sorted((first, second), key=lambda name: times[name] or 0)
    if not times[quick] or not times[slow]:
        return None
    return quick if float(times[slow] or 0) >= costs.ALIKE * float(times[quick] or 0) else None


def _advice_between(found: Findings, vgg: str, best: str) -> str:
    """What to take of two networks."""
    winner, cheap = better(found, vgg, best), _cheaper(found, vgg, best)
    if winner is None:
        if cheap:
            return (
                f"Rien ne départage {label(found, vgg)} et {label(found, best)} en exactitude : nous "
                "recommandons le plus "
                f"rapide, {label(found, cheap)}."
            )
        return (
            f"Rien ne départage {label(found, vgg)} et {label(found, best)} : les mesures ne désignent ni "
            "l’un ni l’autre."
        )
    loser = best if winner == vgg else vgg
    if cheap == winner:
        return (
            f"Nous recommandons {label(found, winner)} : plus juste {elided('que', label(found, loser))}, "
            "et plus rapide."
        )
    if cheap == loser:
        return (
            f"{label(found, winner)} est plus juste {elided('que', label(found, loser))}, mais plus lent : "
            "le choix dépend du prix d’une erreur."
        )
    return f"Nous recommandons {label(found, winner)} : plus juste {elided('que', label(found, loser))}."


def _between_networks(found: Findings, vgg: str, best: str) -> str:
    """The seed question, with what the two networks cost."""
    told = f"S’il faut une photo : {compared(found, best, vgg)}."
    first, second = costs.row_of(found, vgg), costs.row_of(found, best)
    if not first or not second:
        return told
    told += f" {costs.ratio_sentence(*sorted((first, second), key=lambda row: float(row['use_seconds'])))}"
    smaller = first["parameters"] / second["parameters"]
    if max(smaller, 1 / smaller) < costs.ALIKE:
        return told
    more = "moins" if smaller > 1 else "plus"
    times = number(max(smaller, 1 / smaller), 1)
    return f"{told} {label(found, best)} compte {times} fois {more} de paramètres."


def _unchosen(found: Findings, chosen: str) -> str:
    """The network that surely does better on test than the one that validates best; empty where none does.

    It is told, not taken: choosing by test would flatter it.
    """
    ahead = [name for name in found.networks if better(found, name, chosen) == name]
    if not ahead:
        return ""
    name = max(ahead, key=lambda name: test_accuracy(found, name)[0])
    valid = [percent(accuracy(found, one, "validation")) for one in (name, chosen)]
    return (
        f"{label(found, name)} fait mieux {elided('que', label(found, chosen))} au test "
        f"({_share(found, name)} contre {_share(found, chosen)}), ce que la validation, qui choisit, "
        f"n’annonçait pas ({valid[0]} contre {valid[1]}) : à confirmer sur d’autres produits."
    )


def limits(found: Findings) -> list[str]:
    """What the answer does not say."""
    told = []
    if not reading(found, "text"):
        told.append("Les textes n’ont pas été mesurés : ce rapport ne compare que des photos.")
    told += left_out(found)
    if not measured_b7(found):
        told.append(
            "EfficientNet-B7 n’a pas été mesuré avec ses poids ImageNet, qui ne pouvaient pas être "
            "téléchargés : aucune "
            "exactitude de B7 n’est publiée ici."
        )
    if any("lite" in name for name in found.networks):
        told.append(
            "EfficientNet-Lite n’est pas B7 : plus petit, sans le mécanisme « "
            f"{english('squeeze-and-excite')} », avec ReLU6."
        )
    if _local_vgg16(found):
        told.append(
            "Les poids de VGG16 viennent de torchvision (IMAGENET1K_V1), pas du fichier d’Oxford que Keras "
            "distribue : les exactitudes peuvent différer."
        )
    products = max(method["photos"] for method in found.methods.values())
    told += [
        "Les tirages se partagent les mêmes produits : la validation de l’un est le test d’un autre, un "
        "léger optimisme "
        "est possible. L’exactitude au test des premiers essais a été vue avant de choisir les suivants.",
        f"Sept catégories très différentes, {number(products)} produits : rien ne dit que l’écart tienne "
        "sur un catalogue "
        "plus fin, plus grand ou dans une autre langue.",
        "Les temps viennent d’une machine partagée : ils ne valent que comparés entre eux.",
    ]
    return told


def _local_vgg16(found: Findings) -> bool:
    runs = [
        run for name, method in found.methods.items() if name.startswith("vgg16") for run in method["runs"]
    ]
    return any(not str(run["weights"]).startswith(("keras", "random")) for run in runs)
