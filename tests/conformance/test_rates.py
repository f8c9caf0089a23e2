"""Rate limits: what callers may ask in a while, who is counted together, and what counts for nothing.

Every test speaks from a loopback address of its own, so that none spends what another counts on. The last hop before
the service is this machine: `--trusted-address` is the one that the service believes what it says of others.
"""

from __future__ import annotations

import math
import re
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle

import pytest

from conformance.addresses import far_address, far_network, local_address
from conformance.client import Answer, Client, at_once, coming_from
from conformance.contract import Resource
from conformance.described import Document, conforms
from conformance.methods import Method
from conformance.methods.passwords import log_in, new_password, register
from conformance.people import AUTH, ME, Person, new_email
from conformance.target import Limit, Target
from conformance.test_operations import PATHS

ENTRANCE = Limit(5, 60)
"""What the entrance lets try, whatever else is allowed."""

WORKERS = 8
"""How many ask at the same time."""

SLACK = 5
"""How many requests somebody has made already who came in by whatever method."""

POLICY = re.compile(r'"([a-z-]+)";q=([0-9]+);w=([0-9]+)')
STATE = re.compile(r'"([a-z-]+)";r=([0-9]+);t=([0-9]+)')

ACCOUNTS_ONLY = pytest.mark.needs("accounts")
PASSWORDS_ONLY = pytest.mark.needs("passwords")

Ask = Callable[[], Answer]


@pytest.fixture(autouse=True)
def address() -> Iterator[str]:
    """Come from somewhere else in each test."""
    own = local_address()
    with coming_from(own):
        yield own


@pytest.fixture
def limit(target: Target) -> Limit:
    """How many requests a caller has."""
    assert target.limit is not None
    return target.limit


@pytest.fixture
def stranger(target: Target, address: str) -> Client:
    """Nobody, from the address of this test."""
    return Client(target.base_url)


@pytest.fixture
def elsewhere(target: Target) -> Callable[[], Client]:
    """Return a function that returns nobody, from an address where nobody was before."""

    def nobody() -> Client:
        with coming_from(local_address()):
            return Client(target.base_url)

    return nobody


@pytest.fixture
def caller(method: Method, stranger: Client, a_member: Callable[[], Person], address: str) -> Client:
    """Somebody new who may read: a member, or anybody where there are no accounts."""
    return a_member() if method.has_accounts else stranger


@pytest.fixture
def believed(target: Target) -> Callable[[str], Client]:
    """Return a function that returns nobody, for whom a trusted proxy says where they come from."""

    def behind(forwarded: str) -> Client:
        with coming_from(target.trusted_address):
            return Client(target.base_url, lambda method: {"X-Forwarded-For": forwarded})

    return behind


@pytest.fixture
def second(target: Target) -> str:
    """Where another process of the service answers."""
    return target.second_url


def counted(answer: Answer, limit: Limit) -> bool:
    """Return whether a request was counted; it always is, but where processes share what they count."""
    is_counted = answer.header("RateLimit") is not None
    assert is_counted or limit.is_shared, f"{answer}\nsays nothing of a limit"
    return is_counted


def told(ask: Ask, limit: Limit) -> Answer:
    """Ask, and return the answer; ask again where the request could not be counted."""
    return next(answer for answer in (ask() for _ in range(50)) if counted(answer, limit))


def spent(ask: Ask, limit: Limit, already: int = SLACK, spare: int = 0) -> Answer:
    """Ask until it is refused, and return the refusal.

    `already` is how much may have been spent before, `spare` what may be granted beyond the limit.
    """
    began, allowed, uncounted = time.monotonic(), 0, 0
    while (answer := ask()).status != 429:
        if counted(answer, limit):
            allowed += 1
        else:
            uncounted += 1
            assert uncounted < 2000, f"nobody counts\n{answer}"
        most = limit.quota + spare + limit.come_back(time.monotonic() - began) + 1
        assert allowed <= most, f"{allowed} requests are allowed, of {limit.quota} in {limit.seconds} s\n{answer}"
    assert allowed + uncounted >= limit.quota - already, f"refused after {allowed} of {limit.quota}\n{answer}"
    return answer


