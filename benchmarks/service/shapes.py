"""The bodies of the three hand-written services, as the contract of the emitted service has them."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Links", "Meta", "NewProduct", "Product", "ProductAnswer", "ProductPage", "links_of"]

PATH = "/api/v1/products"


class NewProduct(BaseModel):
    """What a client sends to create a product; an unknown field is refused."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=120)]
    sku: Annotated[str, Field(max_length=40)]
    description: str | None = None
    price: Annotated[Decimal, Field(ge=0, max_digits=10, decimal_places=2)]
    stock: Annotated[int, Field(ge=0, strict=True)] = 0
    status: Literal["draft", "active", "archived"] = "draft"
    category_id: UUID | None = None


class Product(BaseModel):
    """A product as a client sees it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    sku: str
    description: str | None
    price: Decimal
    stock: int
    status: str
    category_id: UUID | None
    version: int
    created_at: datetime
    updated_at: datetime


class ProductAnswer(BaseModel):
    """One product."""

    data: Product


class Meta(BaseModel):
    """Where a page stands; the limit does not count, so its total stays null."""

    page: int
    limit: int
    total: int | None


class Links(BaseModel):
    """The addresses of a page and its neighbours."""

    self: str
    next: str | None
    prev: str | None


class ProductPage(BaseModel):
    """A page of products."""

    data: list[Product]
    meta: Meta
    links: Links


def links_of(page: int, limit: int, more: bool) -> Links:
    """Return the links of a page, with a next one when there is more."""
    return Links(
        self=f"{PATH}?page={page}&limit={limit}",
        next=f"{PATH}?page={page + 1}&limit={limit}" if more else None,
        prev=f"{PATH}?page={page - 1}&limit={limit}" if page > 1 else None,
    )
