"""How templates run: Jinja's language and its pages to the byte, with less work for each text and each call.

A client's page writes six hundred texts and calls macros and functions a hundred times. Jinja makes an object
of its own of every escaped text, which is joined and thrown away, and looks at every call for arguments that
hardly any function takes.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from types import FunctionType
from typing import Any, Final

import flask.templating
import markupsafe
from jinja2 import nodes, runtime
from jinja2.compiler import CodeGenerator, Frame
from jinja2.utils import missing
from markupsafe import Markup

# What cannot stand in HTML as it is. Few texts have any.
_special: Final = re.compile("[&<>'\"]").search
# What a function has that wants to know the template which calls it (jinja2.pass_context and the like).
_PASSED: Final = "jinja_pass_arg"


def escape(value: object) -> str:
    """The text that markupsafe.escape makes of a value. Raises UndefinedError for what is not defined."""
    if type(value) is Markup or (type(value) is str and _special(value) is None):
        return value
    return markupsafe.escape(value)


class Macro(runtime.Macro):
    """A macro that is called with the arguments that it has, as ours are."""

    def run(self, args: tuple[Any, ...], given: dict[str, Any]) -> Any:
        """Do what calling it does from a template in which texts are escaped, or not, as in its own."""
        unusual = self.catch_kwargs or self.catch_varargs or self.explicit_caller
        rest = dict(given)
        every = [*args, *[rest.pop(name, missing) for name in self.arguments[len(args) :]]]
        if self.caller:
            every.append(rest.pop("caller", None))
            unusual = unusual or every[-1] is None
        if unusual or rest or len(every) != self._argument_count + self.caller:
            return self(*args, **given)
        written = self._func(*every)
        return Markup(written) if self._default_autoescape else written


class Context(runtime.Context):
    """What a template knows, and how it calls."""

    def call(self, called: Any, /, *args: Any, **given: Any) -> Any:
        """Call a function or a macro; what Jinja passes to some functions, it does itself."""
        kind = type(called)
        if kind is Macro:
            given.pop("_loop_vars", None)
            given.pop("_block_vars", None)
            return called.run(args, given)
        if kind is FunctionType and _PASSED not in called.__dict__:
            given.pop("_loop_vars", None)
            given.pop("_block_vars", None)
            return called(*args, **given)
        return super().call(called, *args, **given)


class Compiler(CodeGenerator):
    """Writes Jinja's code with the functions of this module in place of two of Jinja's."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802
        """Write a whole template; its functions look the names up when they run."""
        super().visit_Template(node, frame)
        self.writeline(f"from {__name__} import Macro, escape")


class Environment(flask.templating.Environment):
    """Flask's, for templates that all have the same globals: each import compares them."""

    code_generator_class = Compiler
    context_class = Context

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return self.globals if d is None else super().make_globals(d)
