"""Options that the segmenter's commands share."""

import click

except_source = click.option(
    "--except-source",
    "left_out",
    multiple=True,
    metavar="SOURCE",
    help="Leave out photos of --negatives with this source or source_class, such as one whose people wear clothes. Repeatable.",
)
