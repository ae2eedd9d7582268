"""The service module ``php-fpm``: its settings' file, its unit, and what it refuses."""

import pytest

from hmsvcd.modules.php_fpm import module
from module_pages import rows, shown, table
from modules_given import judged

IMPORT = '[services.a]\nimports = ["php-fpm"]\n'
POOL = """
[services.a.php-fpm.settings.www]
listen = 9000
user = ""
pm = "static"
"pm.max_children" = 2
"""
PROGRAMS = {"php-fpm": "/usr/bin/php-fpm"}


def checked(text, programs=PROGRAMS):
    """Return what a declaration renders to, and what is wrong with it."""
    return judged(text, programs, **{"php-fpm": module})


def settings(text):
    """Return the settings' file of a declaration in which nothing is wrong."""
    rendering, found = checked(text)
    assert found == ()
    (written,) = rendering.generated.values()
    return written


def unit(text, programs=PROGRAMS, name="a"):
    """Return the unit of a declaration without errors."""
    rendering, found = checked(text, programs)
    assert not any(each.is_error for each in found)
    return rendering.units[f"{name}.service"].text


def command(text, programs=PROGRAMS):
    """Return the words of the command line, without the name of the settings' file."""
    (line,) = (line for line in unit(text, programs).splitlines() if line.startswith("ExecStart"))
    return line.removeprefix("ExecStart=").replace('"', "").split()[:2]


def errors(text):
    """Return the key and message of each error of a declaration."""
    return [(each.key, each.message) for each in checked(text)[1] if each.is_error]


def test_the_settings_come_before_the_pools():
    """Sorted, with an empty line behind them and between pools; what has a default is there."""
    more = POOL.replace("www", "b") + 'access = "x y"\nfast = true\n'
    assert settings(IMPORT + "php-fpm.settings.log_limit = 2048\n" + POOL + more) == (
        "daemonize=false\nerror_log=syslog\nlog_level=notice\nlog_limit=2048\n\n"
        "[b]\naccess=x y\nfast=true\nlisten=9000\npm=static\npm.max_children=2\nuser=\n\n"
        "[www]\nlisten=9000\npm=static\npm.max_children=2\nuser=\n"
    )


def test_without_pools_there_are_the_settings():
    """With the empty line behind them."""
    assert settings(IMPORT) == "daemonize=false\nerror_log=syslog\nlog_level=notice\n\n"


def test_settings_may_name_the_program():
    """Of the command line only what names the settings' file depends on them."""
    text = IMPORT + POOL + 'program = "@{config.process.argv.0}"\n'
    assert "\nprogram=/usr/bin/php-fpm\n" in settings(text)


def test_names_are_escaped_and_values_are_not():
    """As nixpkgs' generator has it."""
    text = POOL.replace("settings.www", 'settings."w[1]"') + '"a=b" = "c=[d]"\n'
    assert settings(IMPORT + text).partition("\n\n")[2].splitlines()[:2] == [
        r"[w\[1\]]",
        r"a\=b=c=[d]",
    ]


def test_a_pool_listens_where_its_name_says():
    """The default can be referred to, and is warned of: a user cannot make that folder."""
    rendering, (found,) = checked(
        IMPORT + POOL.replace("listen = 9000", 'at = "@{config.php-fpm.settings.www.listen}"')
    )
    assert "at=/run/php-fpm/www.sock\nlisten=/run/php-fpm/www.sock\n" in "".join(
        rendering.generated.values()
    )
    assert not found.is_error
    assert "the pool `www` has no `listen`" in found.in_full.message


def test_what_a_condition_leaves_out_is_not_written():
    """A pool as well as a setting."""
    left_out = "{ mkIf = { condition = false, content = %s } }"
    text = f"php-fpm.settings = {{ x = {left_out % '1'}, y = {left_out % '{ pm = 1 }'} }}\n"
    assert settings(IMPORT + text) == settings(IMPORT)


def test_the_unit():
    """It has all that upstream's has."""
    lines = unit(IMPORT + POOL).splitlines()
    assert [line for line in lines if not line.startswith("ExecStart=")] == [
        "[Install]",
        "WantedBy=default.target",
        "",
        "[Service]",
        "ExecReload=kill -USR2 $MAINPID",
        "Restart=always",
        "RestartSec=5",
        "RuntimeDirectory=php-fpm",
        "RuntimeDirectoryPreserve=true",
        "Type=notify",
        "",
        "[Unit]",
        "After=network.target",
        "Documentation=man:php-fpm(8)",
    ]


def test_the_command_names_the_file():
    """It is in the store, and its name tells what it is."""
    rendering, _ = checked(IMPORT + POOL)
    (name,) = rendering.generated
    assert name.endswith("-php-fpm.conf")
    assert f'ExecStart="/usr/bin/php-fpm" "-y" "/store/{name}"\n' in unit(IMPORT + POOL)


@pytest.mark.parametrize(
    ("package", "program"),
    [
        ("/opt/php", "/opt/php/bin/php-fpm"),
        ("/opt/php-fpm", "/opt/php-fpm/bin/php-fpm"),
        ("/usr", "/usr/bin/php-fpm"),
        ("/usr/sbin/php-fpm8.2", "/usr/sbin/php-fpm8.2"),
        ("/opt/bin/php", "/opt/bin/php"),
    ],
)
def test_the_package_is_a_folder_or_the_program(package, program):
    """Which of them is told by its name, so that it does not depend on what is installed."""
    assert command(f'{IMPORT}php-fpm.package = "{package}"\n', {}) == [program, "-y"]


