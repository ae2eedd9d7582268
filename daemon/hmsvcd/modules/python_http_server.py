"""A web server for a folder, with Python's ``http.server`` (nixpkgs' modular-service tests)."""

from hmsvcd.module import PORT, STRING, Config, Module, Option, Tree, mk_default
from hmsvcd.modules.packages import package, program

NAME = "python-http-server"

_FOLDER = "webroot"


def _path(config: Config) -> str:
    return str(config["configData"][_FOLDER]["path"])


def _argv(config: Config) -> list[str]:
    server = config[NAME]
    python = program(config, NAME, "python3")
    return [
        *(python, "-m", "http.server"),
        str(server["port"]),
        *("--directory", server["directory"]),
    ]


def _define(config: Config) -> Tree:
    return {
        "process": {"argv": lambda: _argv(config)},
        "configData": {
            _FOLDER: {"enable": mk_default(lambda: config[NAME]["directory"] == _path(config))}
        },
    }


module = Module(
    NAME,
    description="Serves a folder over HTTP.",
    options={
        NAME: {
            "package": package("python3", example="/usr"),
            "port": Option(PORT, "The port to listen on.", 8000, example=8080),
            "directory": Option(
                STRING,
                "The folder to serve.",
                _path,
                "where `configData.webroot` is installed",
                example="/srv/www",
            ),
        }
    },
    define=_define,
    example={NAME: {"directory": "/srv/www"}},
)
