"""Rows to test with, made over HTTP like everything else."""

from __future__ import annotations

import threading
from typing import Any

from conformance.client import Client
from conformance.contract import Domain, Field, Resource
from conformance.people import Person
from conformance.values import Fresh, valid

Row = dict[str, Any]


class Rows:
    """Makes rows: those that belong to somebody as that person, all others as the administrator."""

    def __init__(self, domain: Domain, admin: Person) -> None:
        self.domain = domain
        self.admin = admin
        self._fresh = Fresh()
        self._shared: dict[tuple[Resource, int], str] = {}
        self._lock = threading.RLock()

    def writer(self, resource: Resource, person: Client) -> Client:
        """Return who writes rows for a person."""
        return person if resource.owned else self.admin

    def minimal(self, resource: Resource, person: Client, **given: Any) -> Row:
        """Return a body that holds what is required, and nothing else but what is given."""
        body = {field.wire: self.value(field, person) for field in resource.required if field.wire not in given}
        return {**body, **given}

    def full(self, resource: Resource, person: Client, **given: Any) -> Row:
        """Return a body that leaves no field out; references are there where they are required."""
        body = {}
        for field in resource.fields:
            if field.wire not in given:
                body[field.wire] = None if field.target and not field.required else self.value(field, person)
        return {**body, **given}

    def value(self, field: Field, person: Client) -> Any:
        """Return a valid value of a field."""
        with self._lock:
            if field.target:
                return self.referred(field, person)
            return self._fresh.value(field) if field.unique else valid(field, 1)[0]

    def create(self, resource: Resource, person: Client, **given: Any) -> Row:
        """Make a row with what is required, and what is given."""
        body = self.minimal(resource, person, **given)
        row: Row = self.writer(resource, person).post(resource.path, body).expect(201).data
        return row

    def referred(self, field: Field, person: Client) -> str:
        """Return the identifier of a row that the field can refer to; a unique field gets one of its own."""
        end = self.domain.end(field)
        return self.new_id(end, person) if field.unique else self.shared_id(end, person)

    def new_id(self, resource: Resource, person: Client) -> str:
        """Return the identifier of a new row."""
        if resource.is_account:
            return person.id if isinstance(person, Person) else self.admin.id
        return str(self.create(resource, person)["id"])

    def shared_id(self, resource: Resource, person: Client) -> str:
        """Return the identifier of a row that nobody changes."""
        key = (resource, id(self.writer(resource, person)))
        with self._lock:
            if key not in self._shared:
                self._shared[key] = self.new_id(resource, person)
            return self._shared[key]
