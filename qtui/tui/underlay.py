"""What is seen behind a dialog: the screen below, dimmed.

Textual would dim every cell's style anew at every frame, which takes longer than all else that a key causes.
"""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual.color import Color
from textual.css.styles import RulesMap
from textual.renderables.background_screen import BackgroundScreen
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual

MANY = 2000
"""More styles than a screen has at once: those of a theme that was left are forgotten then."""


class Shades:
    """The dimmed form of each style, as Textual makes it, made once."""

    def __init__(self) -> None:
        self._of: dict[RichStyle | None, RichStyle] = {}
        self._made_for: tuple[RichStyle, Color] | None = None

    def use(self, ground: RichStyle, colour: Color) -> None:
        """Dim with `colour` over `ground` from now on."""
        if self._made_for != (ground, colour) or len(self._of) > MANY:
            self._made_for = (ground, colour)
            self._of.clear()

    def dim(self, strip: Strip) -> Strip:
        """The row with every style dimmed."""
        return Strip([Segment(text, self._shade(style)) for text, style, _ in strip], strip.cell_length)

    def _shade(self, style: RichStyle | None) -> RichStyle:
        shade = self._of.get(style)
        if shade is None:
            assert self._made_for is not None
            ground, colour = self._made_for
            (dimmed,) = BackgroundScreen.process_segments([Segment("", style)], colour)
            shade = self._of[style] = ground + dimmed.style
        return shade


class Underlay(Visual):
    """The screen below a dialog, as rows."""

    def __init__(self, below: BackgroundScreen, shades: Shades) -> None:
        self.below = below
        """What Textual would draw."""
        self._shades = shades

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        self._shades.use(style.rich_style, self.below.color)
        rows = self.below.screen._compositor.render_strips()  # no public way leads to rows without a console
        return [self._shades.dim(row).crop(0, width) for row in rows[:height]]

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        return container_width

    def get_height(self, rules: RulesMap, width: int) -> int:
        return self.below.screen.size.height
