"""Entity tags: what is known is not sent again, and nothing is overwritten unawares."""

from __future__ import annotations

import pytest

from conformance.client import Client, at_once
from conformance.contract import Domain, Resource
from conformance.people import ME, Person
from conformance.rows import Rows

KNOWN = ['"1"', '"7", "1"', 'W/"1"', "*"]
UNKNOWN = ['"2"', '"11"', '""', 'W/"2", "3"', '"01"']
MATCHING = ['"1"', '"7", "1"', "*", '"surprise", "1"']
NOT_MATCHING = ['"2"', '"01"', '"+1"', '""', 'W/"1"', '"surprise"', f'"{"1" * 100}"']
RACERS = 8


@pytest.fixture
def path(resource: Resource, ada: Person, rows: Rows) -> str:
    """A row of version 1."""
    return f"{resource.path}/{rows.create(resource, ada)['id']}"


@pytest.mark.parametrize("tags", KNOWN)
def test_a_known_version_is_not_sent_again(resource: Resource, writer: Client, path: str, tags: str) -> None:
    answer = writer.get(path, headers={"If-None-Match": tags}).expect(304)

    assert answer.etag == '"1"'
    assert answer.body == b""


@pytest.mark.parametrize("tags", UNKNOWN)
def test_another_version_is(resource: Resource, writer: Client, path: str, tags: str) -> None:
    writer.get(path, headers={"If-None-Match": tags}).expect(200)


def test_several_headers_are_one_list(resource: Resource, writer: Client, path: str) -> None:
    # There are gateways that refuse a second header of that name; to look at one of the two only would be wrong.
    writer.get(path, headers=[("If-None-Match", '"7"'), ("If-None-Match", '"1"')]).expect(304, 400)
    writer.patch(path, {}, headers=[("If-Match", '"7"'), ("If-Match", '"1"')]).expect(200, 400)


def test_a_change_makes_another_version(resource: Resource, writer: Client, path: str, ada: Person, rows: Rows) -> None:
    first = writer.get(path)
    second = writer.put(path, rows.minimal(resource, ada), headers={"If-Match": first.etag}).expect(200)

    assert second.etag != first.etag
    writer.get(path, headers={"If-None-Match": first.etag}).expect(200)
    writer.get(path, headers={"If-None-Match": second.etag}).expect(304)
    writer.patch(path, {}, headers={"If-Match": first.etag}).expect(412)


@pytest.mark.parametrize("tags", MATCHING)
def test_the_expected_version_is_changed(
    resource: Resource, writer: Client, path: str, ada: Person, rows: Rows, tags: str
) -> None:
    given = {"If-Match": tags}

    assert writer.patch(path, {}, headers=given).expect(200).etag == '"2"'
    again = f"{resource.path}/{rows.create(resource, ada)['id']}"
    assert writer.put(again, rows.minimal(resource, ada), headers=given).expect(200).etag == '"2"'
    third = f"{resource.path}/{rows.create(resource, ada)['id']}"
    writer.delete(third, headers=given).expect(204)


@pytest.mark.parametrize("tags", NOT_MATCHING)
def test_any_other_is_left_alone(
    resource: Resource, writer: Client, path: str, ada: Person, rows: Rows, tags: str
) -> None:
    before, given = writer.get(path).data, {"If-Match": tags}

    writer.patch(path, {}, headers=given).expect(412)
    writer.put(path, rows.minimal(resource, ada), headers=given).expect(412)
    writer.delete(path, headers=given).expect(412)

    assert writer.get(path).data == before


def test_of_many_with_the_same_version_one_wins(
    resource: Resource, writer: Client, path: str, ada: Person, rows: Rows
) -> None:
    changes = [{field.wire: rows.value(field, ada) for field in resource.fields[:1]} for _ in range(RACERS)]

    answers = at_once([lambda body=body: writer.patch(path, body, headers={"If-Match": '"1"'}) for body in changes])

    assert sorted(answer.status for answer in answers) == [200] + [412] * (RACERS - 1)
    [winner] = [answer for answer in answers if answer.status == 200]
    assert writer.get(path).data == winner.data
    assert winner.etag == '"2"'


def test_of_a_change_and_a_removal_one_wins(resource: Resource, writer: Client, path: str) -> None:
    given = {"If-Match": '"1"'}

    change, removal = at_once(
        [lambda: writer.patch(path, {}, headers=given), lambda: writer.delete(path, headers=given)]
    )

    assert (change.status, removal.status) in {(200, 412), (404, 204), (412, 204)}
    assert writer.get(path).status == (200 if removal.status == 412 else 404)


def test_no_update_is_lost_silently(resource: Resource, writer: Client, path: str) -> None:
    statuses = [answer.status for answer in at_once([lambda: writer.patch(path, {})] * RACERS)]

    assert set(statuses) <= {200, 409}
    assert writer.get(path).data["version"] == 1 + statuses.count(200)


def test_lists_and_embedded_objects_have_no_tag(
    resource: Resource, writer: Client, path: str, ada: Person, rows: Rows
) -> None:
    assert writer.get(resource.path).header("ETag") is None
    assert writer.get(resource.path, headers={"If-None-Match": "*"}).status == 200
    for field in resource.references[:1]:
        assert writer.get(path, {"include": field.name}).header("ETag") is None


def test_what_is_no_tag_is_refused_where_it_is_compared_with_none(
    resource: Resource, writer: Client, path: str
) -> None:
    for query in [{}, *({"include": field.name} for field in resource.references[:1])]:
        assert writer.get(path, query, headers={"If-None-Match": "3"}).expect(400).fields == {"If-None-Match"}


@pytest.mark.needs("accounts")
class TestAccounts:
    def test_have_tags_as_well(self, admin: Person, domain: Domain, ada: Person) -> None:
        path = f"{domain.account.path}/{ada.id}"
        first = admin.get(path)

        assert ada.get(ME).etag == first.etag
        ada.get(ME, headers={"If-None-Match": first.etag}).expect(304)
        admin.get(path, headers={"If-None-Match": first.etag}).expect(304)
        ada.patch(ME, {}, headers={"If-Match": '"1000"'}).expect(412)
        admin.patch(path, {}, headers={"If-Match": '"1000"'}).expect(412)
        admin.delete(path, headers={"If-Match": '"1000"'}).expect(412)
        ada.patch(ME, {}, headers={"If-Match": first.etag}).expect(200)
        admin.patch(path, {}, headers={"If-Match": first.etag}).expect(412)

    def test_of_many_at_once_one_wins(self, ada: Person) -> None:
        tag = {"If-Match": ada.get(ME).etag}

        answers = at_once([lambda: ada.patch(ME, {}, headers=tag)] * RACERS)

        assert sorted(answer.status for answer in answers) == [200] + [412] * (RACERS - 1)