def closed(ask: Ask, limit: Limit, already: int = 0) -> Answer:
    """Try at the entrance until it is refused, and return the refusal.

    There everything is counted: what processes cannot count together for a moment, each of them counts for itself.
    """
    return spent(ask, ENTRANCE, already, spare=ENTRANCE.quota if limit.is_shared else 0)


def still_spent(ask: Ask, limit: Limit) -> None:
    """Assert that no more is granted than has come back since."""
    began = time.monotonic()
    allowed = sum(answer.status != 429 and counted(answer, limit) for answer in (ask() for _ in range(6)))
    assert allowed <= limit.come_back(time.monotonic() - began) + 1


def hold(asks: Sequence[Ask], limit: Limit, already: int = SLACK) -> None:
    """Assert that a limit holds when several ask at the same time, each of them as often as it takes."""
    began, share = time.monotonic(), -(-(limit.quota + 20) // (WORKERS * len(asks)))

    done = at_once([(lambda ask=ask: [ask() for _ in range(share)]) for ask in asks for _ in range(WORKERS)])

    passed = [counted(answer, limit) for answers in done for answer in answers if answer.status != 429]
    assert len(passed) >= limit.quota - already
    assert sum(passed) <= limit.quota + limit.come_back(time.monotonic() - began) + 1


def policy(answer: Answer) -> tuple[str, int, int]:
    """Return what an answer says of the limit: its name, how many, in how many seconds."""
    found = POLICY.fullmatch(answer.header("RateLimit-Policy") or "")
    assert found, f"{answer}\nRateLimit-Policy is {answer.all('RateLimit-Policy')}"
    return found[1], int(found[2]), int(found[3])


def state(answer: Answer) -> tuple[str, int, int]:
    """Return what an answer says is left: the name of the limit, how many, and the seconds until all is back."""
    found = STATE.fullmatch(answer.header("RateLimit") or "")
    assert found, f"{answer}\nRateLimit is {answer.all('RateLimit')}"
    return found[1], int(found[2]), int(found[3])


def left(answer: Answer) -> int:
    """Return how many requests are left."""
    return state(answer)[1]


def is_fresh(ask: Ask, limit: Limit) -> bool:
    """Return whether nothing was asked yet; what could not be counted in time may have been taken nevertheless."""
    return left(told(ask, limit)) in range(limit.quota - (5 if limit.is_shared else 1), limit.quota)


class TestBudget:
    def test_is_announced(self, caller: Client, limited: str, limit: Limit) -> None:
        first, second = (told(lambda: caller.get(limited).expect(200), limit) for _ in range(2))

        for answer in (first, second):
            assert policy(answer) == ("default", limit.quota, limit.seconds)
            assert state(answer)[0] == "default"
            assert 0 <= state(answer)[2] <= limit.seconds
            assert limit.quota - SLACK - 2 <= left(answer) < limit.quota
        assert left(first) - 1 <= left(second) <= left(first)

    def test_is_spent_and_comes_back(self, caller: Client, limited: str, limit: Limit) -> None:
        refusal = spent(lambda: caller.get(limited).expect(200, 429), limit)

        assert policy(refusal) == ("default", limit.quota, limit.seconds)
        assert left(refusal) == 0
        wait = refusal.header("Retry-After") or ""
        assert wait.isdecimal(), refusal
        assert 1 <= int(wait) <= math.ceil(limit.seconds / limit.quota) + 1
        time.sleep(int(wait))
        caller.get(limited).expect(200)

    def test_is_described_as_it_is_refused(
        self, caller: Client, limited: str, limit: Limit, document: Document
    ) -> None:
        conforms(document, "get", limited, spent(lambda: caller.get(limited).expect(200, 429), limit))

    def test_does_not_grow_while_it_is_refused(self, caller: Client, limited: str, limit: Limit) -> None:
        spent(lambda: caller.get(limited).expect(200, 429), limit)

        still_spent(lambda: caller.get(limited).expect(200, 429), limit)

    def test_holds_for_many_at_once(self, caller: Client, limited: str, limit: Limit) -> None:
        hold([lambda: caller.get(limited).expect(200, 429)], limit)

    def test_is_spent_by_what_is_not_valid_too(self, caller: Client, resource: Resource, limit: Limit) -> None:
        refusal = spent(lambda: caller.get(f"{resource.path}?surprise=1").expect(400, 403, 429), limit)

        assert left(refusal) == 0
        still_spent(lambda: caller.post(resource.path, raw=b"{").expect(403, 415, 429), limit)


@ACCOUNTS_ONLY
class TestAccounts:
    def test_have_a_budget_each(self, a_member: Callable[[], Person], limited: str, limit: Limit) -> None:
        somebody, another = a_member(), a_member()
        spent(lambda: somebody.get(limited).expect(200, 429), limit)

        assert left(told(lambda: another.get(limited).expect(200), limit)) >= limit.quota - SLACK - 1

    def test_have_one_budget_wherever_they_are(self, caller: Person, limited: str, limit: Limit) -> None:
        spent(lambda: caller.get(limited).expect(200, 429), limit)

        with coming_from(local_address()):
            elsewhere = caller.here()
        still_spent(lambda: elsewhere.get(limited).expect(200, 429), limit)

    def test_share_no_address_with_strangers(
        self, caller: Person, stranger: Client, limited: str, limit: Limit
    ) -> None:
        spent(lambda: stranger.get(limited).expect(401, 429), limit, already=limit.quota)

        caller.get(limited).expect(200)


@ACCOUNTS_ONLY
class TestStrangers:
    def test_share_the_budget_of_their_address(
        self, stranger: Client, elsewhere: Callable[[], Client], limited: str, limit: Limit
    ) -> None:
        refusal = spent(lambda: stranger.get(limited).expect(401, 429), limit, already=0)

        assert policy(refusal) == ("default", limit.quota, limit.seconds)
        elsewhere().get(limited).expect(401)

    def test_spend_it_by_every_credential_that_does_not_hold(
        self, stranger: Client, method: Method, limited: str, limit: Limit
    ) -> None:
        turns = cycle([*method.strangers, {}])

        spent(lambda: stranger.get(limited, headers=next(turns)).expect(401, 429), limit, already=0)


class TestAddresses:
    def test_have_a_budget_each(
        self, method: Method, stranger: Client, elsewhere: Callable[[], Client], limited: str, limit: Limit
    ) -> None:
        known = 401 if method.has_accounts else 200
        spent(lambda: stranger.get(limited).expect(known, 429), limit, already=0)

        elsewhere().get(limited).expect(known)

    def test_that_strangers_name_are_not_believed(self, stranger: Client, limited: str, limit: Limit) -> None:
        def ask() -> Answer:
            names = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "CF-Connecting-IP", "True-Client-IP")
            value = far_address()
            return stranger.get(limited, headers={**dict.fromkeys(names, value), "Forwarded": f"for={value}"})

        spent(ask, limit, already=0)

    def test_that_a_trusted_proxy_names_are_believed(
        self, believed: Callable[[str], Client], limited: str, limit: Limit
    ) -> None:
        one, another = far_address(), far_address()
        spent(lambda: believed(one).get(limited), limit, already=0)

        assert is_fresh(lambda: believed(another).get(limited).expect(200, 401), limit)

    def test_are_what_the_last_that_is_trusted_saw(
        self, target: Target, believed: Callable[[str], Client], limited: str, limit: Limit
    ) -> None:
        one = far_address()
        forms = cycle((one, f"198.18.0.1, {one}", f"{{}},{one}", f"{{}}, {one}, {target.trusted_address}"))

        def ask() -> Answer:
            return believed(next(forms).format(far_address())).get(limited)

        spent(ask, limit, already=0)

    def test_are_read_from_every_line_of_the_header(
        self, target: Target, believed: Callable[[str], Client], limited: str, limit: Limit
    ) -> None:
        one, proxy = far_address(), believed("")

        def ask() -> Answer:
            return proxy.get(limited, headers=[("X-Forwarded-For", far_address()), ("X-Forwarded-For", one)])

        spent(ask, limit, already=0)

    @pytest.mark.parametrize(
        "garbage",
        ["nonsense", "999.1.1.1", "198.18.0.1.5", "x" * 2000, "'; DROP TABLE users; --", "[::1", "unknown", "::::"],
    )
    def test_are_not_read_beyond_garbage(
        self, believed: Callable[[str], Client], limited: str, limit: Limit, garbage: str
    ) -> None:
        # What stands behind it may be anybody's: all of them are counted as the proxy, which others have spent from.
        spent(lambda: believed(f"{far_address()}, {garbage}").get(limited), limit, already=limit.quota)

    def test_of_one_network_of_six_share_a_budget(
        self, believed: Callable[[str], Client], limited: str, limit: Limit
    ) -> None:
        network = far_network()

        def ask() -> Answer:
            return believed(f"{network}:{':'.join(secrets.token_hex(2) for _ in range(4))}").get(limited)

        spent(ask, limit, already=0)

        other = f"{far_network()}::1"
        assert is_fresh(lambda: believed(other).get(limited).expect(200, 401), limit)


