"""The honest endpoint: the limit, and what a real service cannot leave out.

A verified token, the caller's account read from the database at every request, and a page that knows its total.
"""

import os
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid4

import asyncpg
import jwt
from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request, Response
from limit import CREATE, LIST, READ, lifespan
from shapes import Meta, NewProduct, ProductAnswer, ProductPage, links_of

SECRET_KEY = os.environ["SECRET_KEY"]
CLAIMS = ["sub", "exp", "iat", "iss", "aud"]
ACCOUNT = "SELECT id, email, roles, is_active FROM accounts WHERE id = $1"
COUNT = "SELECT count(*) FROM products"

app = FastAPI(lifespan=lifespan)


async def current_account(request: Request, authorization: Annotated[str, Header()] = "") -> asyncpg.Record:
    """Return the account the bearer token names; 401 where the token or the account does not hold."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise HTTPException(401)
    try:
        claims = jwt.decode(
            token, SECRET_KEY, algorithms=["HS256"], issuer="bench", audience="bench", options={"require": CLAIMS}
        )
    except jwt.InvalidTokenError as error:
        raise HTTPException(401) from error
    account = await request.app.state.pool.fetchrow(ACCOUNT, UUID(claims["sub"]))
    if account is None or not account["is_active"]:
        raise HTTPException(401)
    return account


@app.get("/api/v1/products/{product_id}", response_model=ProductAnswer, dependencies=[Depends(current_account)])
async def read(product_id: UUID, request: Request) -> object:
    """Return one product, or 404."""
    row = await request.app.state.pool.fetchrow(READ, product_id)
    if row is None:
        raise HTTPException(404)
    return {"data": dict(row)}


@app.get("/api/v1/products", response_model=ProductPage, dependencies=[Depends(current_account)])
async def read_page(
    request: Request,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> object:
    """Return one page of products and how many there are."""
    async with request.app.state.pool.acquire() as connection:
        rows = await connection.fetch(LIST, limit, (page - 1) * limit)
        total = await connection.fetchval(COUNT)
    return {
        "data": [dict(row) for row in rows],
        "meta": Meta(page=page, limit=limit, total=total),
        "links": links_of(page, limit, page * limit < total),
    }


@app.post("/api/v1/products", response_model=ProductAnswer, status_code=201)
async def create(
    body: NewProduct,
    request: Request,
    response: Response,
    account: Annotated[asyncpg.Record, Depends(current_account)],
) -> object:
    """Create a product; 403 for all but administrators, 409 where the sku is taken, 400 where the category is not."""
    if "admin" not in account["roles"].split(","):
        raise HTTPException(403)
    values = (body.name, body.sku, body.description, body.price, body.stock, body.status, body.category_id)
    try:
        row = await request.app.state.pool.fetchrow(CREATE, uuid4(), *values, datetime.now(UTC))
    except asyncpg.UniqueViolationError as error:
        raise HTTPException(409) from error
    except asyncpg.ForeignKeyViolationError as error:
        raise HTTPException(400) from error
    response.headers["Location"] = f"/api/v1/products/{row['id']}"
    return {"data": dict(row)}
