"""How the commands speak: French sentences for what goes wrong, a bar for what takes long."""

import errno
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, Self

import click
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError
from tqdm import tqdm

from pretadepenser import storage
from pretadepenser.errors import ToldError, cause


class Failure(click.ClickException):
    """An error told in French, without a trace."""

    def show(self, file: Any = None) -> None:
        click.echo(f"Erreur : {self.message}", file=file or sys.stderr)


class Misuse(Failure):
    """A command that is written wrong."""

    exit_code = 2


class Undone(Failure):
    """A check that could not be made: 1 says that it found something."""

    exit_code = 2


class Command(click.Command):
    """A command whose expected errors end with one sentence."""

    failure: type[Failure] = Failure

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read the arguments."""
        with _told_in_french():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Run."""
        with _told_in_french(self.failure):
            return super().invoke(ctx)


class Check(Command):
    """A command whose answer is its exit code: what goes wrong ends with 2."""

    failure = Undone


class Group(AppGroup):
    """A group of commands whose expected errors end with one sentence."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        with _told_in_french():
            return super().invoke(ctx)


@contextmanager
def _told_in_french(failure: type[Failure] = Failure) -> Iterator[None]:
    try:
        yield
    except click.UsageError as error:
        raise _misused(error) from error
    except ToldError as error:
        raise failure(str(error)) from error
    except OSError as error:
        raise failure(_refused(error)) from error
    except storage.DamagedError as error:
        raise failure(f"{error.path} est absent, illisible ou a changé : faites-le à nouveau.") from error
    except SQLAlchemyError as error:
        raise Failure(
            "La base de données ne se lit pas ou ne s’écrit pas : vérifiez qu’elle répond, ses droits, et la "
            "place qui reste sur le disque."
        ) from error


def _refused(error: OSError) -> str:
    """Say of an error of the system which file it is about and what to look at."""
    # NumPy tells of a write that was cut short in English, without a number.
    if error.errno in (errno.ENOSPC, errno.EDQUOT) or re.match(r"\d+ requested and \d+ written", str(error)):
        return "Le disque est plein : libérez de la place, puis recommencez. Rien n’a été changé."
    file = f"{error.filename} " if error.filename else "Un fichier "
    return (
        f"{file}ne peut pas être lu ou écrit ({cause(error)}) : vérifiez ses droits et la place "
        "qui reste sur le disque."
    )


def _misused(error: click.UsageError) -> Misuse:
    """Say in French what click says in English of a command that is written wrong."""
    path = error.ctx.command_path.removeprefix("flask ") if error.ctx else ""
    match error:
        case click.MissingParameter(param=click.Parameter() as parameter):
            option = parameter.param_type_name == "option"
            what = f"il manque {parameter.opts[0] if option else parameter.metavar}"
        case click.NoSuchOption():
            what = f"l’option {error.option_name} n’existe pas"
        case click.BadParameter(param=click.Parameter(type=click.Choice() as choice) as parameter):
            what = f"{parameter.opts[0]} doit être l’un de ces mots : {', '.join(map(str, choice.choices))}"
        case click.BadParameter(param=click.Parameter(type=click.IntRange() as span) as parameter):
            what = f"{parameter.opts[0]} doit être un entier supérieur ou égal à {span.min}"
        case _:
            what = "commande inconnue ou mal écrite"
    return Misuse(f"{what} ; « flask --app wsgi {path} --help » donne l’aide.")


class Progress:
    """Shows the steps of a long work, one bar each on a terminal, one line each in a log."""

    def __init__(self) -> None:
        self._step = ""
        self._bar: tqdm[NoReturn] | None = None

    def __call__(self, step: str, share: float) -> None:
        """Tell that `share` (0 to 1) of `step` is done."""
        if step != self._step:
            self.close()
            self._step = step
            if sys.stderr.isatty():
                form = "{desc} {percentage:3.0f} % |{bar}| {elapsed}"
                self._bar = tqdm(total=1.0, desc=step, bar_format=form)
            else:
                click.echo(f"{step}…", err=True)
        if self._bar is not None:
            self._bar.update(max(0.0, min(share, 1.0) - self._bar.n))

    def close(self) -> None:
        """Leave the last bar on the screen."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
