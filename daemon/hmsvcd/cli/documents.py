"""Where the JSON documents of ``--json`` go."""

import json

import click

from hmsvcd.pipeline.documents import Document


def print_document(content: Document) -> None:
    """Write a document to standard output, in ASCII: whatever the locale, it stays JSON."""
    click.echo(json.dumps(content, indent=2))
