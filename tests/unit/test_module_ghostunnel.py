"""The service module ``ghostunnel``: its command line, its unit, and what it refuses."""

import pytest

from declarations import CONTEXT
from hmsvcd.modules.ghostunnel import module
from module_pages import rows, shown, table
from modules_given import judged

TUNNEL = """
[services.tunnel]
imports = ["ghostunnel"]
[services.tunnel.ghostunnel]
listen = "127.0.0.1:8443"
target = "127.0.0.1:8080"
"""
OPEN = f"{TUNNEL}allowAll = true\n"
PROGRAMS = {"ghostunnel": "/usr/bin/ghostunnel"}
HEAD = '"/usr/bin/ghostunnel" "--disable-landlock" "server"'
ADDRESSES = '"--listen" "127.0.0.1:8443" "--target" "127.0.0.1:8080"'
ACCESS = ("disableAuthentication", "allowAll", "allowCN", "allowOU", "allowDNS", "allowURI")


def checked(text, programs=PROGRAMS):
    """Return what a declaration renders to, and what is wrong with it."""
    return judged(text, programs, ghostunnel=module)


def unit(text, programs=PROGRAMS):
    """Return the lines of the unit of a declaration without errors."""
    rendering, found = checked(text, programs)
    assert not any(each.is_error for each in found), found
    return rendering.units["tunnel.service"].text.splitlines()


def command(text, programs=PROGRAMS):
    """Return the command line of a declaration without errors."""
    (line,) = (line for line in unit(text, programs) if line.startswith("ExecStart="))
    return line.removeprefix("ExecStart=")


def errors(text):
    """Return the key and message of each error of a declaration."""
    return [(each.key, each.in_full.message) for each in checked(text)[1] if each.is_error]


@pytest.mark.parametrize(
    ("lines", "flags"),
    [
        ("allowAll = true", '"--allow-all"'),
        ("disableAuthentication = true", '"--disable-authentication"'),
        ('allowCN = ["a", "b"]', '"--allow-cn=a" "--allow-cn=b"'),
        ('allowOU = ["a"]', '"--allow-ou=a"'),
        ('allowDNS = ["a"]', '"--allow-dns=a"'),
        ('allowURI = ["a://b/*"]', '"--allow-uri=a://b/*"'),
        ("allowAll = true\nunsafeTarget = true", '"--allow-all" "--unsafe-target"'),
        ('allowAll = true\nextraArguments = ["--x", "y"]', '"--allow-all" "--x" "y"'),
    ],
)
def test_options_are_flags(lines, flags):
    """One for each element of a list."""
    assert command(f"{TUNNEL}{lines}\n") == f"{HEAD} {ADDRESSES} {flags}"


def test_flags_are_in_the_order_of_the_options():
    """However they are declared."""
    lists = {"allowURI": "u", "allowDNS": "d", "allowOU": "o", "allowCN": "c"}
    switches = ("unsafeTarget", "disableAuthentication", "allowAll")
    lines = ['extraArguments = ["--x"]', *(f"{name} = true" for name in switches)]
    lines += [f'{name} = ["{value}"]' for name, value in lists.items()]
    flags = "allow-all allow-cn=c allow-ou=o allow-dns=d allow-uri=u disable-authentication"
    in_order = " ".join(f'"--{flag}"' for flag in [*flags.split(), "unsafe-target", "x"])
    assert command(TUNNEL + "\n".join(lines)) == f"{HEAD} {ADDRESSES} {in_order}"


@pytest.mark.parametrize("names", [["keystore"], ["cert", "key"], ["cacert", "key", "cert"]])
def test_files_are_credentials(names):
    """The service is told where systemd has put its copies, behind all arguments."""
    lines = "".join(f'{name} = "/etc/%h/{name}"\n' for name in names)
    in_order = [name for name in ("keystore", "cert", "key", "cacert") if name in names]
    flags = "".join(f" --{name}=${{CREDENTIALS_DIRECTORY}}/{name}" for name in in_order)
    text = f'{OPEN}extraArguments = ["--x"]\n{lines}'
    assert command(text) == f'{HEAD} {ADDRESSES} "--allow-all" "--x"{flags}'
    loaded = [line for line in unit(text) if line.startswith("LoadCredential")]
    assert loaded == [f"LoadCredential={name}:/etc/%h/{name}" for name in in_order]


def test_the_unit():
    """It has all that upstream's has, and no empty lists."""
    lines = [line for line in unit(OPEN) if not line.startswith("ExecStart=")]
    assert lines == [
        "[Install]",
        "WantedBy=default.target",
        "",
        "[Service]",
        "AmbientCapabilities=CAP_NET_BIND_SERVICE",
        "DynamicUser=true",
        "Restart=always",
        "RestartSec=5",
        "Type=simple",
        "",
        "[Unit]",
        "After=network.target",
        "Wants=network.target",
    ]


