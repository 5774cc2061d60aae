"""Commands by name, and the words around them."""

from __future__ import annotations

from typing import Annotated

import typer

from svbrdf_core.cli import (
    batch,
    cache,
    canvases,
    compare,
    demo,
    explain,
    extensions,
    info,
    inpaint,
    mask,
    render,
    score,
    train,
    warm,
)
from svbrdf_core.cli.stdout import reserve

EXIT_CODES = "\n".join(
    (
        "Exit codes; after any of them but 0 and 7 nothing was written:",
        "0    done",
        "1    a failure that is ours: please report it",
        "2    the command line was not understood",
        "3    a folder, file, map or option cannot be used as it is, or can be read in two ways",
        "4    the mask is missing, empty, full or of the wrong shape",
        "5    the hole cannot be filled from what is known",
        "6    the result cannot be written",
        "7    some repairs of a batch failed or were refused; the others are written",
        "130  stopped by Ctrl-C",
    )
)
HELP = {"help_option_names": ["-h", "--help"]}

app = typer.Typer(
    name="svbrdf",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings=HELP,
)
masks = typer.Typer(help="Make, change and look at masks (white = hole).", no_args_is_help=True, context_settings=HELP)
kept = typer.Typer(
    help="Look at the trained models that are kept, or remove them.", no_args_is_help=True, context_settings=HELP
)


def _version(wanted: bool) -> None:
    if wanted:
        from svbrdf_core.version import package_version

        typer.echo(f"svbrdf-inpaint {package_version()}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show where an error comes from; SVBRDF_DEBUG=1 does the same.")
    ] = False,
) -> None:
    """Repair a region of a whole PBR material: all its maps by one joint decision."""  # --debug: see Session.of


app.command("inpaint", epilog=EXIT_CODES)(reserve(inpaint.inpaint))
app.command("extend", epilog=EXIT_CODES)(reserve(canvases.extend))
app.command("tile", epilog=EXIT_CODES)(reserve(canvases.tile))
app.command("grow", epilog=EXIT_CODES)(reserve(canvases.grow))
app.command("batch", epilog=EXIT_CODES)(reserve(batch.batch))
app.command("compare", epilog=EXIT_CODES)(reserve(compare.compare))
app.command("score", epilog=EXIT_CODES)(reserve(score.score))
app.command("explain", epilog=EXIT_CODES)(reserve(explain.explain))
app.command("info")(reserve(info.info))
app.command("train", epilog=EXIT_CODES)(reserve(train.train))
app.command("demo")(reserve(demo.demo))
app.command("render")(reserve(render.render))
app.command("warm")(reserve(warm.warm))
for name, command in extensions.commands():
    app.command(name, epilog=EXIT_CODES)(reserve(command))
masks.command("make")(reserve(mask.make))
masks.command("grow")(reserve(mask.grow))
masks.command("view")(reserve(mask.view))
app.add_typer(masks, name="mask")
kept.command("ls")(reserve(cache.ls))
kept.command("clear")(reserve(cache.clear))
app.add_typer(kept, name="cache")
