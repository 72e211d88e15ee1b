"""How far two colours are apart, for every eye: CIEDE2000 after the Machado (2009) simulation of colour blindness."""

from __future__ import annotations

from itertools import combinations

from qtui.tui.colour import Triple, ciede2000, lab, linear

MACHADO: dict[str, tuple[Triple, Triple, Triple]] = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
"""Severity 1.0, on linear RGB."""


def simulated(colour: str, eye: str) -> Triple:
    """The linear RGB that an eye sees."""
    rgb = linear(colour)
    rows = [sum(a * b for a, b in zip(row, rgb, strict=True)) for row in MACHADO[eye]]
    red, green, blue = (min(1.0, max(0.0, value)) for value in rows)
    return red, green, blue


def worst_pair(colours: dict[str, str], eye: str) -> tuple[float, str, str]:
    """The two that this eye can tell apart least, and by how much."""
    seen = {name: lab(simulated(colour, eye)) for name, colour in colours.items()}
    return min((ciede2000(seen[one], seen[other]), one, other) for one, other in combinations(seen, 2))
