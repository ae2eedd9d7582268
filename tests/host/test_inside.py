"""A manifest that was tampered with leads to nothing outside of hmsvcd's folders."""

import json

import pytest

from hmsvcd.errors import HostError
from hmsvcd.host.paths import Paths
from hmsvcd.host.pending import PendingFile
from hmsvcd.host.records import Records
from hmsvcd.model.generation import Generation, Manifest, Pending

GOOD = Generation(
    units={"a.service": "0-a.service"},
    links={"default.target.wants": ("a.service",)},
    files={"home-services/a/sub/app.toml": "0-app.toml"},
)
BAD = [
    Generation(units={"../a.service": "0-a.service"}),
    Generation(units={"a.service": "../../secrets"}),
    Generation(units={"a.service": ".."}),
    Generation(units={"": "0-a.service"}),
    Generation(links={"../default.target.wants": ("a.service",)}),
    Generation(links={"default.target.wants": ("../../a.service",)}),
    Generation(files={"home-services/../../.bashrc": "0-app.toml"}),
    Generation(files={".bashrc": "0-app.toml"}),
    Generation(files={"home-services": "0-app.toml"}),
    Generation(files={"home-services//app.toml": "0-app.toml"}),
    Generation(files={"home-services/a": "/etc/passwd"}),
]


def manifest(generation: Generation) -> Manifest:
    return Manifest(1, 1, "/conf", "", "apply", generation)


def test_a_generation_as_hmsvcd_writes_it_is_read(paths: Paths) -> None:
    """Units, links and files in folders."""
    Records(paths).write_manifest(manifest(GOOD))

    assert Records(paths).manifest(1) == manifest(GOOD)


@pytest.mark.parametrize("generation", BAD)
def test_a_generation_that_leads_elsewhere_is_refused(
    paths: Paths, generation: Generation
) -> None:
    """Neither a rollback to it nor the end of a switch to it makes a link there."""
    Records(paths).write_manifest(manifest(generation))
    pending = PendingFile(paths.pending)
    pending.begin(Pending(manifest(generation), {}, frozenset(), "boot 1"))

    with pytest.raises(HostError, match="outside of hmsvcd's folders"):
        Records(paths).manifest(1)
    with pytest.raises(HostError, match="outside of hmsvcd's folders"):
        pending.read()


def test_what_is_nested_too_deeply_is_damaged(paths: Paths) -> None:
    """It is told with the file's name."""
    paths.state.mkdir(parents=True)
    paths.state_file.write_text(f"version = 1\nx = {'[' * 100_000}", encoding="utf-8")
    with pytest.raises(HostError, match=r"state\.toml"):
        Records(paths).state()

    paths.pending.write_text("[" * 100_000 + "\n" + json.dumps({}), encoding="utf-8")
    with pytest.raises(HostError, match="pending"):
        PendingFile(paths.pending).read()
