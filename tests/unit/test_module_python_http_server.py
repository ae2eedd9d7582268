"""The service module ``python-http-server``: its command line, and the folder that it serves."""

import pytest

from hmsvcd.modules.python_http_server import module
from shipped_modules import Shipped

PYTHON = Shipped(module, "python3")
TEXT = '[services.a.configData.webroot]\ntext = "hello"\n'
INSTALLED = "/home/user/.config/home-services/a/webroot"


def test_the_folder_is_a_file_of_the_service():
    """By default, and port 8000."""
    arguments = ["-m", "http.server", "8000", "--directory", INSTALLED]
    assert PYTHON.argv("", TEXT) == arguments
    assert list(PYTHON.rendering("", TEXT).files) == ["home-services/a/webroot"]


def test_the_port_and_the_folder_can_be_set():
    """Then nothing is installed, even where the file has a content."""
    options = 'port = 8080\ndirectory = "/srv/www"'
    assert PYTHON.argv(options)[2:] == ["8080", "--directory", "/srv/www"]
    assert PYTHON.rendering(options, TEXT).files == {}


def test_a_folder_in_the_folder():
    """Its place can be told by the file's, which has to be said to be installed."""
    options = "directory = '@{config.configData.webroot.path}/public'"
    enabled = f"{TEXT}enable = true\n"
    assert PYTHON.argv(options, enabled)[-1] == f"{INSTALLED}/public"
    assert list(PYTHON.rendering(options, enabled).files) == ["home-services/a/webroot"]


@pytest.mark.parametrize(("options", "enabled"), [("", False), ('directory = "/srv"', True)])
def test_whether_the_file_is_installed_can_be_said(options, enabled):
    """What the module says is a default."""
    files = PYTHON.rendering(options, f"{TEXT}enable = {str(enabled).lower()}\n").files
    assert bool(files) == enabled


def test_the_folder_needs_a_source():
    """Where the file is what is served."""
    assert PYTHON.errors() == [("configData.webroot", "a file without content")]


def test_another_name_of_the_file_is_another_folder():
    """The command line follows it."""
    named = f'{TEXT}name = "www"\n'
    assert PYTHON.argv("", named)[-1] == "/home/user/.config/home-services/a/www"


def test_the_unit_is_that_of_every_service():
    """The module says nothing of it."""
    assert PYTHON.unit('directory = "/srv"') == [
        "[Install]",
        "WantedBy=default.target",
        "",
        "[Service]",
        "Restart=always",
        "RestartSec=5",
        "Type=simple",
    ]


def test_a_change_of_the_folder_is_none_of_the_command():
    """The unit names the path, and its content only as what restarts it."""
    before, after = (PYTHON.argv("", TEXT.replace("hello", word)) for word in ("one", "two"))
    assert before == after


@pytest.mark.parametrize("port", ["-1", "65536"])
def test_a_port_is_a_port(port):
    """Anything else is an error."""
    ((key, message),) = PYTHON.errors(f'directory = "/srv"\nport = {port}')
    assert key == "python-http-server.port"
    assert message == "expected a port from 0 to 65535: this integer is out of range"


def test_sub_services_have_folders_of_their_own():
    """Their command lines name them."""
    sub = """
    [services.a.services.api]
    imports = ["python-http-server"]
    python-http-server.port = 8081
    configData.webroot.text = "api"
    """
    rendering = PYTHON.rendering("", TEXT, sub)
    assert sorted(rendering.files) == ["home-services/a-api/webroot", "home-services/a/webroot"]
    assert '"8081" "--directory" "/home/user/.config/home-services/a-api/webroot"' in (
        rendering.units["a-api.service"].text
    )
