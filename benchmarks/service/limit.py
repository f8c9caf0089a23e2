"""The limit: FastAPI and raw SQL through asyncpg, open to everybody, without a line that could be left out.

No emitted service can reach it; the other candidates are measured as fractions of it.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid4

import asyncpg
from fastapi import FastAPI, HTTPException, Query, Request, Response
from shapes import Meta, NewProduct, ProductAnswer, ProductPage, links_of

READ = "SELECT * FROM products WHERE id = $1"
LIST = "SELECT * FROM products ORDER BY created_at, id LIMIT $1 OFFSET $2"
CREATE = """
    INSERT INTO products
        (id, name, sku, description, price, stock, status, category_id, version, created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $9) RETURNING *
"""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Hold the pool open while the application runs."""
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=10, max_size=10) as app.state.pool:
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/api/v1/products/{product_id}", response_model=ProductAnswer)
async def read(product_id: UUID, request: Request) -> object:
    """Return one product, or 404."""
    row = await request.app.state.pool.fetchrow(READ, product_id)
    if row is None:
        raise HTTPException(404)
    return {"data": dict(row)}


@app.get("/api/v1/products", response_model=ProductPage)
async def read_page(
    request: Request,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> object:
    """Return one page of products, uncounted: one row more than asked for tells whether another page follows."""
    rows = await request.app.state.pool.fetch(LIST, limit + 1, (page - 1) * limit)
    return {
        "data": [dict(row) for row in rows[:limit]],
        "meta": Meta(page=page, limit=limit, total=None),
        "links": links_of(page, limit, len(rows) > limit),
    }


@app.post("/api/v1/products", response_model=ProductAnswer, status_code=201)
async def create(body: NewProduct, request: Request, response: Response) -> object:
    """Create a product; 409 where the sku is taken, 400 where the category does not exist."""
    values = (body.name, body.sku, body.description, body.price, body.stock, body.status, body.category_id)
    try:
        row = await request.app.state.pool.fetchrow(CREATE, uuid4(), *values, datetime.now(UTC))
    except asyncpg.UniqueViolationError as error:
        raise HTTPException(409) from error
    except asyncpg.ForeignKeyViolationError as error:
        raise HTTPException(400) from error
    response.headers["Location"] = f"/api/v1/products/{row['id']}"
    return {"data": dict(row)}
