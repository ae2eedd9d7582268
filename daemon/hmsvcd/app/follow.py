"""Follow the edits of a declaration, in a session that nobody else works on."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from hmsvcd.app.load import Loaded, load
from hmsvcd.host.declaration import declaration_files
from hmsvcd.host.watch import Folders, changes, folders_of
from hmsvcd.model.context import Context
from hmsvcd.pipeline.render import sources


async def edits(loaded: Loaded, context: Context) -> AsyncGenerator[None, None]:
    """Yield whenever a declaration, or a file that it takes in, reads otherwise than before.

    ``loaded`` is how it was read last. Raises HostError where it cannot be watched.
    """
    while True:
        folders = _folders(loaded)
        async with aclosing(changes(folders)) as events:
            async for _ in events:
                fresh = await load(loaded.path, context, with_systemd=False)
                is_new = fresh.inputs != loaded.inputs
                loaded = fresh
                if is_new:
                    yield
                if _folders(loaded) != folders:
                    break


def _folders(loaded: Loaded) -> Folders:
    path = loaded.path
    declared = sources(loaded.declaration) if loaded.declaration else ()
    taken_in = [file.source for file in declared if file.source]
    return folders_of([path, path / "conf.d", *declaration_files(path), *taken_in])
