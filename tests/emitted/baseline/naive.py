"""The contract as a good tutorial would have it: FastAPI, Pydantic and SQLAlchemy as they come.

Shapes, statuses and headers are right, so that what is red here is red for what frameworks let through, and for nothing
else. It stands beside what is emitted to show what the layer against hostile input is worth; nobody should copy it.
"""

import logging
import os
import secrets
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import BigInteger, DateTime, Float, Integer, String, Text, Uuid, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from starlette.exceptions import HTTPException as StarletteHTTPException

CODES = {400: "VALIDATION_ERROR", 404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 409: "CONFLICT", 500: "INTERNAL_ERROR"}
PATH = "/api/v1/products"

log = logging.getLogger("uvicorn.error")

engine = create_async_engine(os.environ["DATABASE_URL"])
sessions = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


def new_id() -> uuid.UUID:
    moment = time.time_ns() // 1_000_000
    number = moment << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    return uuid.UUID(int=number)


class Product(Base):
    __tablename__ = "products"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    version: Mapped[int] = mapped_column(BigInteger, default=1)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    name: Mapped[str] = mapped_column(String(80))
    sku: Mapped[str] = mapped_column(String(40), unique=True)
    stock: Mapped[int] = mapped_column(Integer)
    weight: Mapped[float | None] = mapped_column(Float)
    note: Mapped[str | None] = mapped_column(Text)


class ProductIn(BaseModel):
    name: str = Field(max_length=80)
    sku: str = Field(max_length=40)
    stock: int = 0
    weight: float | None = None
    note: str | None = None


class ProductChange(BaseModel):
    name: str | None = Field(None, max_length=80)
    sku: str | None = Field(None, max_length=40)
    stock: int | None = None
    weight: float | None = None
    note: str | None = None


class ProductOut(ProductIn):
    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    version: int
    created_at: datetime
    updated_at: datetime


class One(BaseModel):
    data: ProductOut


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield


app = FastAPI(lifespan=lifespan)


async def get_session() -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session


Session = Annotated[AsyncSession, Depends(get_session)]


@app.middleware("http")
async def surround(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    request.state.id = request.headers.get("X-Request-ID") or f"req_{uuid.uuid4().hex}"
    try:
        response = await call_next(request)
    except Exception:
        log.exception("Unexpected error")
        response = refusal(request, 500, "Something went wrong.")
    response.headers["X-Request-ID"] = request.state.id
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-cache" if "ETag" in response.headers else "no-store"
    return response


def refusal(request: Request, status: int, message: str, details: list[dict[str, str]] | None = None) -> JSONResponse:
    error = {"code": CODES[status], "message": message, "details": details or [], "request_id": request.state.id}
    return JSONResponse({"error": error}, status)


@app.exception_handler(StarletteHTTPException)
async def http_error(request: Request, error: StarletteHTTPException) -> JSONResponse:
    response = refusal(request, error.status_code, str(error.detail))
    response.headers.update(error.headers or {})
    return response


@app.exception_handler(RequestValidationError)
async def validation_error(request: Request, error: RequestValidationError) -> JSONResponse:
    details = []
    for fault in error.errors():
        place = "body" if fault["type"] == "json_invalid" else ".".join(map(str, fault["loc"][1:])) or "body"
        details.append({"field": place, "message": fault["msg"]})
    return refusal(request, 400, "The request is not valid.", details)


def shown(product: Product, response: Response) -> dict[str, Any]:
    response.headers["ETag"] = f'"{product.version}"'
    return {"data": product}


async def found(product_id: uuid.UUID, session: AsyncSession) -> Product:
    product = await session.get(Product, product_id)
    if product is None:
        raise HTTPException(404, "There is no such product.")
    return product


@app.get("/health/live")
async def live() -> dict[str, str]:
    return {"status": "ok"}


@app.get(PATH)
async def list_products(
    request: Request, session: Session, page: int = 1, limit: int = 20, sort: str = "created_at", order: str = "asc"
) -> Any:
    column = getattr(Product, sort)
    query = select(Product).order_by(column.desc() if order == "desc" else column, Product.id)
    for name, text in request.query_params.items():
        if name.startswith("filter[") and name.endswith("]"):
            query = query.where(getattr(Product, name[7:-1]) == text)
    total = await session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = await session.scalars(query.offset((page - 1) * limit).limit(limit))

    def link(number: int) -> str:
        return f"{PATH}?page={number}&limit={limit}"

    return {
        "data": [ProductOut.model_validate(row) for row in rows],
        "meta": {"page": page, "limit": limit, "total": total},
        "links": {
            "self": link(page),
            "next": link(page + 1) if page * limit < total else None,
            "prev": link(page - 1) if page > 1 else None,
        },
    }


@app.post(PATH, status_code=201, response_model=One)
async def create_product(body: ProductIn, session: Session, response: Response) -> Any:
    now = datetime.now(UTC)
    product = Product(**body.model_dump(), created_at=now, updated_at=now)
    session.add(product)
    await session.commit()
    response.headers["Location"] = f"{PATH}/{product.id}"
    return shown(product, response)


@app.get(PATH + "/{product_id}", response_model=One)
async def read_product(product_id: uuid.UUID, session: Session, response: Response) -> Any:
    return shown(await found(product_id, session), response)


@app.put(PATH + "/{product_id}", response_model=One)
async def replace_product(product_id: uuid.UUID, body: ProductIn, session: Session, response: Response) -> Any:
    return shown(await changed(await found(product_id, session), body.model_dump(), session), response)


@app.patch(PATH + "/{product_id}", response_model=One)
async def change_product(product_id: uuid.UUID, body: ProductChange, session: Session, response: Response) -> Any:
    return shown(
        await changed(await found(product_id, session), body.model_dump(exclude_unset=True), session), response
    )


async def changed(product: Product, values: dict[str, Any], session: AsyncSession) -> Product:
    for name, value in values.items():
        setattr(product, name, value)
    product.version += 1
    product.updated_at = datetime.now(UTC)
    await session.commit()
    return product


@app.delete(PATH + "/{product_id}", status_code=204)
async def delete_product(product_id: uuid.UUID, session: Session) -> None:
    await session.delete(await found(product_id, session))
    await session.commit()
