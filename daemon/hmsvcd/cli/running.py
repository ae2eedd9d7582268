"""Run the body of a command in the user's session, and report what it finds as text or JSON."""

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hmsvcd.cli.documents import print_document
from hmsvcd.cli.problem import problem_of
from hmsvcd.errors import ExitCode
from hmsvcd.model.diagnostic import Diagnostic
from hmsvcd.pipeline.documents import Document, document, problem_diagnostic, to_json

if TYPE_CHECKING:
    from hmsvcd.app.load import Loaded
    from hmsvcd.app.session import Session
    from hmsvcd.cli.console import Console

Show = Callable[["Console"], None]


class Report:
    """What a command has to say: diagnostics, and either a document or something to show.

    ``keys`` are those of its document. Diagnostics go to standard error, or with ``findings`` to
    standard output: they are what was asked for. With ``aside`` standard output is left to others.
    """

    def __init__(
        self,
        keys: Iterable[str] = (),
        *,
        as_json: bool = False,
        findings: bool = False,
        aside: bool = False,
    ) -> None:
        self.as_json = as_json
        self._keys = tuple(keys)
        self._findings = findings
        self._aside = aside
        self._diagnostics: list[Diagnostic] = []
        self._texts: dict[str, str] = {}

    def take(self, texts: Mapping[str, str]) -> None:
        """Take up texts of files, so that what is wrong with them is shown with its line."""
        self._texts |= texts

    def add(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Take up diagnostics; as text they are shown at once."""
        found = list(diagnostics)
        self._diagnostics += found
        self.show(found)

    def unknown(self, diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
        """Return those that were not taken up before, by what a document says of them."""
        known = to_json(self._diagnostics)
        found = list(diagnostics)
        return [
            each for each, told in zip(found, to_json(found), strict=True) if told not in known
        ]

    def show(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Show diagnostics as text; a document has all that were taken up anyway."""
        found = list(diagnostics)
        if found and not self.as_json:
            from hmsvcd.cli.console import console  # noqa: PLC0415 - rich is slow to import
            from hmsvcd.cli.diagnostics import show  # noqa: PLC0415

            show([each.in_full for each in found], self._texts, console(stderr=not self._findings))

    def console(self) -> "Console":
        """Return where to show what is no diagnostic."""
        from hmsvcd.cli.console import console  # noqa: PLC0415 - rich is slow to import

        return console(stderr=self._aside)

    async def load(
        self,
        session: "Session",
        path: Path,
        *,
        refuse_others: bool = False,
        with_systemd: bool = True,
        with_warnings: bool = True,
    ) -> "Loaded":
        """Load a declaration and take up what is wrong with it.

        Without ``with_warnings`` it is for the caller to show those that matter.
        """
        from hmsvcd.app.load import load  # noqa: PLC0415 - only for who reads a declaration

        loaded = await load(
            path, session.context, refuse_others=refuse_others, with_systemd=with_systemd
        )
        self.take(loaded.texts)
        self._diagnostics += loaded.diagnostics
        self.show(loaded.diagnostics if with_warnings else loaded.errors)
        return loaded

    def finish(
        self, values: Document, show: Show | None = None, code: ExitCode | None = None
    ) -> ExitCode:
        """Print the document, or show what is to be shown, and return the exit code.

        Without ``code`` it is 1 if there is any error, else 0.
        """
        if self.as_json:
            found = [each.in_full for each in self._diagnostics]
            print_document(document(self._keys, found, values))
        elif show:
            show(self.console())
        if code is not None:
            return code
        return ExitCode.REFUSED if self.has_errors else ExitCode.DONE

    @property
    def has_errors(self) -> bool:
        """Whether anything that was taken up is an error."""
        return any(found.is_error for found in self._diagnostics)


Body = Callable[["Session", Report], Awaitable[ExitCode]]


def run_reported(body: Body, report: Report) -> ExitCode:
    """Run a command's body and return its exit code; what it raises is reported, too."""
    return run_guarded(lambda: _in_session(body, report), report)


def run_guarded(main: Callable[[], Coroutine[Any, Any, ExitCode]], report: Report) -> ExitCode:
    """Run what needs no session, or opens its own; what it raises is reported."""
    import asyncio  # noqa: PLC0415 - 60 ms, and not every command comes here

    try:
        return asyncio.run(main())
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - a document is promised for every error
        return _reported(error, report)


def run_at_once(main: Callable[[], ExitCode], report: Report) -> ExitCode:
    """Run what waits for nothing, and asks nobody; what it raises is reported."""
    try:
        return main()
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - as above
        return _reported(error, report)


def _reported(error: Exception, report: Report) -> ExitCode:
    problem = problem_of(error)
    report.add([problem_diagnostic(problem)])
    return report.finish({}, code=problem.exit_code)


async def _in_session(body: Body, report: Report) -> ExitCode:
    from hmsvcd.app.session import open_session  # noqa: PLC0415 - as above

    async with open_session() as session:
        return await body(session, report)
