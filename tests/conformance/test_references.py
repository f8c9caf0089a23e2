"""References lead to what is there for the caller; within a module they hold on to it, across modules they do not."""

from __future__ import annotations

from conformance.client import Client
from conformance.contract import Reference, Resource
from conformance.people import Person
from conformance.rows import Row, Rows
from conformance.values import fresh_uuid


def referring(reference: Reference, rows: Rows, person: Person) -> tuple[Row, str, Client]:
    """Return a new row, the path of the new row that it refers to, and who may delete that."""
    end_id = rows.new_id(reference.end, person)
    row = rows.create(reference.rows, person, **{reference.field.wire: end_id})
    return row, f"{reference.end.path}/{end_id}", rows.writer(reference.end, person)


class TestToNothing:
    def test_is_refused(self, reference: Reference, writer: Client, ada: Person, rows: Rows) -> None:
        wire, path = reference.field.wire, reference.rows.path
        row = rows.create(reference.rows, ada)
        body = rows.minimal(reference.rows, ada, **{wire: fresh_uuid()})

        for answer in (
            writer.post(path, body),
            writer.put(f"{path}/{row['id']}", body),
            writer.patch(f"{path}/{row['id']}", {wire: fresh_uuid()}),
        ):
            assert answer.expect(400).fields == {wire}
        assert writer.get(f"{path}/{row['id']}").data == row

    def test_what_was_deleted_is_nothing(self, reference: Reference, writer: Client, ada: Person, rows: Rows) -> None:
        if reference.end.is_account:
            return
        wire, end_id = reference.field.wire, rows.new_id(reference.end, ada)
        rows.writer(reference.end, ada).delete(f"{reference.end.path}/{end_id}").expect(204)

        answer = writer.post(reference.rows.path, rows.minimal(reference.rows, ada, **{wire: end_id}))

        assert answer.expect(400).fields == {wire}

    def test_what_belongs_to_another_is_nothing(
        self, reference: Reference, ada: Person, eve: Person, rows: Rows
    ) -> None:
        if not (reference.rows.owned and reference.end.owned):
            return
        wire, path = reference.field.wire, reference.rows.path
        hers = rows.new_id(reference.end, eve)
        row = rows.create(reference.rows, ada)

        for answer in (
            ada.post(path, rows.minimal(reference.rows, ada, **{wire: hers})),
            ada.patch(f"{path}/{row['id']}", {wire: hers}),
        ):
            assert answer.expect(400).fields == {wire}


class TestThatARowHasAlready:
    """What a row refers to is looked up when that is written, and may be repeated ever after."""

    def test_may_be_there_no_more(self, reference: Reference, writer: Client, ada: Person, rows: Rows) -> None:
        if reference.within_module or reference.end.is_account:
            return
        row, end, deleter = referring(reference, rows, ada)
        wire, path = reference.field.wire, f"{reference.rows.path}/{row['id']}"
        deleter.delete(end).expect(204)
        body = rows.minimal(reference.rows, ada, **{wire: row[wire]})

        for answer in (writer.put(path, body), writer.patch(path, {wire: row[wire]})):
            assert answer.expect(200).data[wire] == row[wire]
        assert writer.put(path, {**body, wire: fresh_uuid()}).expect(400).fields == {wire}

    def test_may_belong_to_another(self, reference: Reference, ada: Person, eve: Person, rows: Rows) -> None:
        if not (reference.rows.owned and reference.end.owned):
            return
        row, hers, another = rows.create(reference.rows, ada), *(rows.new_id(reference.end, eve) for _ in range(2))
        wire, path = reference.field.wire, f"{reference.rows.path}/{row['id']}"
        rows.admin.patch(path, {wire: hers}).expect(200)
        body = rows.minimal(reference.rows, ada, **{wire: hers})

        for answer in (ada.put(path, body), ada.patch(path, {wire: hers})):
            assert answer.expect(200).data[wire] == hers
        assert ada.put(path, {**body, wire: another}).expect(400).fields == {wire}


