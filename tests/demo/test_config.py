"""A site is configured by values that make sense, or refused by name."""

from __future__ import annotations

import msgspec
import pytest

from qtui.demo.config import SiteConfig


def test_a_calm_site_sells_the_same_things():
    calm, default = SiteConfig.calm(), SiteConfig()
    assert (calm.seed, calm.products, calm.per_listing) == (
        default.seed,
        default.products,
        default.per_listing,
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("gone_share", 1.1),
        ("reset_share", -0.1),
        ("products", 0),
        ("latency_median", -1.0),
        ("rate_burst", 0),
    ],
)
def test_values_from_outside_are_refused_by_name(field: str, value: float):
    with pytest.raises(msgspec.ValidationError, match=rf"at `\$\.{field}`"):
        msgspec.convert({field: value}, SiteConfig)


def test_unknown_fields_are_refused():
    with pytest.raises(msgspec.ValidationError, match="latency"):
        msgspec.convert({"latency": 1.0}, SiteConfig)
