"""What the daemon watches: all that a declaration is read from, and all that is installed."""

from pathlib import Path  # noqa: TID251 - only host touches what it names

from hmsvcd.app.load import Loaded
from hmsvcd.host.declaration import declaration_files
from hmsvcd.host.paths import Paths
from hmsvcd.host.watch import Places
from hmsvcd.model.service import FILES_FOLDER
from hmsvcd.pipeline.render import sources


def places(declaration: Path, loaded: Loaded | None, paths: Paths) -> Places:
    """Return the places whose change may ask for a pass."""
    declared = loaded.declaration if loaded else None
    taken_in = {Path(file.source) for file in sources(declared) if file.source} if declared else ()
    modules = map(Path, loaded.modules) if loaded else ()
    return Places(
        files=frozenset({*declaration_files(declaration), *modules, paths.paused}),
        folders=frozenset({declaration, declaration / "conf.d"}),
        trees=frozenset({*taken_in, paths.unit_folder, paths.files_root / FILES_FOLDER}),
    )
