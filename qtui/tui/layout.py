"""What stands where at which size: the classes a screen gets and the style sheet that reads them."""

from __future__ import annotations

from collections.abc import Collection

WIDTHS = [(0, "-tiny-w"), (45, "-small-w"), (70, "-narrow"), (110, "-normal"), (180, "-wide")]
HEIGHTS = [(0, "-tiny-h"), (12, "-small-h"), (20, "-short"), (34, "-tall"), (54, "-xtall")]
"""From so many columns and rows on."""


def classes_at(columns: int, lines: int) -> tuple[str, str]:
    """What a screen of this size is classed as; both lists rise."""
    return (
        [name for least, name in WIDTHS if least <= columns][-1],
        [name for least, name in HEIGHTS if least <= lines][-1],
    )


def charts_height(classes: Collection[str]) -> int:
    """How many rows the charts of the overview take on a screen with these classes, while they are shown."""
    if not {"-short", "-small-w", "-small-h"}.isdisjoint(classes):
        return 0
    return 17 if "-xtall" in classes else 10


SHEET = """
MainScreen { layout: vertical; overflow: hidden; layers: default tip; }
#page, #stage, #overview, #upper, #side { height: 1fr; overflow: hidden; }
#header, #progress, #verdict, #lane, #ticker, #keys, #mini { height: 1; }
#band { height: 7; }
#verdict, #lane, #ticker { margin-bottom: 1; }
#tiny { display: none; height: 1fr; }

#stage { layers: view drawer; }
#stage > * { layer: view; height: 1fr; }
#stage > Inspector { layer: drawer; dock: right; width: 50%; height: 100%; }

#slots { width: 1fr; height: 1fr; }
#side { display: none; width: 66; }
#side-failures { height: 1fr; }
#job { height: 2fr; }
#charts { height: 10; overflow: hidden; }
#flow { width: 42fr; }
#latency, #failures, #explain { width: 39fr; }
#explain { display: none; }
#mini { display: none; }
#overview.-dense #charts { display: none; }

.-narrow #band { height: 5; }
.-narrow #lane { margin-bottom: 0; }
.-narrow #stage > Inspector { width: 100%; }

.-wide #side { display: block; }
.-wide #failures { display: none; }
.-wide #explain { display: block; }

.-short #verdict, .-short #lane, .-short #ticker { margin-bottom: 0; }
.-short #charts, .-short #side { display: none; }
.-short #mini { display: block; }

.-xtall #charts { height: 17; }
.-xtall #ticker { margin: 1 0; }

.-small-w #verdict, .-small-w #ticker { margin-bottom: 0; }
.-small-w #band { height: 3; margin-bottom: 1; }
.-small-w #lane, .-small-w #charts, .-small-w #mini { display: none; }
#overview.-dense #charts { display: none; }
.-small-w #stage > Inspector { width: 100%; }
.-small-h #verdict { margin-bottom: 0; }
.-small-h #band { height: 3; margin-bottom: 0; }
.-small-h #lane, .-small-h #charts, .-small-h #side, .-small-h #mini, .-small-h #ticker { display: none; }

.-tiny-w #page, .-tiny-h #page { display: none; }
.-tiny-w #tiny, .-tiny-h #tiny { display: block; }

.-listing #band, .-listing #lane { display: none; }
.-in-time #verdict, .-in-time #ticker { margin-bottom: 0; }
.-xtall.-listing #band, .-xtall.-listing #lane { display: block; }
.-over #verdict, .-over #band, .-over #lane { display: none; }
"""
