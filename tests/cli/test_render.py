"""``hmsvcd render``: what a declaration stands for."""

from hashlib import sha256
from pathlib import Path
from typing import Any

VALUES = ("units", "links", "config_files", "generated")
DEMO = """\
[services.demo]
process.argv = ["/bin/cat", '@{config.configData."app.toml".path}']
configData."app.toml".text = "port = 1234\\n"
"""

MODULE = """\
from hmsvcd.module import Module


def define(config):
    made = config.file("made.conf", "level = 3\\n")
    return {"systemd": {"service": {"unitConfig": {"X-Made": made}}}}


module = Module("m", define=define)
"""


def test_the_document_has_units_links_and_files(stranger: Any) -> None:
    """Without a manager too, each unit has its text, each file its path and hash."""
    stranger.declare(DEMO)
    rendered = stranger("render", "--json")
    assert rendered.code == 0
    document = rendered.document
    assert set(document) == {"version", "errors", "warnings", *VALUES}
    unit = document["units"]["demo.service"]
    landed = document["config_files"]["home-services/demo/app.toml"]
    assert f'ExecStart="/bin/cat" "{landed["path"]}"' in unit["text"]
    assert unit["store_path"].endswith("-demo.service/demo.service")
    assert landed["path"].endswith("/.config/home-services/demo/app.toml")
    assert landed["sha256"] == sha256(b"port = 1234\n").hexdigest()
    assert document["links"] == {"default.target.wants": ["demo.service"]}


def test_files_of_modules_are_shown(stranger: Any) -> None:
    """With the path in the store that the unit names, below all other files."""
    stranger.declare(DEMO + 'imports = ["./m.py"]\n')
    file = stranger.declaration.parent / "m.py"
    file.write_text(MODULE, encoding="utf-8")
    file.chmod(0o600)
    document = stranger("render", "--json").document
    ((path, generated),) = document["generated"].items()
    assert path.endswith("-made.conf")
    assert generated == {"sha256": sha256(b"level = 3\n").hexdigest()}
    unit = document["units"]["demo.service"]["text"]
    assert f"X-Made={path}\n" in unit
    assert stranger("render").out.endswith(f"# {path}\nlevel = 3\n\n")


def test_nothing_is_touched(stranger: Any) -> None:
    """The home has nothing more in it afterwards than the declaration."""
    stranger.declare(DEMO)
    home = Path(stranger.environ["HOME"])
    before = sorted(home.rglob("*"))
    assert stranger("render").code == 0
    assert sorted(home.rglob("*")) == before


def test_the_text_form_holds_the_texts(stranger: Any) -> None:
    """Units and files are printed as they will be, below their names."""
    stranger.declare(DEMO)
    rendered = stranger("render")
    assert "# demo.service\n[Install]\nWantedBy=default.target\n" in rendered.out
    assert "# home-services/demo/app.toml\nport = 1234\n" in rendered.out


def test_systemd_is_not_asked(stranger: Any) -> None:
    """What check refuses because systemd would is shown all the same, to be looked at."""
    several = (
        """systemd.service.serviceConfig.ExecStart = { mkForce = ["/bin/true", "/bin/false"] }\n"""
    )
    stranger.declare(DEMO + several)
    assert stranger("check").code == 1
    rendered = stranger("render", "--json")
    assert (rendered.code, rendered.document["errors"]) == (0, [])
    assert (
        "ExecStart=/bin/true\nExecStart=/bin/false\n"
        in (rendered.document["units"]["demo.service"]["text"])
    )


def test_a_long_line_is_not_broken(stranger: Any) -> None:
    """What goes to a pipe is as wide as it is."""
    stranger.declare(DEMO + f'systemd.service.environment.LONG = "{"x" * 500}"\n')
    assert f"Environment=LONG={'x' * 500}\n" in stranger("render").out


def test_a_wrong_declaration_renders_nothing(stranger: Any) -> None:
    """With errors the values of the document are null and the exit code is 1."""
    stranger.declare("[services.demo]\nproces = 1\n")
    rendered = stranger("render", "--json")
    assert rendered.code == 1
    document = rendered.document
    assert [document[key] for key in VALUES] == [None] * 4
    assert document["errors"][0]["line"] == 2


def test_the_manager_decides_where_things_land(user: Any) -> None:
    """The XDG folders are those of systemd, not those of the terminal."""
    user.declare(DEMO)
    rendered = user("render", "--json", XDG_STATE_HOME="/elsewhere")
    path = rendered.document["units"]["demo.service"]["store_path"]
    assert path.startswith(user.environ["XDG_STATE_HOME"])
