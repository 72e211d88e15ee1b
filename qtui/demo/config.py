"""What can be chosen about the demo site: its size, its pace and how often it misbehaves."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

Share = Annotated[float, Meta(ge=0.0, le=1.0)]
Seconds = Annotated[float, Meta(ge=0.0)]


class SiteConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One site; the same values give the same shop, the same delays and the same failures."""

    seed: int = 7
    """Everything that looks random is drawn from this number."""
    port: Annotated[int, Meta(ge=0, le=65535)] = 0
    """Where it listens; 0 takes a free one. Addresses that were written down need the one they were written with."""
    products: Annotated[int, Meta(ge=1)] = 1920
    """How many products the shop has."""
    per_listing: Annotated[int, Meta(ge=1)] = 24
    """How many of them a page of a listing has."""

    latency_median: Seconds = 0.205
    """Half of the pages answer faster than this; 0 answers at once."""
    latency_sigma: Annotated[float, Meta(ge=0.0)] = 1.25
    """Width of the lognormal distribution: 0 is constant, 1.25 has a p99 eighteen times the median."""
    latency_cap: Seconds = 8.0
    """No page takes longer than this."""

    gone_share: Share = 0.004
    """Product pages that answer 404, for ever."""
    moved_share: Share = 0.02
    """Product pages that answer 302 to their canonical address, for ever."""
    reset_share: Share = 0.005
    """Requests whose connection is reset instead of answered."""
    drip_share: Share = 0.005
    """Requests whose body comes in `drip_pieces` pieces, `drip_pause` seconds apart."""
    drip_pieces: Annotated[int, Meta(ge=1)] = 24
    """Into how many pieces such a body is cut."""
    drip_pause: Seconds = 0.1
    """Seconds between two pieces."""

    burst_every: Seconds = 25.0
    """Length of a period with exactly one burst of 500s and 503s somewhere in it; 0 has no bursts."""
    burst_length: Seconds = 4.0
    """Seconds that a burst lasts."""
    burst_share: Share = 0.35
    """Requests that fail while a burst lasts."""

    failures_in_a_row: Annotated[int, Meta(ge=0)] = 2
    """After so many refusals the next request for the same page is served, whatever was drawn."""

    rate_limit: Annotated[float, Meta(ge=0.0)] = 60.0
    """Requests per second, over all clients, above which 429 is answered; 0 has no limit."""
    rate_burst: Annotated[int, Meta(ge=1)] = 60
    """Requests that may come at once before the limit is felt."""

    api_rate: Annotated[float, Meta(ge=0.0)] = 40.0
    """Orders per second, over all clients, above which the API answers 429; 0 has no limit."""
    api_burst: Annotated[int, Meta(ge=1)] = 8
    """Orders that may be asked for at once before that limit is felt."""
    api_latency: Seconds = 0.1
    """Answers of the API take from half of this to one and a half times as much; 0 answers at once."""

    session_lasts: Seconds = 0.0
    """How long a customer stays logged in; 0 for ever."""
    session_answers: Annotated[int, Meta(ge=0)] = 0
    """A customer has to log in again after so many answers; 0 never."""

    @classmethod
    def calm(cls) -> SiteConfig:
        """A site that answers every page at once and correctly: for benchmarks and exact tests."""
        return cls(
            latency_median=0.0,
            gone_share=0.0,
            moved_share=0.0,
            reset_share=0.0,
            drip_share=0.0,
            burst_every=0.0,
            rate_limit=0.0,
            api_rate=0.0,
            api_latency=0.0,
        )
