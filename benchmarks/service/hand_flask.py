"""The honest endpoint on Flask: raw SQL through psycopg, a verified token, the account's row and counted pages."""

import os
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import jwt
from flask import Flask, Response, abort, request
from psycopg import errors
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool
from pydantic import BaseModel, ValidationError
from shapes import PATH, Meta, NewProduct, ProductAnswer, ProductPage, links_of

SECRET_KEY = os.environ["SECRET_KEY"]
CLAIMS = ["sub", "exp", "iat", "iss", "aud"]
ACCOUNT = "SELECT id, email, roles, is_active FROM accounts WHERE id = %s"
COUNT = "SELECT count(*) AS total FROM products"
READ = "SELECT * FROM products WHERE id = %s"
LIST = "SELECT * FROM products ORDER BY created_at, id LIMIT %s OFFSET %s"
CREATE = """
    INSERT INTO products
        (id, name, sku, description, price, stock, status, category_id, version, created_at, updated_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 1, %s, %s) RETURNING *
"""

pool = ConnectionPool(
    os.environ["DATABASE_URL"],
    min_size=10,
    max_size=10,
    kwargs={"row_factory": dict_row, "options": "-c timezone=UTC"},
    open=True,
)
app = Flask(__name__)


def current_account(connection: Any) -> dict[str, Any]:
    """Return the account the bearer token names; 401 where the token or the account does not hold."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        abort(401)
    try:
        claims = jwt.decode(
            token, SECRET_KEY, algorithms=["HS256"], issuer="bench", audience="bench", options={"require": CLAIMS}
        )
    except jwt.InvalidTokenError:
        abort(401)
    account = connection.execute(ACCOUNT, (UUID(claims["sub"]),)).fetchone()
    if account is None or not account["is_active"]:
        abort(401)
    return account


def answer(body: BaseModel, status: int = 200) -> Response:
    """Return a body as JSON."""
    return Response(body.model_dump_json(), status, mimetype="application/json")


@app.get(f"{PATH}/<uuid:product_id>")
def read(product_id: UUID) -> Response:
    """Return one product, or 404."""
    with pool.connection() as connection:
        current_account(connection)
        row = connection.execute(READ, (product_id,)).fetchone()
    if row is None:
        abort(404)
    return answer(ProductAnswer(data=row))


@app.get(PATH)
def read_page() -> Response:
    """Return one page of products and how many there are."""
    page, limit = request.args.get("page", 1, int), request.args.get("limit", 20, int)
    if not (1 <= page <= 1_000_000 and 1 <= limit <= 100):
        abort(400)
    with pool.connection() as connection:
        current_account(connection)
        rows = connection.execute(LIST, (limit, (page - 1) * limit)).fetchall()
        total = connection.execute(COUNT).fetchone()["total"]
    meta = Meta(page=page, limit=limit, total=total)
    return answer(ProductPage(data=rows, meta=meta, links=links_of(page, limit, page * limit < total)))


@app.post(PATH)
def create() -> Response:
    """Create a product; 403 for all but administrators, 409 where the sku is taken, 400 where the category is not."""
    try:
        with pool.connection() as connection:
            if "admin" not in current_account(connection)["roles"].split(","):
                abort(403)
            body = NewProduct.model_validate_json(request.get_data())
            values = (body.name, body.sku, body.description, body.price, body.stock, body.status, body.category_id)
            now = datetime.now(UTC)
            row = connection.execute(CREATE, (uuid4(), *values, now, now)).fetchone()
    except ValidationError:
        abort(400)
    except errors.UniqueViolation:
        abort(409)
    except errors.ForeignKeyViolation:
        abort(400)
    created = answer(ProductAnswer(data=row), 201)
    created.headers["Location"] = f"{PATH}/{row['id']}"
    return created
