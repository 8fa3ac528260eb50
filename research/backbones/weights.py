"""Loading a local weight file, and refusing one that belongs to another network."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import h5py
import keras
import numpy as np

from research.errors import ResearchError
from research.files import trouble

Shapes = Counter[tuple[int, ...]]


def file_shapes(path: Path) -> Shapes:
    """Shapes of the arrays in an HDF5 weight file (Keras 3 or older), optimiser state left out.

    Raises ResearchError: the file is missing, is not HDF5, or has whole numbers for weights.
    """
    refuse_foreign(path, "un fichier HDF5 (.weights.h5)", but="c’est un fichier HDF5")
    shapes: Shapes = Counter()
    rounded: list[str] = []

    def visit(name: str, item: h5py.Dataset | h5py.Group) -> None:
        if isinstance(item, h5py.Dataset) and not name.startswith("optimizer"):
            shapes[tuple(item.shape)] += 1
            if item.ndim > 1 and item.dtype.kind != "f":
                rounded.append(name)

    try:
        with h5py.File(path) as file:
            file.visititems(visit)
    # A file that came in part has any error that its null bytes cause.
    except Exception as error:
        raise ResearchError(
            f"Fichier de poids illisible : « {path} » n’est pas un fichier HDF5 entier. Recopiez-le."
        ) from error
    if rounded:
        raise ResearchError(
            f"Les poids « {path.name} » sont arrondis à des nombres entiers (« {rounded[0]} ») : donnez à "
            "--weights ceux d’origine, à virgule flottante."
        )
    return shapes


def refuse_foreign(path: Path, wanted: str, but: str = "") -> None:
    """Refuse what is no file of weights at all, ``but`` for one kind; ``wanted`` says what is.

    Raises ResearchError: there is no file, or it is known to be something else.
    """
    cause = trouble(path)
    if cause and cause != but:
        if cause.startswith("c’est une archive zip"):
            cause = "c’est une archive zip, comme un modèle .keras ou de PyTorch"
        if cause == "fichier absent":
            raise ResearchError(
                f"Fichier de poids absent : « {path} ». Vérifiez le chemin donné à --weights."
            )
        raise ResearchError(f"Fichier de poids illisible : « {path} » ({cause}). Donnez {wanted}.")


def unusable(values: np.ndarray) -> str | None:
    """What keeps an array of weights from being one, in a few French words; None if it may be one.

    A kernel of zeros is what a file that came in part, or was never written, has in its place.
    """
    if not np.isfinite(values).all():
        return "des valeurs qui ne sont pas des nombres"
    return "rien que des zéros" if values.ndim > 1 and not values.any() else None


def check(path: Path, model: keras.Model, found: Shapes) -> None:
    """Compare every array of the file with the network's, before anything is trained.

    Raises ResearchError: the file was saved from another architecture.
    """
    wanted: Shapes = Counter(tuple(weight.shape) for weight in model.weights)
    if found == wanted:
        return
    missing, extra = sum((wanted - found).values()), sum((found - wanted).values())
    raise ResearchError(
        f"Les poids « {path.name} » ne sont pas ceux de {model.name} : {missing} tableaux attendus manquent "
        f"et {extra} n’ont pas leur place (sur {wanted.total()} attendus). Donnez à --weights un fichier "
        "enregistré depuis cette architecture, sans sa couche de classement (« notop »)."
    )


def load(path: Path, model: keras.Model, shapes: Shapes | None = None) -> None:
    """Check the file's architecture (``shapes``, where it was read), then load it into ``model`` in place.

    Raises ResearchError: the file is missing, damaged, or of another architecture, or holds no numbers.
    """
    check(path, model, shapes or file_shapes(path))
    try:
        model.load_weights(path)
    except (ValueError, OSError, KeyError) as error:
        # Keras chooses its reader by the name.
        remedy = (
            "" if path.name.endswith(".weights.h5") else ", ou finissez le nom du fichier par « .weights.h5 »"
        )
        raise ResearchError(
            f"Les poids « {path.name} » ne se chargent pas dans {model.name} : leur ordre ou leur format "
            f"diffère. Réenregistrez-les avec model.save_weights de Keras 3{remedy}."
        ) from error
    for weight in model.weights:
        if cause := unusable(keras.ops.convert_to_numpy(weight)):
            raise ResearchError(
                f"Les poids « {path.name} » sont inutilisables : {cause} dans « {weight.path} ». Recopiez "
                "le fichier, ou donnez-en un autre."
            )
    _repair_normalisation(model)


def _repair_normalisation(model: keras.Model) -> None:
    """Give Keras's published EfficientNet files the input scaling they were trained with.

    Those files hold the ImageNet standard deviations where a variance is meant; Keras makes up for it
    with an extra layer, but only when asked for ``weights="imagenet"``. A local copy needs the same.
    """
    deviations = np.array([0.229, 0.224, 0.225])
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization) and layer.built and not layer.input_mean:
            mean, variance, count = layer.get_weights()
            if variance.shape == (3,) and np.allclose(variance, deviations, atol=1e-4):
                layer.set_weights([mean, variance**2, count])
                layer.finalize_state()
