"""Servers and networks that misbehave, told apart in plain words."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
import socket
import ssl
import threading
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web

from qtui.core.job import Done, Failed
from qtui.demo.config import SiteConfig
from qtui.demo.site import DemoSite
from qtui.kinds.http.options import HttpTable, Timeouts
from tests.kinds.http.serving import echo, fetched, opened, serving, speaking
from tests.kinds.running import job, real
from tests.patience import PATIENCE_S


@pytest_asyncio.fixture
async def site() -> AsyncIterator[str]:
    demo = DemoSite(SiteConfig.calm())
    yield f"{await demo.start()}/misbehave"
    await demo.stop()


@pytest.mark.parametrize(
    ("path", "code", "message"),
    [
        ("/reset", "connection", "connection reset by the other side"),
        ("/reset?after=10", "connection", "connection closed before the whole answer had come"),
        ("/short", "connection", "connection closed before the whole answer had come"),
        ("/garbage", "protocol", "the answer is not HTTP"),
        ("/big-headers?kb=100", "protocol", "the answer's headers are too large"),
        ("/big-headers?count=20000", "protocol", "the answer's headers are too large"),
        ("/redirect-loop", "protocol", "more than 5 redirects"),
        ("/503", "http:503", "Service Unavailable"),
    ],
)
async def test_each_misbehaviour_has_its_class(site: str, path: str, code: str, message: str) -> None:
    outcome = await fetched(HttpTable(url=site + path))
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.message, outcome.permanent) == (code, message, False)


@pytest.mark.parametrize(
    ("path", "timeout", "message"),
    [
        ("/hang", Timeouts(first_byte=0.2), "no answer within 0.20s"),
        ("/slow-headers?lines=100&delay=0.02", Timeouts(first_byte=0.2), "no answer within 0.20s"),
        ("/drip?bytes=100&delay=0.02", Timeouts(slow=0.3), "too slow: fewer than 100 bytes a second for 0.30s"),
        ("/drip?bytes=100&delay=0.02", Timeouts(total=0.2), "not finished within 0.20s"),
        ("/hang", Timeouts(first_byte=5, total=0.2), "not finished within 0.20s"),
    ],
)
async def test_a_timeout_says_what_took_too_long(site: str, path: str, timeout: Timeouts, message: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        assert await fetched(HttpTable(url=site + path, timeout=timeout)) == Failed("timeout", message)


async def test_the_jobs_timeout_holds_as_well(site: str) -> None:
    outcome = await fetched(HttpTable(url=f"{site}/hang"), real(timeout_s=0.2))
    assert outcome == Failed("timeout", "not finished within 0.20s")


async def test_a_slow_but_steady_answer_is_waited_for(site: str) -> None:
    table = HttpTable(url=f"{site}/drip?bytes=400&delay=0.001", timeout=Timeouts(slow=0.3))
    assert isinstance(await fetched(table), Done)


async def test_a_wrong_status_stays_one_when_its_page_never_ends() -> None:
    async with speaking(b"HTTP/1.1 503 Nope\r\nContent-Length: 100\r\n\r\nhalf", then_close=False) as address:
        outcome = await fetched(HttpTable(url=address, timeout=Timeouts(total=0.6)))
    assert outcome == Failed("http:503", "Service Unavailable")


async def test_a_connection_that_cannot_be_made_in_time_says_so() -> None:
    with socket.socket() as deaf, socket.socket() as filler:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        filler.connect(deaf.getsockname())  # the one place in the backlog is taken, further handshakes wait
        with socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(deaf.getsockname())
            table = HttpTable(url=f"http://127.0.0.1:{deaf.getsockname()[1]}/", timeout=Timeouts(connect=0.2))
            assert await fetched(table) == Failed("timeout", "no connection within 0.20s")


async def test_a_refused_connection_is_named() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        outcome = await fetched(HttpTable(url=f"http://127.0.0.1:{unused.getsockname()[1]}/"))
    assert outcome == Failed("connection", "connection refused")


async def test_a_name_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    assert await fetched(HttpTable(url="http://shop.example/")) == Failed(
        "connection", 'there is no host "shop.example"'
    )


async def test_a_stuck_name_server_holds_up_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = threading.Event()
    system = socket.getaddrinfo

    def slow(host: str, *rest: object) -> object:
        if host == "slow.example":
            answer.wait(10)
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return system("127.0.0.1", *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    table = HttpTable(url="{line}", timeout=Timeouts(connect=0.3))
    async with serving(echo) as address, opened(table) as kind:
        port = address.rpartition(":")[2]
        stuck = asyncio.create_task(kind.run(job(1, line="http://slow.example/")), name="stuck")
        await asyncio.sleep(0)
        assert isinstance(await kind.run(job(2, line=f"http://quick.example:{port}/")), Done)
        assert not stuck.done()
        assert await stuck == Failed("timeout", "no connection within 0.30s")
        assert asyncio.get_running_loop()._default_executor is None  # type: ignore[attr-defined]
        answer.set()


async def test_tls_is_verified_unless_told_otherwise(tls_server: str) -> None:
    outcome = await fetched(HttpTable(url=tls_server))
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.permanent) == ("connection", True)
    assert outcome.message.startswith("the certificate is not valid: self")
    assert isinstance(await fetched(HttpTable(url=tls_server, insecure=True)), Done)


async def test_http_where_tls_is_expected_is_named(site: str) -> None:
    outcome = await fetched(HttpTable(url=site.replace("http:", "https:") + "/404"))
    assert outcome == Failed("connection", "TLS could not be agreed on")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": " 0 "}, 0.0),
        ({"Retry-After": "999999999"}, 999999999.0),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "1e9"}, None),
        ({"Retry-After": "٣"}, None),
        ({"Retry-After": "9" * 400}, None),
        ({"Date": "Sun, 06 Nov 1994 08:49:37 GMT", "Retry-After": "Sun, 06 Nov 1994 08:51:37 GMT"}, 120.0),
        ({"Date": "Sun, 06 Nov 1994 08:49:37 GMT", "Retry-After": "Sun, 06 Nov 1994 08:49:07 GMT"}, None),
        ({"Date": "rubbish", "Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT"}, None),
        ({}, None),
    ],
)
async def test_retry_after_is_read_as_seconds_or_a_date(headers: dict[str, str], seconds: float | None) -> None:
    async def handler(request: web.BaseRequest) -> web.Response:
        return web.Response(status=429, headers=headers)

    async with serving(handler) as address:
        outcome = await fetched(HttpTable(url=address))
    assert isinstance(outcome, Failed)
    assert outcome.retry_after == seconds


@pytest.mark.parametrize(("status", "seconds"), [(413, 7.0), (429, 7.0), (503, 7.0), (404, None), (500, None)])
async def test_only_who_is_busy_may_ask_to_come_back_later(status: int, seconds: float | None) -> None:
    async def handler(request: web.BaseRequest) -> web.Response:
        return web.Response(status=status, headers={"Retry-After": "7"})

    async with serving(handler) as address:
        outcome = await fetched(HttpTable(url=address))
    assert isinstance(outcome, Failed)
    assert (outcome.code, outcome.retry_after) == (f"http:{status}", seconds)


async def test_running_out_of_descriptors_is_not_the_jobs_fault() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        async with opened(HttpTable(url=f"http://127.0.0.1:{server.getsockname()[1]}/")) as kind:
            limits = resource.getrlimit(resource.RLIMIT_NOFILE)
            lowest_free = os.dup(server.fileno())
            os.close(lowest_free)
            resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, limits[1]))
            try:
                with pytest.raises(OSError, match="open files") as raised:
                    await kind.run(job())
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert raised.value.errno == errno.EMFILE


_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n"


@pytest.mark.parametrize("sent", [b"", _HEAD, _HEAD + b"\r\n", _HEAD + b"\r\nhalf of it"])
@pytest.mark.parametrize("by_deadline", [False, True])
async def test_an_attempt_that_is_ended_leaves_no_connection(sent: bytes, by_deadline: bool) -> None:
    asked, gone = asyncio.Event(), asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(sent)
        await writer.drain()
        asked.set()
        await reader.read()
        gone.set()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    timeout = Timeouts(total=0.1 if by_deadline else 10)
    async with opened(HttpTable(url=address, timeout=timeout)) as kind, asyncio.timeout(PATIENCE_S):
        attempt = asyncio.create_task(kind.run(job()), name="attempt")
        await asked.wait()
        if not by_deadline:
            attempt.cancel()
        await asyncio.wait([attempt])
        await gone.wait()
        assert attempt.cancelled() is not by_deadline
    server.close()
    await server.wait_closed()


async def test_a_cancellation_from_outside_wins_over_our_deadline(site: str) -> None:
    async with opened(HttpTable(url=f"{site}/hang", timeout=Timeouts(first_byte=0.1))) as kind:
        attempt = asyncio.create_task(kind.run(job()), name="attempt")
        kind._deadlines._clock = lambda: 1e9  # the deadline has passed, its timer has not been called yet
        await asyncio.sleep(0)
        attempt.cancel()
        kind._deadlines._sweep()
        with pytest.raises(asyncio.CancelledError):
            await attempt


async def test_a_deadline_leaves_the_task_as_it_was(site: str) -> None:
    async with opened(HttpTable(url=f"{site}/hang", timeout=Timeouts(first_byte=0.05))) as kind:
        task = asyncio.current_task()
        assert task is not None
        for _ in range(3):
            assert (await kind.run(job())).code == "timeout"  # type: ignore[union-attr]
            assert task.cancelling() == 0
        await asyncio.sleep(0)


@pytest.fixture
def tls_context(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    folder = tmp_path_factory.mktemp("tls")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{folder}/key")
    cert = ("-out", f"{folder}/cert", "-days", "2", "-subj", "/CN=localhost", "-batch")
    made = os.spawnlp(os.P_WAIT, "openssl", "openssl", "req", "-x509", *key, *cert)
    if made:
        pytest.skip("openssl is not installed")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(f"{folder}/cert", f"{folder}/key")
    return context


@pytest_asyncio.fixture
async def tls_server(tls_context: ssl.SSLContext) -> AsyncIterator[str]:
    runner = web.ServerRunner(web.Server(echo))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls_context).start()
    yield f"https://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()
