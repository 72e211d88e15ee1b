"""The HTML of the shop: pure functions from catalogue values to the bytes of a page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from qtui.demo.catalogue import Catalogue, Product

SHOP = "Bounded & Sons"

STYLE = b"""\
:root { color-scheme: light dark; --accent: #9a5b13; --faint: #8886; }
body { font: 1.05rem/1.6 Georgia, serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
a { color: inherit; text-decoration-color: var(--accent); text-underline-offset: .2em; }
header { border-bottom: 2px solid var(--accent); font-variant: small-caps; letter-spacing: .06em; }
ol { list-style: none; padding: 0; }
li { display: flex; gap: 1rem; padding: .3rem 0; border-bottom: 1px solid var(--faint); }
li a { flex: 1; }
.facts { display: flex; flex-wrap: wrap; gap: .3rem 1.5rem; }
.price, .cost { font-weight: bold; color: var(--accent); }
nav { display: flex; gap: 1.5rem; margin: 1.5rem 0; }
"""


def _page(title: str, body: str) -> bytes:
    return (
        '<!DOCTYPE html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{escape(title)}</title>\n<link rel="stylesheet" href="/style.css">\n</head>\n<body>\n'
        f'<header><a href="/">{escape(SHOP)}</a></header>\n<main>\n{body}</main>\n</body>\n</html>\n'
    ).encode()


def index_page(catalogue: Catalogue) -> bytes:
    """The front page: a link to every listing."""
    links = "".join(
        f'<li><a href="/list/{number}">Shelf {number}</a> from {escape(first.title)}</li>\n'
        for number, first in catalogue.firsts()
    )
    return _page(
        SHOP,
        f"<h1>{escape(SHOP)}</h1>\n"
        f"<p>{catalogue.products:,} good things on {catalogue.listings:,} shelves. "
        "Please queue to the left.</p>\n"
        f"<ol>\n{links}</ol>\n",
    )


def listing_page(number: int, listings: int, products: Sequence[Product]) -> bytes:
    """Shelf `number` of `listings`: links to its products and to the shelves before and after."""
    items = "".join(
        f'<li><a href="{p.path}">{escape(p.title)}</a> <span class="cost">{p.price}</span></li>\n' for p in products
    )
    before = f'<a rel="prev" href="/list/{number - 1}">Shelf {number - 1}</a>\n' if number > 1 else ""
    after = f'<a rel="next" href="/list/{number + 1}">Shelf {number + 1}</a>\n' if number < listings else ""
    nav = f"<nav>\n{before}{after}</nav>\n" if before or after else ""
    title = f"Shelf {number} of {listings}"
    return _page(f"{title} · {SHOP}", f"<h1>{title}</h1>\n<ol>\n{items}</ol>\n{nav}")


def product_page(product: Product, blurb: str, listing: int) -> bytes:
    """The page of one product, with a way back to its shelf."""
    return _page(
        f"{product.title} · {SHOP}",
        f"<h1>{escape(product.title)}</h1>\n"
        f'<p class="facts"><span class="price">{product.price}</span>\n'
        f'<span class="availability">{escape(product.availability)}</span>\n'
        f'<span class="category">{escape(product.category)}</span></p>\n'
        f"<p>{escape(blurb)}</p>\n"
        f'<nav><a rel="up" href="/list/{listing}">Back to shelf {listing}</a></nav>\n',
    )


def login_page(ticket: str, problem: str = "") -> bytes:
    """The form of the login, with its hidden ticket, and what went wrong the last time."""
    told = f'<p class="problem">{escape(problem)}</p>\n' if problem else ""
    return _page(
        f"Log in · {SHOP}",
        f"<h1>Log in</h1>\n{told}"
        '<form method="post" action="/account/login">\n'
        f'<input type="hidden" name="ticket" value="{escape(ticket)}">\n'
        '<p><label>User <input name="user"></label></p>\n'
        '<p><label>Password <input name="password" type="password"></label></p>\n'
        "<p><button>Log in</button></p>\n</form>\n",
    )


def account_page(user: str) -> bytes:
    """What a customer sees after the login."""
    return _page(f"Your account · {SHOP}", f"<h1>Welcome back, {escape(user)}</h1>\n")


def plain_page(title: str, text: str = "") -> str:
    """A small page of its own, for errors and for tests: any text is shown as text."""
    body = f"<p>{escape(text)}</p>\n" if text else ""
    return (
        f'<!DOCTYPE html>\n<html lang="en-GB">\n<head><title>{escape(title)}</title></head>\n'
        f"<body>\n<h1>{escape(title)}</h1>\n{body}</body>\n</html>\n"
    )
