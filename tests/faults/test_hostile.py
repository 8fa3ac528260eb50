"""Hostile inputs in the short form: by Hypothesis, by schemathesis from the contract, and over sockets."""

import shutil
from pathlib import Path

import pytest
from flask import Flask, Response

from pretadepenser import create_app
from tests.faults import contract, hostile
from tests.faults.ground import Visitor

SEED = 1


@pytest.fixture
def assailed(untouched: Path, tmp_path: Path) -> Flask:
    """An application with a user of each role, for nobody else."""
    shutil.copytree(untouched, tmp_path / "instance", symlinks=True)
    return create_app({"INSTANCE": tmp_path / "instance", "API_REQUESTS": 100_000})


@pytest.mark.parametrize("seed", [1, 2])
def test_no_input_gets_more_than_a_page_in_french(assailed: Flask, seed: int) -> None:
    (result,) = hostile.assail(assailed, 75, seed)
    assert result.wrong == []
    assert result.tried == 75


def test_the_api_answers_as_its_contract_says(assailed: Flask) -> None:
    results = contract.hold_to_contract(assailed, 40, SEED)
    assert [one.wrong for one in results] == [[], []]
    assert sum(one.tried for one in results) == 40


def test_what_is_no_request_harms_no_worker(visitor: Visitor) -> None:
    (result,) = hostile.assail_sockets(visitor, 60, SEED)
    assert result.wrong == []
    assert result.tried == 60


def test_faults_are_found(assailed: Flask) -> None:
    """What the attack looks for, put into an application, is found by it."""

    def spoil(answer: Response) -> Response:
        del answer.headers["X-Frame-Options"]
        answer.headers["Location"] = "//exemple.fr"
        answer.status_code = 500
        return answer

    # The last word: the first that was registered is the last that is asked.
    assailed.after_request_funcs[None].insert(0, spoil)
    found = "".join(hostile.faults(hostile.NOTHING, assailed.test_client().get("/connexion")))
    assert found == "no X-Frame-Optionsstatus 500sent to //exemple.fr"


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/clients/\u0661", "['\u0661'] in a line of the log"),
        ("/clients/1", "['1'] in a line of the log"),
        ("/clients\n", "['\\n'] in a line of the log"),
        ("/api/v1/clients/…/score", ""),
    ],
)
def test_a_digit_in_the_log_is_found(path: str, found: str) -> None:
    assert "".join(hostile.unclean(path)) == found
