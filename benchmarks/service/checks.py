"""Is it right? Asked before anything is measured: a fast wrong answer is no result."""

from uuid import uuid4

from client import Client

__all__ = ["check"]

PATH = "/api/v1/products"
FIELDS = {
    "id", "name", "sku", "description", "price", "stock", "status", "category_id", "version", "created_at", "updated_at"
}  # fmt: skip


def check(client: Client, stranger: Client | None, rows: int, counts: bool) -> list[str]:
    """Return what is wrong with a seeded service, one phrase for each fault; empty where all is right.

    Args:
        client: Speaks with the rights to create.
        stranger: Speaks without credentials; None where the service is open to everybody.
        rows: How many products were seeded.
        counts: Whether its pages know their total.
    """
    faults: list[str] = []

    def expect(holds: bool, phrase: str) -> None:
        if not holds:
            faults.append(phrase)

    sent = {"name": "Oak chair", "sku": f"check-{uuid4().hex[:12]}", "price": "19.90", "stock": 3}
    created = client.send("POST", PATH, sent)
    if created.status != 201 or not isinstance(created.body, dict) or not isinstance(created.body.get("data"), dict):
        return [f"create is answered with {created.status}, not 201 and data"]
    product = created.body["data"]
    expect(product.keys() == FIELDS, f"a product has the fields {sorted(product)}")
    expect(all(product.get(name) == value for name, value in sent.items()), "create does not give back what was sent")
    expect(product.get("status") == "draft" and product.get("version") == 1, "create does not apply the defaults")
    expect(str(product.get("created_at")).endswith("Z"), "created_at is not in UTC with Z")
    expect(created.headers.get("location") == f"{PATH}/{product.get('id')}", "create has no right Location")
    expect(client.send("POST", PATH, sent).status == 409, "a taken sku is not answered with 409")
    expect(client.send("POST", PATH, {**sent, "price": "-1"}).status in (400, 422), "a negative price is taken")

    read = client.send("GET", f"{PATH}/{product['id']}")
    expect(read.status == 200 and read.body == {"data": product}, "read does not give back what create did")
    expect(client.send("GET", f"{PATH}/{uuid4()}").status == 404, "an unknown product is not answered with 404")

    page = client.send("GET", f"{PATH}?page=1&limit=20")
    right = page.status == 200 and isinstance(page.body, dict) and page.body.keys() == {"data", "meta", "links"}
    expect(right, f"list is answered with {page.status}, or is no page")
    if right:
        items, meta = page.body["data"], page.body["meta"]
        expect(len(items) == 20 and all(item.keys() == FIELDS for item in items), "list does not hold 20 products")
        expect(items == sorted(items, key=lambda item: (item["created_at"], item["id"])), "list is not sorted")
        expect((meta["page"], meta["limit"]) == (1, 20), "list names another page or limit")
        expect(not counts or meta["total"] == rows + 1, f"list counts {meta['total']} products, not {rows + 1}")
    if stranger:
        for method, path in (("GET", PATH), ("GET", f"{PATH}/{product['id']}"), ("POST", PATH)):
            expect(stranger.send(method, path, sent).status == 401, f"{method} without credentials is not 401")
    return faults