def test_the_program_is_found_by_its_name_or_the_newest_of_debian():
    """In this order."""
    debian = {name: f"/usr/sbin/{name}" for name in ("php-fpm8.2", "php-fpm8.4")}
    assert command(IMPORT, debian) == ["/usr/sbin/php-fpm8.4", "-y"]
    assert command(IMPORT, debian | PROGRAMS) == ["/usr/bin/php-fpm", "-y"]


def test_without_the_program_an_error_says_so():
    """At the import."""
    _, (found,) = checked(IMPORT, {})
    assert found.place.key == ("services", "a", "imports", 0)
    assert "there is no program `php-fpm` or `php-fpm8.5`" in found.message


@pytest.mark.parametrize("required", ["user", "pm", '"pm.max_children"'])
def test_what_a_pool_has_to_have(required):
    """The error is at the pool."""
    lines = [line for line in POOL.splitlines() if not line.startswith(f"{required} =")]
    assert errors(IMPORT + "\n".join(lines)) == [
        (
            "services.a.php-fpm.settings.www",
            f"`services.a.php-fpm.settings.www.{required}` is not set",
        )
    ]


@pytest.mark.parametrize(
    ("line", "key", "message"),
    [
        ("x = 1.5", "www.x", "expected a string, an integer or a boolean, found a float"),
        ("x = [1]", "www.x", "expected a string, an integer or a boolean, found a list"),
        ("x.y = 1", "www.x", "expected a string, an integer or a boolean, found a table"),
        ('"pm.max_requests" = 1979-05-27', 'www."pm.max_requests"', "found a date"),
        ("[services.a.php-fpm.settings]\nx = 1.5", "x", "integer or a boolean, found a float"),
        ("[services.a.php-fpm.settings]\nx = [1]", "x", "integer or a boolean, found a list"),
        ('[services.a.php-fpm.settings]\nlog_level = "x"', "log_level", 'one of "alert", "error"'),
    ],
)
def test_settings_are_strings_integers_and_booleans(line, key, message):
    """Whatever else is an error where it stands."""
    ((found, said),) = errors(f"{IMPORT}{POOL}{line}\n")
    assert found == f"services.a.php-fpm.settings.{key}"
    assert message in said


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("9000", "70000", "a string or a port from 0 to 65535: this integer is out of range"),
        ("9000", "true", "expected a string or a port from 0 to 65535, found a boolean"),
        ('"static"', '"dynamc"', 'expected one of "static", "ondemand", "dynamic"'),
        ("= 2", '= "2"', "expected an integer, found a string"),
        ('""', "1000", "expected a string, found an integer"),
    ],
)
def test_options_of_a_pool_have_types(before, after, message):
    """Whatever else is an error where it stands."""
    ((_, said),) = errors(IMPORT + POOL.replace(before, after))
    assert message in said


@pytest.mark.parametrize("key", ["error_log", "daemonize"])
def test_what_the_module_sets_only_gives_way_to_force(key):
    """A plain definition conflicts, a default loses."""
    value = '"/dev/stderr"' if key == "error_log" else "true"
    said = f"{IMPORT}php-fpm.settings.{key} = %s\n"
    ((found, message),) = errors(said % value)
    assert (found, message[:11]) == (f"services.a.php-fpm.settings.{key}", "2 different")
    assert settings(said % f"{{ mkDefault = {value} }}") == settings(IMPORT)
    assert f"{key}={value.strip(chr(34))}\n" in settings(said % f"{{ mkForce = {value} }}")


@pytest.mark.parametrize(
    ("line", "shown_as"),
    [
        ('serviceConfig.Type = { mkForce = "exec" }', "Type=exec"),
        ('serviceConfig.RestartSec = "1s"', "RestartSec=1s"),
        ('after = ["a.target"]', "After=a.target"),
        ('wantedBy = ["a.target"]', "WantedBy=a.target"),
    ],
)
def test_the_unit_can_be_changed(line, shown_as):
    """By the rules for all modules."""
    assert shown_as in unit(f"{IMPORT}systemd.service.{line}\n").splitlines()


def test_two_services_have_their_own_settings():
    """Each its file."""
    other = (IMPORT + POOL).replace("services.a", "services.b").replace("9000", "9001")
    rendering, found = checked(IMPORT + POOL + other)
    assert found == ()
    assert len(rendering.generated) == 2


@pytest.mark.parametrize("text", shown("php-fpm", "toml"))
def test_the_examples_of_the_page_are_right(text):
    """Nothing is wrong with them."""
    assert checked(text)[1] == ()


def test_what_the_page_shows_of_a_rendering_is_rendered():
    """The units have these lines, and the file is this one."""
    first, reloading, manual = shown("php-fpm", "toml")
    lines, more, file = shown("php-fpm", "ini")
    assert set(lines.splitlines()[1:]) <= {"", *unit(first, name="php").splitlines()}
    assert set(more.splitlines()[1:]) <= {"", *unit(reloading, name="php").splitlines()}
    (written,) = checked(manual)[0].files.items()
    name, text = file.split("\n", 1)
    assert (written[0], written[1].text) == (name.removeprefix("# "), text)


def test_with_the_path_in_the_command_only_the_trigger_changes():
    """So that a change of the settings is a reload."""
    _, text, _ = shown("php-fpm", "toml")
    before, after = (
        [
            line
            for line in unit(each, name="php").splitlines()
            if not line.startswith("X-Reload-Triggers=")
        ]
        for each in (text, text.replace("30s", "20s"))
    )
    assert before == after
    assert "ExecStart=/usr/bin/php-fpm -y /home/user/.config/home-services/php/php-fpm.conf" in (
        before
    )


def test_the_page_lists_the_options():
    """Each with its type, default and meaning."""
    assert table("php-fpm") == rows(module)