class TestDeletingWhatIsReferredTo:
    def test_is_a_conflict_within_a_module(self, reference: Reference, writer: Client, ada: Person, rows: Rows) -> None:
        if not reference.within_module:
            return
        row, end, deleter = referring(reference, rows, ada)

        deleter.delete(end).expect(409)

        assert deleter.get(end).status == 200
        writer.delete(f"{reference.rows.path}/{row['id']}").expect(204)
        deleter.delete(end).expect(204)

    def test_succeeds_across_modules_and_leaves_the_identifier(
        self, reference: Reference, writer: Client, ada: Person, rows: Rows
    ) -> None:
        if reference.within_module or reference.end.is_account:
            return
        wire, path = reference.field.wire, reference.rows.path
        row, end, deleter = referring(reference, rows, ada)

        deleter.delete(end).expect(204)

        kept = writer.get(f"{path}/{row['id']}")
        assert kept.data[wire] == row[wire]
        included = writer.get(f"{path}/{row['id']}", {"include": reference.field.name}).data
        assert included == {**kept.data, reference.field.name: None}
        listed = writer.get(path, {"filter[id]": row["id"], "include": reference.field.name})
        assert listed.data == [included]

    def test_what_was_left_does_not_forbid_other_changes(
        self, reference: Reference, writer: Client, ada: Person, rows: Rows
    ) -> None:
        if reference.within_module or reference.end.is_account:
            return
        row, end, deleter = referring(reference, rows, ada)
        deleter.delete(end).expect(204)

        writer.patch(f"{reference.rows.path}/{row['id']}", {}).expect(200)
        writer.delete(f"{reference.rows.path}/{row['id']}").expect(204)


class TestToItself:
    def test_is_possible(self, resource: Resource, writer: Client, ada: Person, rows: Rows) -> None:
        for field in resource.references:
            if rows.domain.end(field) is resource and not field.required:
                row = rows.create(resource, ada)
                path = f"{resource.path}/{row['id']}"

                writer.patch(path, {field.wire: row["id"]}).expect(200)

                included = writer.get(path, {"include": field.name}).data[field.name]
                assert included["id"] == row["id"]
                writer.patch(path, {field.wire: None}).expect(200)
                writer.delete(path).expect(204)


class TestInclude:
    def test_embeds_the_object(self, reference: Reference, writer: Client, ada: Person, rows: Rows) -> None:
        field, path = reference.field, reference.rows.path
        row, end, _ = referring(reference, rows, ada)
        expected = {**row, field.name: rows.admin.get(end).data}

        # Somebody's account is shown to itself and to administrators only.
        reader = rows.admin if reference.end.is_account else writer
        single = reader.get(f"{path}/{row['id']}", {"include": field.name})
        listed = reader.get(path, {"filter[id]": row["id"], "include": field.name})

        assert single.data == expected
        assert single.header("ETag") is None
        assert listed.data == [expected]

    def test_of_nothing_is_null(self, reference: Reference, writer: Client, ada: Person, rows: Rows) -> None:
        field, path = reference.field, reference.rows.path
        if field.optional:
            row = rows.create(reference.rows, ada, **{field.wire: None})

            assert writer.get(f"{path}/{row['id']}", {"include": field.name}).data == {**row, field.name: None}

    def test_not_asked_for_embeds_nothing(self, reference: Reference, writer: Client, ada: Person, rows: Rows) -> None:
        row, _, _ = referring(reference, rows, ada)

        assert set(writer.get(f"{reference.rows.path}/{row['id']}").data) == set(reference.rows.shown)

    def test_never_shows_what_belongs_to_another(
        self, reference: Reference, ada: Person, eve: Person, rows: Rows
    ) -> None:
        if not (reference.rows.owned and reference.end.owned):
            return
        field, row = reference.field, rows.create(reference.rows, ada)
        path = f"{reference.rows.path}/{row['id']}"
        rows.admin.patch(path, {field.wire: rows.new_id(reference.end, eve)}).expect(200)

        assert ada.get(path, {"include": field.name}).data[field.name] is None
        assert rows.admin.get(path, {"include": field.name}).data[field.name]["owner_id"] == eve.id

    def test_embeds_several(self, resource: Resource, writer: Client, ada: Person, rows: Rows) -> None:
        names = [field.name for field in resource.references if not rows.domain.end(field).is_account]
        if len(names) < 2:
            return
        given = {field.wire: rows.referred(field, ada) for field in resource.references}
        row = rows.create(resource, ada, **given)

        embedded = writer.get(f"{resource.path}/{row['id']}", {"include": ",".join(names)}).data

        assert [embedded[name]["id"] for name in names] == [row[f"{name}_id"] for name in names]
        assert set(embedded) == {*resource.shown, *names}

    def test_refuses_what_is_no_reference(self, resource: Resource, writer: Client, ada: Person, rows: Rows) -> None:
        row = rows.create(resource, ada)
        names = [field.name for field in resource.references]
        wrong = ["surprise", "", f"{names[0]},{names[0]}" if names else "id", f"{names[0]},surprise" if names else "-"]

        for name in wrong:
            assert writer.get(resource.path, {"include": name}).expect(400).fields == {"include"}
            if names:
                assert writer.get(f"{resource.path}/{row['id']}", {"include": name}).expect(400).fields == {"include"}