def test_it_is_warned_of_what_fails_in_a_session():
    """Where the module sets it, and no longer where the user has forced it away."""
    found = {each.key.rpartition("serviceConfig.")[2] for each in checked(OPEN)[1]}
    assert found == {"DynamicUser", "AmbientCapabilities.0"}
    forced = (
        "[services.tunnel.systemd.service.serviceConfig]\n"
        "DynamicUser = { mkForce = false }\nAmbientCapabilities = { mkForce = [] }\n"
    )
    assert checked(OPEN + forced)[1] == ()


def test_arguments_of_ones_own_stand_before_the_credentials():
    """The command line is made from the merged arguments."""
    text = f'{OPEN}cert = "/c"\n[services.tunnel.process]\nargv = ["--last"]\n'
    end = '"--allow-all" "--last" --cert=${CREDENTIALS_DIRECTORY}/cert'
    assert command(text) == f"{HEAD} {ADDRESSES} {end}"


def test_the_command_line_can_be_forced():
    """A plain one conflicts with the module's."""
    said = f"{OPEN}[services.tunnel.systemd]\nmainExecStart = %s\n"
    ((key, message),) = errors(said % '"/bin/x"')
    assert (key, message[:11]) == ("services.tunnel.systemd.mainExecStart", "2 different")
    assert command(said % '{ mkForce = "/bin/x" }') == "/bin/x"


def test_what_systemd_would_expand_is_escaped():
    """In the arguments, of which nothing is expanded."""
    text = f"{TUNNEL}allowCN = ['50% of $x']\n"
    assert command(text).endswith('"--allow-cn=50%% of $$x"')


def test_the_package_is_a_folder():
    """The program is in its ``bin``."""
    assert command(f'{OPEN}package = "/opt/g"\n', {}).startswith('"/opt/g/bin/ghostunnel" ')


def test_without_the_program_an_error_says_so():
    """At the import."""
    found = [each for each in checked(OPEN, {})[1] if each.is_error]
    assert [each.message for each in found] == ["there is no program `ghostunnel` on the PATH"]
    assert found[0].place.key == ("services", "tunnel", "imports", 0)


@pytest.mark.parametrize("path", ["services.tunnel", "services.a.services.tunnel"])
def test_somebody_has_to_be_let_in(path):
    """The message names the six options in full, wherever the service is."""
    text = TUNNEL.replace("services.tunnel", path)
    lines = ["failed assertion: At least one access control flag is required."]
    lines += ["Set at least one of:", *(f"  - {path}.ghostunnel.{name}" for name in ACCESS)]
    assert errors(text) == [(f"{path}.assertions.0", "\n".join(lines))]


@pytest.mark.parametrize("name", ACCESS)
def test_each_way_to_let_somebody_in_will_do(name):
    """Alone."""
    value = "true" if name in ACCESS[:2] else '["x"]'
    assert errors(f"{TUNNEL}{name} = {value}\n") == []


@pytest.mark.parametrize("name", ["allowCN", "allowOU", "allowDNS", "allowURI"])
def test_empty_lists_let_nobody_in(name):
    """They are as good as none."""
    assert len(errors(f"{TUNNEL}{name} = []\n")) == 1


@pytest.mark.parametrize("name", ["listen", "target"])
def test_addresses_have_to_be_set(name):
    """The error is at the module's options."""
    lines = [line for line in OPEN.splitlines() if not line.startswith(name)]
    message = f"`services.tunnel.ghostunnel.{name}` is not set"
    assert errors("\n".join(lines)) == [("services.tunnel.ghostunnel", message)]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("listen = 8443", "expected a string, found an integer"),
        ('allowCN = "a"', "expected a list of strings, found a string"),
        ("allowCN = [1]", "expected a string, found an integer"),
        ('unsafeTarget = "true"', "expected a boolean, found a string"),
        ("cert = false", "expected a string, found a boolean"),
    ],
)
def test_options_have_types(line, message):
    """Whatever else is an error where it stands."""
    name = line.split()[0]
    rest = [each for each in OPEN.splitlines() if not each.startswith(name)]
    ((key, said),) = errors("\n".join([*rest, line]))
    assert key.startswith(f"services.tunnel.ghostunnel.{name}")
    assert said == message


@pytest.mark.parametrize("text", shown("ghostunnel", "toml"))
def test_the_examples_of_the_page_are_right(text):
    """Nothing is wrong with them, but what upstream's module has besides and a session lacks."""
    found = checked(text)[1]
    assert not any(each.is_error for each in found)
    assert all("AmbientCapabilities" in each.key for each in found)


def test_the_example_of_the_manual_changes_the_unit_of_the_service():
    """Its own name stands for it: there is no other unit."""
    rendering, _ = checked(shown("ghostunnel", "toml")[1])
    assert list(rendering.units) == ["tunnel.service"]
    assert "DynamicUser=false" in rendering.units["tunnel.service"].text


def test_what_the_page_shows_of_a_rendering_is_rendered():
    """The unit has these lines."""
    (lines,) = shown("ghostunnel", "ini")
    shown_lines = lines.replace("/home/you", CONTEXT.home_directory).splitlines()[1:]
    assert set(shown_lines) <= {"", *unit(shown("ghostunnel", "toml")[0])}


def test_the_page_lists_the_options():
    """Each with its type, default and meaning."""
    assert table("ghostunnel") == rows(module)
