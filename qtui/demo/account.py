"""What only customers of the shop may see: behind a login by form with a hidden field, or by JSON for a token."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b

from aiohttp import web

from qtui.demo.api import Api
from qtui.demo.config import SiteConfig
from qtui.demo.pages import account_page, login_page
from qtui.demo.replies import html, json, plain, redirect

PREFIX = "/account"
USER, PASSWORD = "demo", "correct-horse"
_COOKIE = "shop_session"
_LOGIN = f"{PREFIX}/login"


class Account:
    """Answers everything below `/account`; remembers the sessions that are open.

    A person gets a form at `/account/login` and then a cookie, a program a token at `/account/token`. With one of them
    `/account/orders/N` is an order in JSON; without, it is 401, and `/account` sends to the form.
    """

    def __init__(self, config: SiteConfig, api: Api, clock: Callable[[], float]) -> None:
        self._config, self._api, self._clock = config, api, clock
        self._sessions: dict[str, list[float]] = {}
        """When each was opened and how many answers it had; a dead one stays until the next is opened."""
        self._opened = 0

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer for any path below the prefix."""
        match request.method, request.path.removeprefix(PREFIX).split("/"):
            case "GET" | "HEAD", ["", "login"]:
                return html(login_page(self._ticket()))
            case "POST", ["", "login"]:
                return await self._by_form(request)
            case "POST", ["", "token"]:
                return await self._by_json(request)
            case "GET" | "HEAD", [""]:
                return html(account_page(USER)) if self._known(request) else redirect(_LOGIN)
            case "GET" | "HEAD", ["", "orders", number]:
                return self._order(request, number)
        return plain(404, "There is no such page.")

    def _order(self, request: web.BaseRequest, number: str) -> web.Response:
        if not self._known(request):
            return json({"error": "log in first"}, 401, {"WWW-Authenticate": "Bearer"})
        order = self._api.find(number)
        return json({"error": "there is no such order"}, 404) if order is None else json(order)

    async def _by_form(self, request: web.BaseRequest) -> web.Response:
        told = await request.post()
        if told.get("ticket") != self._ticket():
            return plain(400, "The form has no ticket; open the login page first.")
        if (told.get("user"), told.get("password")) != (USER, PASSWORD):
            return html(login_page(self._ticket(), "User or password are wrong."), 403)
        response = redirect(PREFIX, 303)
        response.set_cookie(_COOKIE, self._open(), path=PREFIX, httponly=True, samesite="Lax")
        return response

    async def _by_json(self, request: web.BaseRequest) -> web.Response:
        try:
            told = await request.json()
        except ValueError:
            told = None
        if not isinstance(told, dict) or (told.get("user"), told.get("password")) != (USER, PASSWORD):
            return json({"error": "user or password are wrong"}, 403)
        return json({"token": self._open(), "type": "Bearer"})

    def _ticket(self) -> str:
        return self._drawn("ticket")

    def _drawn(self, what: str) -> str:
        return blake2b(f"{self._config.seed}/{what}".encode(), digest_size=16).hexdigest()

    def _open(self) -> str:
        self._sessions = {name: life for name, life in self._sessions.items() if self._lives(life)}
        self._opened += 1
        name = self._drawn(f"session {self._opened}")
        self._sessions[name] = [self._clock(), 0]
        return name

    def _known(self, request: web.BaseRequest) -> bool:
        """Whether a request is of an open session; that is one of its answers."""
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        life = self._sessions.get(request.cookies.get(_COOKIE, "") or bearer)
        if life is None or not self._lives(life):
            return False
        life[1] += 1
        return True

    def _lives(self, life: list[float]) -> bool:
        opened, answers = life
        lasts, most = self._config.session_lasts, self._config.session_answers
        return (not lasts or self._clock() - opened < lasts) and (not most or answers < most)
