"""Loading a local weight file, and refusing one that belongs to another network."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import h5py
import keras
import numpy as np

from research.errors import ResearchError

Shapes = Counter[tuple[int, ...]]


def file_shapes(path: Path) -> Shapes:
    """Shapes of the arrays in an HDF5 weight file (Keras 3 or older), optimiser state left out.

    Raises ResearchError: the file is missing or is not HDF5.
    """
    if not path.is_file():
        raise ResearchError(f"Fichier de poids absent : « {path} ». Vérifiez le chemin donné à --weights.")
    shapes: Shapes = Counter()

    def visit(name: str, item: h5py.Dataset | h5py.Group) -> None:
        if isinstance(item, h5py.Dataset) and not name.startswith("optimizer"):
            shapes[tuple(item.shape)] += 1

    try:
        with h5py.File(path) as file:
            file.visititems(visit)
    except OSError as error:
        raise ResearchError(
            f"Fichier de poids illisible : « {path} » n’est pas un fichier HDF5 entier. Recopiez-le."
        ) from error
    return shapes


def check(path: Path, model: keras.Model) -> None:
    """Compare every array of the file with the network's, before anything is trained.

    Raises ResearchError: the file was saved from another architecture.
    """
    found = file_shapes(path)
    wanted: Shapes = Counter(tuple(weight.shape) for weight in model.weights)
    if found == wanted:
        return
    missing, extra = sum((wanted - found).values()), sum((found - wanted).values())
    raise ResearchError(
        f"Les poids « {path.name} » ne sont pas ceux de {model.name} : {missing} tableaux attendus manquent "
        f"et {extra} n’ont pas leur place (sur {wanted.total()} attendus). Donnez à --weights un fichier "
        "enregistré depuis cette architecture, sans sa couche de classement (« notop »)."
    )


def load(path: Path, model: keras.Model) -> None:
    """Check the file's architecture, then load it into ``model`` in place.

    Raises ResearchError: the file is missing, damaged, or of another architecture.
    """
    check(path, model)
    try:
        model.load_weights(path)
    except (ValueError, OSError, KeyError) as error:
        raise ResearchError(
            f"Les poids « {path.name} » ne se chargent pas dans {model.name} : leur ordre ou leur format "
            "diffère. Réenregistrez-les avec model.save_weights de Keras 3."
        ) from error
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
