"""Templates write what Jinja's own write, and refuse what Jinja refuses."""

from __future__ import annotations

import flask.templating
import jinja2
import markupsafe
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import StrictUndefined, UndefinedError, pass_context
from markupsafe import Markup

from pretadepenser.web import templating

MACROS = """
{% macro row(label, text="<rien>", kind="") %}<p class="{{ kind }}">{{ label }} : {{ text }}</p>{% endmacro %}
{% macro box(title) %}<div>{{ title }}{{ caller() }}</div>{% endmacro %}
{% macro listed() %}{% for one in varargs %}<b>{{ one }}</b>{% endfor %}{{ kwargs }}{% endmacro %}
{% macro perhaps(title) %}{{ title }}{% if caller is defined %}{{ caller() }}{% endif %}{% endmacro %}
"""
# A body, and what it has to write; texts come from "given", a text with all that is special.
WRITTEN = [
    ("{{ given }}", "&lt;a href=&#34;x&#34;&gt;l&#39;un &amp; l&#39;autre&lt;/a&gt;"),
    ("{{ given|safe }}{{ 3 }}{{ 2.5 }}{{ none }}", "<a href=\"x\">l'un & l'autre</a>32.5None"),
    ("{{ row('a', kind='b') }}", '<p class="b">a : &lt;rien&gt;</p>'),
    ("{{ row('a', 'b', 'c') }}{{ row(label='é') }}",
     '<p class="c">a : b</p><p class="">é : &lt;rien&gt;</p>'),
    ("{% call box('<') %}{{ row('>') }}{% endcall %}", '<div>&lt;<p class="">&gt; : &lt;rien&gt;</p></div>'),
    ("{{ listed('<', 2, a=1) }}", "<b>&lt;</b><b>2</b>{&#39;a&#39;: 1}"),
    ("{{ perhaps('x') }}{% call perhaps('y') %}z{% endcall %}", "xyz"),
    ("{% for one in 'ab' %}{% set told = one %}{{ row(one, here()) }}{% endfor %}",
     '<p class="">a : a</p><p class="">b : b</p>'),
    ("{% set told %}<i>{{ given[0] }}</i>{% endset %}{{ told ~ '<' }}", "<i>&lt;</i>&lt;"),
]  # fmt: skip
REFUSED = [
    ("{{ row('a', colour='b') }}", TypeError, "takes no keyword argument 'colour'"),
    ("{{ row('a', 'b', 'c', 'd') }}", TypeError, "takes not more than 3 argument"),
    ("{{ row() }}", UndefinedError, "parameter 'label' was not provided"),
    ("{{ box('a') }}", UndefinedError, "No caller defined"),
    ("{{ nowhere }}", UndefinedError, "'nowhere' is undefined"),
    ("{% call row('a') %}b{% endcall %}", TypeError, "invoked with two values|takes no keyword argument"),
]


def environment(kind: type[jinja2.Environment]) -> jinja2.Environment:
    made = kind(Flask("pages"), autoescape=True, undefined=StrictUndefined)  # type: ignore[arg-type]

    @pass_context
    def here(context: jinja2.runtime.Context) -> str:
        return str(context["told"])

    made.globals["here"] = here
    return made


@pytest.fixture(params=[flask.templating.Environment, templating.Environment])
def either(request: pytest.FixtureRequest) -> jinja2.Environment:
    """Flask's environment, which shows that what is wanted is Jinja's, and ours."""
    return environment(request.param)


def write(environment: jinja2.Environment, body: str) -> str:
    written = environment.from_string(MACROS + body).render(given="<a href=\"x\">l'un & l'autre</a>")
    return written.strip()


@pytest.mark.parametrize(("body", "expected"), WRITTEN)
def test_a_template_writes_what_jinja_writes(either: jinja2.Environment, body: str, expected: str) -> None:
    assert write(either, body) == expected


@pytest.mark.parametrize(("body", "kind", "why"), REFUSED)
def test_a_template_refuses_what_jinja_refuses(
    either: jinja2.Environment, body: str, kind: type[Exception], why: str
) -> None:
    with pytest.raises(kind, match=why):
        write(either, body)


def test_templates_run_with_the_quick_functions() -> None:
    ours = environment(templating.Environment)
    module = ours.from_string(MACROS).module
    assert type(module.row) is templating.Macro  # type: ignore[attr-defined]
    assert ours.from_string("{{ given }}").root_render_func.__globals__["escape"] is templating.escape


@given(st.text() | st.text("&<>'\"a é") | st.integers() | st.floats() | st.none() | st.text().map(Markup))
def test_what_is_escaped_is_what_markupsafe_escapes(value: object) -> None:
    assert templating.escape(value) == markupsafe.escape(value)
