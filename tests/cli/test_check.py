"""``hmsvcd check``: what is wrong, and where."""

from pathlib import Path
from typing import Any

FIVE_MISTAKES = """\
[services.a]
process.agrv = ["/bin/sleep", "1"]

[services.b]
process.argv = "sleep"

[services.c]
process.argv = ["/bin/sleep", "1"]
systemd.service.serviceConfig.Type = 1.5

[services."d/e"]
process.argv = ["/bin/sleep", "1"]

[services.f]
process.argv = ["/bin/sleep", "1"]
configData."../out".text = "x"
"""
GOOD = '[services.a]\nprocess.argv = ["/bin/sleep", "infinity"]\n'


def test_five_mistakes_have_five_places(stranger: Any) -> None:
    """All errors of a file are reported at once, each with file, line and column."""
    stranger.write("five.toml", FIVE_MISTAKES)
    checked = stranger("check", "-c", "five.toml")
    assert checked.code == 1
    heads = [line.partition(": error: ") for line in checked.out.splitlines()]
    assert [place for place, is_head, _ in heads if is_head] == [
        "five.toml:2:9", "five.toml:5:9", "five.toml:9:31", "five.toml:11:11", "five.toml:16:12",
    ]  # fmt: skip
    assert checked.out.endswith("5 errors\n")
    assert checked.err == ""


def test_json_tells_the_same_places(stranger: Any) -> None:
    """The document holds what the text says, and nothing else is on standard output."""
    stranger.write("five.toml", FIVE_MISTAKES)
    checked = stranger("check", "--json", "-c", "five.toml")
    assert checked.code == 1
    assert checked.err == ""
    assert set(checked.document) == {"version", "errors", "warnings"}
    places = [(each["line"], each["column"]) for each in checked.document["errors"]]
    assert places == [(2, 9), (5, 9), (9, 31), (11, 11), (16, 12)]
    assert checked.document["errors"][0]["hint"] == "did you mean `argv`?"


def test_a_good_declaration_is_praised(stranger: Any) -> None:
    """Without errors and warnings the exit code is 0, and one line says so."""
    stranger.declare(GOOD)
    checked = stranger("check")
    assert (checked.code, checked.out) == (0, "nothing is wrong\n")


def test_a_warning_is_no_error(stranger: Any) -> None:
    """What systemd would ignore is shown at its place, with exit code 0."""
    stranger.declare(GOOD + "systemd.service.serviceConfig.MemoryMaximum = 3\n")
    checked = stranger("check")
    assert checked.code == 0
    assert "config.toml:3:31: warning: " in checked.out
    assert checked.out.endswith("1 warning\n")


def test_a_file_that_does_not_parse_has_its_places(stranger: Any) -> None:
    """Broken TOML in one file and a wrong type in another are both shown."""
    stranger.declare("[services.a\n")
    (stranger.declaration.parent / "conf.d").mkdir()
    other = stranger.declaration.parent / "conf.d/b.toml"
    other.write_text("[services.b]\nprocess.argv = 1\n", encoding="utf-8")
    checked = stranger("check")
    assert checked.code == 1
    assert "config.toml:1:" in checked.out
    assert "conf.d/b.toml:2:9: error: services.b.process.argv" in checked.out


def test_what_cannot_be_read_is_an_error(stranger: Any, tmp_path: Path) -> None:
    """A missing file, a folder without one, and bytes that are no text are errors."""
    (tmp_path / "work/bytes.toml").write_bytes(b'a = "\xff"\n')
    for name in ("missing.toml", ".", "bytes.toml"):
        checked = stranger("check", "-c", name)
        assert checked.code == 1
        assert "error: " in checked.out


def test_the_environment_can_name_the_declaration(stranger: Any) -> None:
    """``$HMSVCD_CONFIG`` is what ``--config`` is; the option wins."""
    stranger.write("bad.toml", "x = 1\n")
    stranger.write("good.toml", GOOD)
    assert stranger("check", HMSVCD_CONFIG="bad.toml").code == 1
    assert stranger("check", "--config", "good.toml", HMSVCD_CONFIG="bad.toml").code == 0


def test_a_locale_without_utf_8_is_no_hindrance(stranger: Any) -> None:
    """Texts are UTF-8 wherever they go, whatever the locale says."""
    stranger.declare(GOOD + 'systemd.service.description = "Zürich"\n')
    plain = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    checked = stranger("check", **plain)
    assert (checked.code, checked.out) == (0, "nothing is wrong\n")


EVERYTHING = """\
[services.a]
process.argv = ["/no/such/program"]
systemd.service.descripton = "x"
configData.f.source = "./gone"

[services.b]
process.argv = ["/bin/sleep", "1"]
systemd.service.requires = ["a.service", "c.service"]

[services.c]
process.agrv = ["/bin/sleep", "1"]
"""


def test_no_mistake_hides_another(stranger: Any) -> None:
    """Sources are read and systemd is asked, whatever else is wrong; nothing is told twice."""
    name = stranger.write("all.toml", EVERYTHING)
    document = stranger("check", "--json", "-c", name).document
    assert [each["line"] for each in document["errors"]] == [3, 4, 11]
    assert [each["line"] for each in document["warnings"]] == [2]
