"""The honest endpoint on Django: django-ninja and the ORM, written plainly, in one file, on the tables that are there.

A verified token, the caller's account read at every request, and a page that knows its total. Connections stay open,
one for each thread; there is no middleware.
"""

import os
import uuid
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

import django
import jwt
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import path

_url = urlsplit(os.environ["DATABASE_URL"])
settings.configure(
    SECRET_KEY=os.environ["SECRET_KEY"],
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    TIME_ZONE="UTC",
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": _url.path.lstrip("/"),
            "USER": _url.username,
            "HOST": _url.hostname,
            "PORT": _url.port,
            "CONN_MAX_AGE": None,
        }
    },
)
django.setup()

# What needs settings can only be imported now.
from django.db import IntegrityError, models  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.shortcuts import get_object_or_404  # noqa: E402
from ninja import NinjaAPI, Query  # noqa: E402
from ninja.errors import HttpError  # noqa: E402
from ninja.security import HttpBearer  # noqa: E402
from pydantic import BaseModel  # noqa: E402
from shapes import PATH, Meta, NewProduct, ProductAnswer, ProductPage, links_of  # noqa: E402
from shapes import Product as Shown  # noqa: E402

CLAIMS = ["sub", "exp", "iat", "iss", "aud"]


def _now() -> datetime:
    return datetime.now(UTC)


class Account(models.Model):
    """A row of accounts."""

    id = models.UUIDField(primary_key=True)
    email = models.CharField(max_length=254, unique=True)
    roles = models.CharField(max_length=100)
    is_active = models.BooleanField()

    class Meta:
        """Where the row lies."""

        app_label, db_table, managed = "bench", "accounts", False


class Product(models.Model):
    """A row of products."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=120)
    sku = models.CharField(max_length=40, unique=True)
    description = models.TextField(null=True)
    price = models.DecimalField(max_digits=10, decimal_places=2)
    stock = models.BigIntegerField()
    status = models.CharField(max_length=20)
    category_id = models.UUIDField(null=True)
    version = models.BigIntegerField(default=1)
    created_at = models.DateTimeField(default=_now)
    updated_at = models.DateTimeField(default=_now)

    class Meta:
        """Where the row lies."""

        app_label, db_table, managed = "bench", "products", False


class Bearer(HttpBearer):
    """Who the bearer token names."""

    def authenticate(self, request: HttpRequest, token: str) -> Account | None:
        """Return the account; None, and so 401, where the token or the account does not hold."""
        try:
            claims = jwt.decode(
                token,
                settings.SECRET_KEY,
                algorithms=["HS256"],
                issuer="bench",
                audience="bench",
                options={"require": CLAIMS},
            )
        except jwt.InvalidTokenError:
            return None
        return Account.objects.filter(id=claims["sub"], is_active=True).first()


api = NinjaAPI(auth=Bearer(), docs_url=None, openapi_url=None)


def answer(body: BaseModel, status: int = 200) -> HttpResponse:
    """Return a body as JSON; the encoder of the framework would cut times to milliseconds."""
    return HttpResponse(body.model_dump_json(), status=status, content_type="application/json")


@api.get("/products/{product_id}")
def read(request: HttpRequest, product_id: UUID) -> HttpResponse:
    """Return one product, or 404."""
    product = get_object_or_404(Product, id=product_id)
    return answer(ProductAnswer(data=Shown.model_validate(product)))


@api.get("/products")
def read_page(
    request: HttpRequest,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> HttpResponse:
    """Return one page of products and how many there are."""
    start = (page - 1) * limit
    products = [
        Shown.model_validate(row) for row in Product.objects.order_by("created_at", "id")[start : start + limit]
    ]
    total = Product.objects.count()
    meta = Meta(page=page, limit=limit, total=total)
    return answer(ProductPage(data=products, meta=meta, links=links_of(page, limit, page * limit < total)))


@api.post("/products")
def create(request: Any, body: NewProduct) -> HttpResponse:
    """Create a product; 403 for all but administrators, 409 where the sku is taken or the category does not exist."""
    if "admin" not in request.auth.roles.split(","):
        raise HttpError(403, "Forbidden")
    try:
        product = Product.objects.create(**body.model_dump())
    except IntegrityError as error:
        raise HttpError(409, "Conflict") from error
    created = answer(ProductAnswer(data=Shown.model_validate(product)), 201)
    created["Location"] = f"{PATH}/{product.id}"
    return created


urlpatterns = [path("api/v1/", api.urls)]
app = get_wsgi_application()
