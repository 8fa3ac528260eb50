"""Requests that fit the API's contract, and some that do not: every answer is one that the contract names."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any, Final

import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from pretadepenser.credit.portfolio import Client, current_portfolio
from pretadepenser.records import tokens
from tests.faults.ground import Progress, Result, silent

CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]


def hold_to_contract(app: Flask, count: int, start: int, progress: Progress = silent) -> list[Result]:
    """Send `count` requests with a token, half of which break the contract, to an application."""
    token = tokens.add_token(app.extensions["database"], "contrat")
    # Nothing between takes an answer out of its compression.
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}
    # The token is ours to send: it is no input.
    generation = GenerationConfig(with_security_parameters=False)
    config = SchemathesisConfig(projects=ProjectsConfig(default=ProjectConfig(generation=generation)))
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app, config=config)
    results = {
        mode: Result(f"requests to the API, {mode.value} data (schemathesis)") for mode in GenerationMode
    }
    # The answer with the contract itself is always the same.
    operations = [
        found
        for one in schema.get_all_operations()
        if isinstance(one, Ok) and (found := one.ok()).path != "/api/v1/openapi.json"
    ]
    each = max(1, count // (len(operations) * len(results)))
    portfolio = current_portfolio(app.config["INSTANCE"])
    client = portfolio.client(157083) if portfolio else None
    assert client
    for number, operation in enumerate(operations):
        for mode, result in results.items():
            cases = operation.as_strategy(generation_mode=mode)
            if mode is GenerationMode.POSITIVE:
                # Numbers of nobody and rows without what a score needs are fine by the contract, and no more.
                known = operation.as_strategy(generation_mode=mode).map(partial(_known, client))
                cases = cases | known
            _send(cases, each, start, headers, result)
        progress("contract", (number + 1) / len(operations))
    tokens.revoke_token(app.extensions["database"], "contrat")
    return list(results.values())


def _known(client: Client, case: Any) -> Any:
    """The same request about a client who can be scored: with some of the figures that were drawn."""
    if case.path_parameters:
        case.path_parameters["number"] = client.number
    rows = case.body.get("rows") if isinstance(case.body, dict) else case.body
    for row in rows if isinstance(rows, list) else ():
        drawn = dict(list(row.items())[:2])
        row |= {**client.values, **drawn}
    return case


def _send(
    cases: st.SearchStrategy[Any], count: int, start: int, headers: dict[str, str], result: Result
) -> None:
    statuses: Counter[int] = Counter()

    @seed(start)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases)
    def attack(case: Any) -> None:
        try:
            answer = case.call_and_validate(headers=headers, checks=CHECKS)
            statuses[answer.status_code] += 1
        except FailureGroup as group:
            result.wrong += [f"{case.method} {case.path}: {one}" for one in group.exceptions]
        result.tried += 1

    attack()
    told = ", ".join(f"{status}: {often}" for status, often in sorted(statuses.items()))
    result.told += f"{'; ' if result.told else 'statuses '}{told}"
