"""Lists: paging, sorting, filters, links and totals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest

from conformance.client import Answer, Client
from conformance.contract import OPERATORS, Domain, Resource
from conformance.lists import SIZE, Gallery, gallery
from conformance.people import Person
from conformance.rows import Row, Rows
from conformance.values import WRONG_PARAMETERS, comparable, fresh_uuid

SortedBy = tuple[Resource, str]
Galleries = Callable[[Resource], Gallery]

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "gte": lambda one, other: one >= other,
    "gt": lambda one, other: one > other,
    "lte": lambda one, other: one <= other,
    "lt": lambda one, other: one < other,
}


@pytest.fixture(scope="session")
def galleries(rows: Rows, ada: Person) -> Galleries:
    """Return the gallery of a resource, made once."""
    made: dict[Resource, Gallery] = {}

    def of(resource: Resource) -> Gallery:
        if resource not in made:
            made[resource] = gallery(resource, rows, ada)
        return made[resource]

    return of


@pytest.fixture
def shown(resource: Resource, galleries: Galleries) -> Gallery:
    """Rows of the resource that the test is about."""
    return galleries(resource)


class TestPaging:
    def test_begins_with_twenty_of_the_oldest(self, shown: Gallery) -> None:
        page = shown.reader.get(shown.resource.path, shown.only)

        assert page.json["meta"] == {"page": 1, "limit": 20, "total": SIZE}
        assert page.data == sorted(shown.rows, key=lambda row: (row["created_at"], row["id"]))
        assert page.json["links"]["next"] is None
        assert page.json["links"]["prev"] is None

    @pytest.mark.parametrize("limit", [1, 5, SIZE, 100])
    def test_pages_follow_each_other(self, shown: Gallery, limit: int) -> None:
        order = {**shown.only, "sort": "version", "order": "desc", "limit": limit}
        expected = shown.sorted("version", descending=True)
        found: list[str] = []
        page = shown.reader.get(shown.resource.path, order)
        while True:
            found += page.ids
            assert page.total == SIZE
            links = page.json["links"]
            assert shown.reader.send("GET", links["self"]).json == page.json
            if links["next"] is None:
                break
            following = shown.reader.send("GET", links["next"])
            assert shown.reader.send("GET", following.json["links"]["prev"]).data == page.data
            page = following
        assert found == expected

    def test_links_keep_what_was_asked(self, shown: Gallery) -> None:
        asked = {**shown.only, "sort": "id", "order": "desc", "limit": 3}

        links = shown.reader.get(shown.resource.path, {**asked, "page": 2}).json["links"]

        for name, page in (("self", 2), ("next", 3), ("prev", 1)):
            path, _, query = links[name].partition("?")
            assert path == shown.resource.path
            assert dict(parse_qsl(query)) == {**{key: str(value) for key, value in asked.items()}, "page": str(page)}

    def test_beyond_the_last_there_is_nothing(self, shown: Gallery) -> None:
        for page in (3, 1_000_000):
            answer = shown.reader.get(shown.resource.path, {**shown.only, "limit": 10, "page": page})

            assert answer.ids == []
            assert answer.json["meta"] == {"page": page, "limit": 10, "total": SIZE}

    @pytest.mark.parametrize("page", ["0", "-1", "1000001", "1.5", "", "one", "1e3", "+1", " 1", "9" * 30])
    def test_a_page_out_of_range_is_refused(self, some_list: tuple[Client, str], page: str) -> None:
        client, path = some_list

        assert client.get(path, {"page": page}).expect(400).fields == {"page"}

    @pytest.mark.parametrize("limit", ["0", "-1", "101", "1.5", "", "all", "9" * 30])
    def test_a_limit_out_of_range_is_refused(self, some_list: tuple[Client, str], limit: str) -> None:
        client, path = some_list

        assert client.get(path, {"limit": limit}).expect(400).fields == {"limit"}

    def test_the_largest_limit_is_a_hundred(self, some_list: tuple[Client, str]) -> None:
        client, path = some_list

        assert client.get(path, {"limit": 100}).json["meta"]["limit"] == 100


class TestCursor:
    def test_begins_with_the_first_rows(self, shown: Gallery) -> None:
        page = shown.reader.get(shown.resource.path, {**shown.only, "limit": 5, "cursor": ""})

        assert page.json["meta"] == {"limit": 5}
        assert page.ids == shown.sorted("created_at", descending=False)[:5]
        assert shown.reader.send("GET", page.json["links"]["self"]).json == page.json
        path, _, query = page.json["links"]["next"].partition("?")
        assert path == shown.resource.path
        asked = dict(parse_qsl(query))
        assert asked.pop("cursor")
        assert asked == {**shown.only, "limit": "5"}

    @pytest.mark.parametrize("order", ["asc", "desc"])
    def test_leads_through_every_order(self, sorted_by: SortedBy, galleries: Galleries, order: str) -> None:
        resource, wire = sorted_by
        shown = galleries(resource)
        for limit in (1, 5, SIZE):
            asked = {**shown.only, "sort": wire, "order": order, "limit": limit}

            pages = list(_read_on(shown.reader, resource.path, asked))

            found = [id_ for page in pages for id_ in page.ids]
            assert found == shown.sorted(wire, descending=order == "desc"), f"{wire} by {limit}"
            assert [len(page.ids) for page in pages[:-1]] == [limit] * (len(pages) - 1)
            assert pages[-1].ids

    def test_holds_to_conditions_and_includes(self, shown: Gallery) -> None:
        names = [field.name for field in shown.resource.references]
        asked = {**shown.only, "filter[version][gt]": 1, "limit": 1} | ({"include": ",".join(names)} if names else {})

        rows = [row for page in _read_on(shown.reader, shown.resource.path, asked) for row in page.data]

        assert [row["id"] for row in rows] == [row["id"] for row in shown.rows if row["version"] > 1]
        assert all(name in row for row in rows for name in names)

    @pytest.mark.parametrize("order", ["asc", "desc"])
    def test_misses_and_repeats_nothing_while_rows_come_and_go(
        self, resource: Resource, rows: Rows, ada: Person, order: str
    ) -> None:
        writer = rows.writer(resource, ada)
        made = [rows.create(resource, ada) for _ in range(6)]
        since = {"filter[created_at][gte]": made[0]["created_at"]}
        asked = {**since, "order": order, "limit": 2, "cursor": ""}
        page = writer.get(resource.path, asked)
        found = page.ids

        # Rows come as fast as they are read, so there is always another page; all that were there come soon.
        for _ in range(len(made)):
            if mine := [row for row in made if row["id"] in page.ids]:
                writer.delete(f"{resource.path}/{mine[0]['id']}").expect(204, 409)
            for _ in range(2):
                rows.create(resource, ada)
            if not (link := page.json["links"]["next"]):
                break
            page = writer.send("GET", link)
            found += page.ids

        assert len(found) == len({*found}), "rows came twice"
        expected = [row["id"] for row in sorted(made, key=_age, reverse=order == "desc")]
        assert [id_ for id_ in found if id_ in expected] == expected

    def test_belongs_to_one_list(self, shown: Gallery, domain: Domain, admin: Person) -> None:
        asked = {**shown.only, "sort": "version", "limit": 1}
        link = shown.reader.get(shown.resource.path, {**asked, "cursor": ""}).json["links"]["next"]
        cursor = dict(parse_qsl(link.partition("?")[2]))["cursor"]
        mine = {**asked, "cursor": cursor}

        assert shown.reader.get(shown.resource.path, {**mine, "limit": 9}).ids
        for change in ({"sort": "id"}, {"order": "desc"}, {"filter[version]": 1}, {"filter[id][in]": fresh_uuid()}):
            assert shown.reader.get(shown.resource.path, {**mine, **change}).expect(400).fields == {"cursor"}
        others = [other.path for other in domain.resources if other is not shown.resource and not other.owned]
        for path in others:
            assert admin.get(path, mine).expect(400).fields == {"cursor"}

    @pytest.mark.needs("accounts")
    def test_of_another_list_leads_through_no_accounts(self, shown: Gallery, domain: Domain, admin: Person) -> None:
        asked = {"sort": "version", "limit": 1, "cursor": ""}
        link = shown.reader.get(shown.resource.path, {**shown.only, **asked}).json["links"]["next"]
        cursor = dict(parse_qsl(link.partition("?")[2]))["cursor"]

        assert admin.get(domain.account.path, {**asked, "cursor": cursor}).expect(400).fields == {"cursor"}

    def test_any_other_is_refused(self, some_list: tuple[Client, str]) -> None:
        client, path = some_list

        for cursor in ("1", "null", "A" * 60, "===", "\u00e9", "\0", "[]", "MQ", "-1", "W1tbW1tbW1tbW1tb" * 200):
            assert client.get(path, {"cursor": cursor}).expect(400).fields == {"cursor"}

    def test_a_changed_one_is_refused(self, shown: Gallery) -> None:
        asked = {**shown.only, "limit": 1}
        link = shown.reader.get(shown.resource.path, {**asked, "cursor": ""}).json["links"]["next"]
        cursor = dict(parse_qsl(link.partition("?")[2]))["cursor"]

        for place in range(0, len(cursor), 7):
            other = "A" if cursor[place] != "A" else "B"
            for wrong in (cursor[:place] + other + cursor[place + 1 :], cursor[:place] or "A", cursor + other):
                answer = shown.reader.get(shown.resource.path, {**asked, "cursor": wrong})
                assert answer.expect(400).fields == {"cursor"}

    def test_goes_without_a_page(self, some_list: tuple[Client, str]) -> None:
        client, path = some_list

        assert client.get(path, {"page": 1, "cursor": ""}).expect(400).fields == {"cursor"}
        assert client.get(path, [("cursor", ""), ("cursor", "")]).expect(400).fields == {"cursor"}
        wrong = {"cursor": "x", "limit": "x", "sort": "surprise", "order": "up", "filter[version]": "x", "surprise": 1}
        assert client.get(path, wrong).expect(400).fields == {*wrong}

    @pytest.mark.needs("accounts")
    def test_leads_through_accounts(self, domain: Domain, admin: Person, ada: Person) -> None:
        asked = {"filter[id][in]": f"{admin.id},{ada.id}", "sort": "name", "order": "desc", "limit": 1}
        whole = admin.get(domain.account.path, {**asked, "limit": 2}).ids

        assert [page.ids for page in _read_on(admin, domain.account.path, asked)] == [[id_] for id_ in whole]


class TestParameters:
    @pytest.mark.parametrize("name", ["surprise", "Page", "filter", "filter[surprise]", "filter[id][like]", "q", "_"])
    def test_unknown_ones_are_refused(self, some_list: tuple[Client, str], name: str) -> None:
        client, path = some_list

        assert client.get(path, {name: "1"}).expect(400).fields == {name}

    @pytest.mark.parametrize("name", ["page", "limit", "sort", "order", "filter[version]"])
    def test_repeated_ones_are_refused(self, some_list: tuple[Client, str], name: str) -> None:
        client, path = some_list
        value = {"sort": "id", "order": "asc"}.get(name, "1")

        assert client.get(path, [(name, value), (name, value)]).expect(400).fields == {name}

    def test_all_faults_are_named_at_once(self, some_list: tuple[Client, str]) -> None:
        client, path = some_list
        wrong = {"page": "0", "limit": "x", "sort": "surprise", "order": "up", "filter[version]": "x", "surprise": "1"}

        assert client.get(path, wrong).expect(400).fields == set(wrong)

    def test_values_are_never_repeated(self, some_list: tuple[Client, str]) -> None:
        client, path = some_list
        secret = "do-not-repeat-this"

        for name in ("page", "limit", "sort", "order", "filter[version]", "filter[created_at]"):
            assert secret not in client.get(path, {name: secret}).expect(400).text


class TestSorting:
    @pytest.mark.parametrize("order", ["asc", "desc"])
    def test_by_every_field(self, sorted_by: SortedBy, galleries: Galleries, order: str) -> None:
        resource, wire = sorted_by
        shown = galleries(resource)

        answer = shown.reader.get(resource.path, {**shown.only, "sort": wire, "order": order})

        found = {row["id"]: row[wire] for row in answer.data}
        assert answer.ids == shown.sorted(wire, descending=order == "desc"), list(found.values())

    def test_is_ascending_unless_said_otherwise(self, shown: Gallery) -> None:
        answer = shown.reader.get(shown.resource.path, {**shown.only, "sort": "id"})

        assert answer.ids == sorted(row["id"] for row in shown.rows)

    def test_pages_of_ties_never_overlap(self, sorted_by: SortedBy, galleries: Galleries) -> None:
        resource, wire = sorted_by
        shown = galleries(resource)
        asked = {**shown.only, "sort": wire, "limit": 5}

        pages = [shown.reader.get(resource.path, {**asked, "page": page}).ids for page in (1, 2, 3)]

        assert [id_ for page in pages for id_ in page] == shown.sorted(wire, descending=False)

    def test_by_anything_else_is_refused(self, resource: Resource, writer: Client) -> None:
        unlisted = [field.wire for field in resource.fields if not field.listed]
        references = [field.name for field in resource.references]

        for name in ("surprise", "", "id,version", "-id", *unlisted, *references):
            assert writer.get(resource.path, {"sort": name}).expect(400).fields == {"sort"}
        for order in ("up", "", "ASC"):
            assert writer.get(resource.path, {"order": order}).expect(400).fields == {"order"}


class TestFilters:
    def test_equality(self, sorted_by: SortedBy, galleries: Galleries) -> None:
        resource, wire = sorted_by
        shown = galleries(resource)
        for value in shown.values(wire):
            expected = shown.matching(wire, lambda one, value=value: one == value)

            self._agree(shown, f"filter[{wire}]", _text(value), expected)

    def test_comparisons(self, sorted_by: SortedBy, galleries: Galleries) -> None:
        resource, wire = sorted_by
        kind, shown = resource.listed[wire], galleries(resource)
        for operator, holds in COMPARISONS.items():
            if operator not in OPERATORS[kind]:
                continue
            for value in shown.values(wire):
                bound = comparable(kind, value)
                expected = shown.matching(
                    wire, lambda one, holds=holds, bound=bound: holds(comparable(kind, one), bound)
                )

                self._agree(shown, f"filter[{wire}][{operator}]", _text(value), expected)

    def test_one_of_several(self, sorted_by: SortedBy, galleries: Galleries) -> None:
        resource, wire = sorted_by
        shown = galleries(resource)
        if "in" not in OPERATORS[resource.listed[wire]]:
            return
        values = [value for value in shown.values(wire) if "," not in _text(value)][:3]
        if not values:
            return
        expected = shown.matching(wire, lambda one: one in values)
        name = f"filter[{wire}][in]"

        if wire != "id":  # which the gallery narrows by already
            self._agree(shown, name, ",".join(map(_text, values)), expected)
            self._agree(shown, name, ",".join([_text(values[0])] * 50), shown.matching(wire, values[:1].__contains__))
        too_many = ",".join([_text(values[0])] * 51)
        assert shown.reader.get(resource.path, {name: too_many}).expect(400).fields == {name}

    def test_parts_of_texts(self, sorted_by: SortedBy, galleries: Galleries) -> None:
        resource, wire = sorted_by
        shown = galleries(resource)
        if "contains" not in OPERATORS[resource.listed[wire]]:
            return
        texts = shown.values(wire)
        parts = {part for text in texts for part in (text, text[:1], text[-2:], text[1:3]) if part}
        for part in (*sorted(parts)[:20], "%", "_", "\\", "a", "A", "\u0301", "\U0001f3fa", "no such part", "'"):
            self._agree(
                shown,
                f"filter[{wire}][contains]",
                part,
                shown.matching(wire, lambda one, part=part: part in one),
            )

    def test_values_of_another_type_are_refused(self, sorted_by: SortedBy, galleries: Galleries) -> None:
        resource, wire = sorted_by
        kind, reader = resource.listed[wire], galleries(resource).reader
        for operator in ("", *(f"[{name}]" for name in OPERATORS[kind] if name != "contains")):
            name = f"filter[{wire}]{operator}"
            for value in WRONG_PARAMETERS[kind]:
                is_list = operator == "[in]" and "," in value
                is_member = kind == "enum" and value in resource.field(wire).rules.members
                if not (is_list or is_member):
                    assert reader.get(resource.path, {name: value}).expect(400).fields == {name}

    def test_other_operators_are_refused(self, sorted_by: SortedBy, galleries: Galleries) -> None:
        resource, wire = sorted_by
        shown = galleries(resource)
        value = next((_text(value) for value in shown.values(wire)), "x")
        known = OPERATORS[resource.listed[wire]]
        wrong = {"ne", "like", "eq", "null", "", *({"contains"} - {*known})}
        if resource.listed[wire] in ("boolean", "uuid", "ref"):
            wrong |= {"gt", "gte", "lt", "lte"} - {*known}

        for operator in sorted(wrong):
            name = f"filter[{wire}][{operator}]"
            assert shown.reader.get(resource.path, {name: value}).expect(400).fields == {name}

    def test_several_all_hold(self, shown: Gallery) -> None:
        resource = shown.resource
        for wire in resource.listed:
            values = shown.values(wire)
            if values and wire != "id":
                both = {f"filter[{wire}]": _text(values[0]), "filter[version][gt]": "1"}
                versions = {row["id"]: row["version"] for row in shown.rows}
                expected = [id_ for id_ in shown.matching(wire, lambda one, v=values[0]: one == v) if versions[id_] > 1]

                answer = shown.reader.get(resource.path, {**shown.only, **both})

                assert sorted(answer.ids) == sorted(expected)

    def test_of_what_cannot_be_filtered_are_refused(self, resource: Resource, writer: Client) -> None:
        names = [field.wire for field in resource.fields if not field.listed]
        names += [field.name for field in resource.references]

        for name in names:
            assert writer.get(resource.path, {f"filter[{name}]": "x"}).expect(400).fields == {f"filter[{name}]"}

    def test_by_the_owner(self, owned: Resource, ada: Person, rows: Rows) -> None:
        mine = rows.create(owned, ada)

        by = {"filter[owner_id]": ada.id, "filter[id]": mine["id"]}
        assert rows.admin.get(owned.path, by).ids == [mine["id"]]
        assert rows.admin.get(owned.path, {**by, "filter[owner_id]": fresh_uuid()}).total == 0

    @staticmethod
    def _agree(shown: Gallery, name: str, value: str, expected: list[str]) -> None:
        answer = shown.reader.get(
            shown.resource.path, [*shown.only.items(), (name, value)] if name not in shown.only else {name: value}
        )
        assert sorted(answer.ids) == sorted(expected), f"{name}={value}"
        assert answer.total == len(expected)


def _read_on(client: Client, path: str, asked: dict[str, Any]) -> Iterator[Answer]:
    """Yield the pages of a list, each from where the one before has led on to."""
    page = client.get(path, {**asked, "cursor": ""})
    yield page
    while link := page.json["links"]["next"]:
        page = client.send("GET", link)
        yield page


def _age(row: Row) -> tuple[str, str]:
    # Fractions of seconds that end in zeros are written shorter: only what stands before the Z compares as text.
    return row["created_at"].removesuffix("Z"), row["id"]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
