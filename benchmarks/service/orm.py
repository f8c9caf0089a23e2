"""FastAPI and SQLAlchemy's async ORM, written as the tutorials write it; open to everybody.

Two kindnesses: the pool is as fixed in size as the others', and nothing is read again after the commit, which comes
before the answer, as it must.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import Depends, FastAPI, HTTPException, Query, Response
from shapes import Meta, NewProduct, ProductAnswer, ProductPage, links_of
from sqlalchemy import DateTime, ForeignKey, Numeric, String, Text, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(
    os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://"), pool_size=10, max_overflow=0
)
sessions = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    """The registry of the mapped classes."""


class Category(Base):
    """A row of categories."""

    __tablename__ = "categories"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)


class Product(Base):
    """A row of products."""

    __tablename__ = "products"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str] = mapped_column(String(120), index=True)
    sku: Mapped[str] = mapped_column(String(40), unique=True)
    description: Mapped[str | None] = mapped_column(Text)
    price: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    stock: Mapped[int]
    status: Mapped[str] = mapped_column(String(20))
    category_id: Mapped[UUID | None] = mapped_column(ForeignKey("categories.id"))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=lambda: datetime.now(UTC))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=lambda: datetime.now(UTC))


async def get_session() -> AsyncIterator[AsyncSession]:
    """Open a session for the time of the request."""
    async with sessions() as session:
        yield session


Session = Annotated[AsyncSession, Depends(get_session)]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Close the pool when the application ends."""
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.get("/api/v1/products/{product_id}", response_model=ProductAnswer)
async def read(product_id: UUID, session: Session) -> object:
    """Return one product, or 404."""
    product = await session.get(Product, product_id)
    if product is None:
        raise HTTPException(404)
    return {"data": product}


@app.get("/api/v1/products", response_model=ProductPage)
async def read_page(
    session: Session,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> object:
    """Return one page of products and how many there are."""
    statement = select(Product).order_by(Product.created_at, Product.id).limit(limit).offset((page - 1) * limit)
    products = (await session.scalars(statement)).all()
    total = await session.scalar(select(func.count()).select_from(Product)) or 0
    return {
        "data": products,
        "meta": Meta(page=page, limit=limit, total=total),
        "links": links_of(page, limit, page * limit < total),
    }


@app.post("/api/v1/products", response_model=ProductAnswer, status_code=201)
async def create(body: NewProduct, session: Session, response: Response) -> object:
    """Create a product; 409 where the sku is taken or the category does not exist."""
    product = Product(**body.model_dump())
    session.add(product)
    try:
        await session.commit()
    except IntegrityError as error:
        raise HTTPException(409) from error
    response.headers["Location"] = f"/api/v1/products/{product.id}"
    return {"data": product}
