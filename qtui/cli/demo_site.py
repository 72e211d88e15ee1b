"""`qtui demo-site`: the embedded shop alone."""

from __future__ import annotations

import click

from qtui.cli.common import clear_errors


@click.command("demo-site")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1; a free one by default.")
@click.option("--calm", is_flag=True, help="No delays and no misbehaviour.")
@clear_errors
def command(port: int, calm: bool) -> None:
    """Serve the embedded shop until Ctrl-C; /misbehave/… answers badly on purpose."""
    import asyncio

    from qtui.wiring.shop import serve

    asyncio.run(serve(port, calm, lambda address: click.echo(f"{address}  (Ctrl-C ends)")))
