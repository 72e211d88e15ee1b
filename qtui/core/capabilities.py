"""What a preset may do to the world around it, as lists of names: read from its tables, before anything is done."""

from __future__ import annotations

import msgspec


class Capabilities(msgspec.Struct, frozen=True):
    """Of one table or, joined by `|`, of a whole preset; every entry is foreign text and not cleaned yet."""

    runs: tuple[str, ...] = ()
    """Programs: the first word of a command line."""
    imports: tuple[str, ...] = ()
    """Python modules, whose code runs when they are imported."""
    contacts: tuple[str, ...] = ()
    """Hosts, or in words what names them."""
    reads: tuple[str, ...] = ()
    """Files that are read."""
    environment: tuple[str, ...] = ()
    """Environment variables that are asked for."""
    secrets: tuple[str, ...] = ()
    """Environment variables that are secrets."""
    writes: tuple[str, ...] = ()
    """Files and folders that are written."""
    insecure: tuple[str, ...] = ()
    """Protection that is switched off."""

    def __or__(self, other: Capabilities) -> Capabilities:
        """Both, each entry once, in order."""
        joined = {
            name: tuple(dict.fromkeys((*getattr(self, name), *getattr(other, name)))) for name in self.__struct_fields__
        }
        return Capabilities(**joined)