class TestOperations:
    @pytest.mark.parametrize("path", PATHS)
    def test_are_for_everybody_as_often_as_they_like(self, stranger: Client, limit: Limit, path: str) -> None:
        for _ in range(limit.quota + SLACK):
            answer = stranger.get(path).expect(200)
            assert answer.header("RateLimit") is None, answer
            assert answer.header("RateLimit-Policy") is None, answer

    def test_spend_nothing(self, stranger: Client, limited: str, limit: Limit) -> None:
        for path in PATHS:
            for _ in range(limit.quota // 2):
                stranger.get(path).expect(200)

        assert is_fresh(lambda: stranger.get(limited).expect(200, 401), limit)

    @pytest.mark.parametrize("path", PATHS)
    def test_answer_those_who_have_spent_everything(
        self, stranger: Client, limited: str, limit: Limit, path: str
    ) -> None:
        spent(lambda: stranger.get(limited).expect(200, 401, 429), limit, already=0)

        stranger.get(path).expect(200)


@PASSWORDS_ONLY
class TestLogin:
    @pytest.fixture
    def member(self, a_member: Callable[[], Person]) -> Person:
        """Somebody with a password, who has come in from elsewhere."""
        with coming_from(local_address()):
            return a_member()

    def guess(self, client: Client, email: str) -> Ask:
        """Return what tries a wrong password."""
        return lambda: log_in(client, email, new_password()).expect(401, 429)

    def test_takes_a_few_wrong_passwords(self, stranger: Client, member: Person, limit: Limit) -> None:
        refusal = closed(self.guess(stranger, member.email), limit)

        _, quota, seconds = policy(refusal)
        assert (quota, seconds) == (ENTRANCE.quota, ENTRANCE.seconds)
        assert left(refusal) == 0
        assert 1 <= int(refusal.header("Retry-After") or "") <= ENTRANCE.seconds / ENTRANCE.quota + 1
        assert 429 in [log_in(stranger, member.email, member.password).status for _ in range(3)]

    def test_says_nothing_of_who_has_an_account(self, stranger: Client, member: Person, limit: Limit) -> None:
        refusals = [closed(self.guess(stranger, email), limit) for email in (member.email, new_email())]

        told = [{name for name, _ in refusal.headers} for refusal in refusals]
        messages = [{**refusal.json["error"], "request_id": ""} for refusal in refusals]
        assert told[0] == told[1]
        assert messages[0] == messages[1]
        assert policy(refusals[0]) == policy(refusals[1])

    def test_counts_an_address_however_it_is_written(self, stranger: Client, member: Person, limit: Limit) -> None:
        forms = cycle([member.email, member.email.upper(), member.email.title()])

        closed(lambda: log_in(stranger, next(forms), new_password()).expect(401, 429), limit)

    def test_leaves_others_alone(
        self,
        stranger: Client,
        member: Person,
        elsewhere: Callable[[], Client],
        a_member: Callable[[], Person],
        limit: Limit,
    ) -> None:
        neighbour = a_member()
        closed(self.guess(stranger, member.email), limit)

        log_in(stranger, neighbour.email, neighbour.password).expect(200)
        log_in(elsewhere(), member.email, member.password).expect(200)
        member.get(ME).expect(200)

    def test_costs_nothing_with_the_right_password(self, stranger: Client, member: Person) -> None:
        for _ in range(2 * ENTRANCE.quota):
            log_in(stranger, member.email, member.password).expect(200)
        for _ in range(ENTRANCE.quota - 1):
            log_in(stranger, member.email, new_password()).expect(401)

        log_in(stranger, member.email, member.password).expect(200)

    def test_holds_for_many_at_once(self, stranger: Client, member: Person, limit: Limit) -> None:
        answers = at_once([self.guess(stranger, member.email)] * 12)

        tried = sum(answer.status == 401 for answer in answers)
        assert ENTRANCE.quota <= tried <= ENTRANCE.quota * (1 + limit.is_shared) + 1

    def test_is_tried_from_one_address_no_more_often_than_anything_else(self, stranger: Client, limit: Limit) -> None:
        spare = limit.quota if limit.is_shared else 0

        spent(lambda: log_in(stranger, new_email(), new_password()).expect(401, 429), limit, limit.quota, spare)


@PASSWORDS_ONLY
class TestEntrance:
    def test_makes_a_few_accounts(self, stranger: Client, elsewhere: Callable[[], Client], limit: Limit) -> None:
        closed(lambda: register(stranger).expect(201, 429), limit)

        register(elsewhere()).expect(201)

    @pytest.mark.parametrize(
        ("route", "body"),
        [
            ("password/forgotten", {"email": "nobody@example.org"}),
            ("email/confirmation", {"email": "nobody@example.org"}),
            ("password/reset", {"token": "A" * 43, "new_password": "conformance of the entrance"}),
            ("email/confirm", {"token": "A" * 43}),
            ("refresh", {"refresh_token": "A" * 43}),
        ],
    )
    def test_is_narrow_everywhere(
        self,
        method: Method,
        stranger: Client,
        elsewhere: Callable[[], Client],
        route: str,
        body: dict[str, str],
        limit: Limit,
    ) -> None:
        path = f"{AUTH}/{route}"
        if path not in method.operations:
            return
        before = stranger.post(path, body).expect(204, 400, 401).status

        closed(lambda: stranger.post(path, body).expect(before, 429), limit, already=1)

        elsewhere().post(path, body).expect(before)


class TestProcesses:
    """Several processes count in one place."""

    def test_count_together(self, second: str, stranger: Client, limited: str, limit: Limit) -> None:
        clients = [stranger, Client(second)]
        turns = cycle(clients)

        spent(lambda: next(turns).get(limited).expect(200, 401, 429), limit, already=0)

        for client in clients:
            still_spent(lambda client=client: client.get(limited), limit)

    def test_of_all_modules_do(
        self, second: str, stranger: Client, limited: str, paths: list[str], limit: Limit
    ) -> None:
        turns = cycle([limited, *paths])

        spent(lambda: stranger.get(next(turns)).expect(200, 401, 429), limit, already=0)

    def test_hold_for_many_at_once(self, second: str, stranger: Client, limited: str, limit: Limit) -> None:
        another = Client(second)

        hold([lambda: stranger.get(limited), lambda: another.get(limited)], limit, already=0)

    @PASSWORDS_ONLY
    def test_count_logins_together(self, second: str, stranger: Client, limit: Limit) -> None:
        turns, email = cycle([stranger, Client(second)]), new_email()

        closed(lambda: log_in(next(turns), email, new_password()).expect(401, 429), limit)
