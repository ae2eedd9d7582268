"""``hmsvcd completion``: print the completion script of a shell."""

import click

from hmsvcd.cli.names import COMPLETE


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the script that completes hmsvcd's commands and options in a shell.

    \b
    hmsvcd completion bash > ~/.local/share/bash-completion/completions/hmsvcd
    hmsvcd completion zsh  > a folder of $fpath, as _hmsvcd
    hmsvcd completion fish > ~/.config/fish/completions/hmsvcd.fish
    """  # noqa: D301 - click's mark for a paragraph that keeps its lines
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - not for --help

    from hmsvcd.cli.main import hmsvcd  # noqa: PLC0415 - main imports the commands

    kind = get_completion_class(shell)
    if kind is not None:
        click.echo(kind(hmsvcd, {}, "hmsvcd", COMPLETE).source())
