"""What holds between entities: unique names, references, cycles, events, options, limits."""

from collections.abc import Callable

import pytest

REFUSED = {
    "reference to nothing": (
        "catalog: {product: {name: text}}\nordering: {order: {product: ref(prodct)}}",
        'ordering.order.product: there is no entity "prodct"; did you mean "product"?',
    ),
    "reference unlike any": (
        "shop: {item: {x: ref(zzzz)}}",
        'shop.item.x: there is no entity "zzzz"; add it, or refer to another one.',
    ),
    "reference to the plural": (
        "shop: {item: {x: ref(things)}, thing: {name: text}}",
        'shop.item.x: there is no entity "things"; did you mean "thing"?',
    ),
    "reference to a module": (
        "shop: {item: {x: ref(shop)}}",
        'shop.item.x: there is no entity "shop"; add it, or refer to another one.',
    ),
    "wrong module": (
        "shop: {item: {x: ref(shop.reader)}}\nlibrary: {reader: {name: text}}",
        'shop.item.x: there is no entity "shop.reader"; did you mean "library.reader"?',
    ),
    "mistyped module": (
        "shop: {item: {x: ref(libary.reader)}}\nlibrary: {reader: {name: text}}",
        'shop.item.x: there is no entity "libary.reader"; did you mean "library.reader"?',
    ),
    "too many parts": (
        "shop: {item: {x: ref(a.shop.item)?}}",
        'shop.item.x: there is no entity "a.shop.item"; did you mean "shop.item"?',
    ),
    "account refers to nothing": (
        "users: {user: {x: ref(itm)?}}\nshop: {item: {name: text}}",
        'users.user.x: there is no entity "itm"; did you mean "item"?',
    ),
    "reference to itself": (
        "shop: {item: {parent: ref(item)}}",
        "shop.item.parent: it refers to its own entity and is not optional, so that no first row could ever be "
        "created; make one of the references optional with ? after the type.",
    ),
    "cycle of two": (
        "shop: {k: {b: ref(b)}, b: {a: ref(k)}}",
        "shop.k.b: shop.k, shop.b need each other, so that no first row could ever be created; "
        "make one of the references optional with ? after the type.",
    ),
    "cycle across modules": (
        "one: {k: {b: ref(b)}}\ntwo: {b: {c: ref(c)}}\nthree: {c: {d: ref(d), a: ref(k)}, d: {name: text}}",
        "one.k.b: one.k, two.b, three.c need each other, so that no first row could ever be created; "
        "make one of the references optional with ? after the type.",
    ),
    "account needs a value": (
        "users: {user: {phone: string(9)}}",
        "users.user.phone: registration sends e-mail, password and name only, so this required field would have no "
        "value; give it a default, or make it optional with ? after the type.",
    ),
    "account needs a row": (
        "users: {user: {item: ref(item)}}\nshop: {item: {name: text}}",
        "users.user.item: registration sends e-mail, password and name only, so this required field would have no "
        "value; make it optional with ? after the type.",
    ),
    "account options": (
        "users: {user: {_owned: true}}",
        "users.user._owned: an account has no options; remove it; only fields can be added to `user`.",
    ),
    "users has another entity": (
        "users: {group: {name: text}}",
        'users.group: the module users is provided with the accounts and has no "group"; '
        "write it in a module of its own; only `user` can be extended.",
    ),
    "users has options": (
        "users: {_description: x}",
        'users._description: the module users is provided with the accounts and has no "_description"; '
        "write it in a module of its own; only `user` can be extended.",
    ),
    "field next to its reference": (
        "shop: {item: {a: ref(item)?, a_id: uuid}}",
        'shop.item.a_id: the reference "a" travels as a_id already; remove or rename this field.',
    ),
    "fields alike in camel case": (
        "shop: {item: {line1: text, line_1: text}}",
        'shop.item.line_1: in camel case "line_1" and "line1" are the same; rename one of the two.',
    ),
    "modules alike in camel case": (
        "shop1: {k: {name: text}}\nshop_1: {b: {name: text}}",
        'shop_1: in camel case "shop_1" and "shop1" are the same; rename one of the two.',
    ),
    "entity twice": (
        "one: {item: {name: text}}\ntwo: {item: {name: text}}",
        'two.item: there is an entity "item" in the module one already; rename one of the two.',
    ),
    "plural twice": (
        "shop: {item: {name: text}, thing: {_plural: items, name: text}}",
        'shop.thing: the plural items belongs to "shop.item" already; write another one as `_plural`.',
    ),
    "plural is an entity": (
        "shop: {item: {name: text}, items: {_plural: item_lists, name: text}}",
        'shop.item: the plural items is the name of "shop.items"; write another one as `_plural`.',
    ),
    "plural of the accounts": (
        "shop: {api_key: {name: text}}",
        "shop.api_key: the plural api_keys is taken by the accounts and the machinery; write another one as `_plural`.",
    ),
    "plural users": (
        "shop: {person: {_plural: users, name: text}}",
        "shop.person: the plural users is taken by the accounts and the machinery; write another one as `_plural`.",
    ),
    "plural auth": (
        "shop: {person: {_plural: auth, name: text}}",
        "shop.person: the plural auth is taken by the accounts and the machinery; write another one as `_plural`.",
    ),
    "plural is a keyword": (
        "shop: {thi: {name: text}}",
        "shop.thi: the plural this is a keyword of a programming language or a reserved name; "
        "write another one as `_plural`.",
    ),
    "plural is no name": (
        "shop: {item: {_plural: Item-s, name: text}}",
        'shop.item: "Item-s" is no name: names are lower-case letters, digits and _, at most 30, from a letter on; '
        'write "item_s".',
    ),
    "plural is nothing": (
        "shop: {item: {_plural: , name: text}}",
        "shop.item: _plural holds no text; write one, or remove it.",
    ),
    "classes alike": (
        "shop: {item1: {name: text}, item_1: {_plural: things, name: text}}",
        "shop.item_1: its class Item1 would have the same name as one of shop.item1; rename one of the two.",
    ),
    "class of an enum": (
        "shop: {order: {status: enum(a)}, order_status: {name: text}}",
        "shop.order_status: its class OrderStatus would have the same name as one of shop.order.status; "
        "rename one of the two.",
    ),
    "class of an event": (
        "shop: {order: {name: text}, order_created: {name: text}}",
        "shop.order_created: its class OrderCreated would have the same name as one of shop.order; "
        "rename one of the two.",
    ),
    "event of another verb": (
        "shop: {item: {name: text}, _listens: {item.create: react}}",
        'shop._listens.item.create: the entity item has no event "item.create"; did you mean "item.created"?',
    ),
    "event unlike any": (
        "shop: {item: {name: text}, _listens: {item.zzz.y: react}}",
        'shop._listens.item.zzz.y: the entity item has no event "item.zzz.y"; '
        "the events of item are item.created, item.updated, item.deleted.",
    ),
    "event of the account": (
        "shop: {item: {name: text}, _listens: {user.remove: react}}",
        'shop._listens.user.remove: the entity user has no event "user.remove"; '
        "the events of user are user.created, user.updated, user.deleted.",
    ),
    "event with its module": (
        "shop: {item: {name: text}, _listens: {shop.item.created: react}}",
        'shop._listens.shop.item.created: "shop.item.created" names the module of an entity; '
        "write it without: item.created.",
    ),
    "event of one word": (
        "shop: {item: {name: text}, _listens: {created: react}}",
        'shop._listens.created: "created" is no event: words of lower-case letters, digits and _, joined by dots; '
        "write it like order.created, or like payment.completed for one from outside.",
    ),
    "function that is there already": (
        "shop: {item: {name: text}, _listens: {user.deleted: remove_belongings}}",
        'shop._listens.user.deleted: "remove_belongings" is what every module with owned rows does already; '
        "choose another name.",
    ),
    "module that is called like a process of another": (
        "stock: {item: {name: text}}\nstock_worker: {job: {name: text}}",
        'stock_worker: "stock_worker" is what a process of the module "stock" is called; rename one of the two.',
    ),
    "event in upper case": (
        "shop: {item: {name: text}, _listens: {Payment.completed: react}}",
        'shop._listens.Payment.completed: "Payment.completed" is no event: words of lower-case letters, digits and _, '
        "joined by dots; write it like order.created, or like payment.completed for one from outside.",
    ),
    "event without function": (
        "shop: {item: {name: text}, _listens: {a.b: }}",
        "shop._listens.a.b: there is no function; write its name, like `a.b: react`.",
    ),
    "function twice": (
        "shop: {item: {name: text}, _listens: {a.b: react, a.c: react}}",
        'shop._listens.a.c: the function "react" reacts to "a.b" already; give each event a function of its own.',
    ),
    "listens is a list": (
        "shop: {item: {name: text}, _listens: [a.b]}",
        "shop._listens: it is no mapping of events; write one on a line, like `order.created: reserve_stock`.",
    ),
    "option of an entity mistyped": (
        "shop: {item: {_ownd: true, name: text}}",
        'shop.item: there is no option "_ownd"; did you mean "_owned"?',
    ),
    "option unlike any": (
        "shop: {item: {_zzz: true, name: text}}",
        'shop.item: there is no option "_zzz"; the options here are _owned, _plural, _description.',
    ),
    "option of a module mistyped": (
        "shop: {_listen: {}, item: {name: text}}",
        'shop: there is no option "_listen"; did you mean "_listens"?',
    ),
    "roles of an entity": (
        "shop: {item: {_roles: [admin], name: text}}",
        "shop.item._roles: roles belong to the whole domain, not to a part of it; "
        "write _roles at the top, beside the modules.",
    ),
    "option of the domain": (
        "_description: x",
        '_description: there is no option "_description" here; write it below a module.',
    ),
    "owned: yes": (
        "shop: {item: {_owned: yes, name: text}}",
        'shop.item: _owned is true or false, not "yes"; write `_owned: true`, or remove it.',
    ),
    "description is a list": (
        "shop: {_description: [a], item: {name: text}}",
        "shop: _description holds no text; write one, or remove it.",
    ),
    "description of two lines": (
        'shop: {item: {_description: "a\\nb", name: text}}',
        "shop.item: _description holds a line break or control character (U+000A); write it on one line without it.",
    ),
    "module without entity": ("shop:", "shop: the module has no entity; add one, or remove the module."),
    "module with options only": (
        "shop: {_description: x}",
        "shop: the module has no entity; add one, or remove the module.",
    ),
    "entity without field": (
        "shop: {item: }",
        "shop.item: the entity has no field; add one, for example `name: string(80)`.",
    ),
    "entity with options only": (
        "shop: {item: {_owned: true}}",
        "shop.item: the entity has no field; add one, for example `name: string(80)`.",
    ),
    "module is a text": ("shop: item", "shop: it is no mapping of entities; write `entity:` and below it the fields."),
    "entity is a list": (
        "shop: {item: [name]}",
        "shop.item: it is no mapping of fields; write one field on a line, like `name: string(80)`.",
    ),
    "domain is a text": (
        "shop",
        "domain: it is no mapping of modules; write `module:`, below it `entity:`, and below that the fields.",
    ),
    "domain is a list": (
        "- shop",
        "domain: it is no mapping of modules; write `module:`, below it `entity:`, and below that the fields.",
    ),
    "too many modules": (
        "\n".join(f"m{n}: {{e{n}: {{name: text}}}}" for n in range(101)),
        "domain: it has 101 modules, where 100 are allowed; join some.",
    ),
    "too many entities": (
        "\n".join(f"m{n}: {{{', '.join(f'e{n}a{k}: {{name: text}}' for k in range(6))}}}" for n in range(84)),
        "domain: it has 504 entities, where 500 are allowed; split it into several projects.",
    ),
    "too many fields": (
        f"shop: {{item: {{{', '.join(f'f{n}: text' for n in range(201))}}}}}",
        "shop.item: it has 201 fields, where 200 are allowed; make several entities of it.",
    ),
}

ACCEPTED = {
    "optional reference to itself": "shop: {item: {parent: ref(item)?}}",
    "cycle with an optional edge": "shop: {k: {b: ref(b)}, b: {c: ref(c)?}, c: {a: ref(k)}}",
    "second reference of the cycle is optional": "shop: {k: {b: ref(b), c: ref(b)?}, b: {a: ref(k)?}}",
    "references in a diamond": "shop: {k: {b: ref(b), c: ref(c)}, b: {d: ref(d)}, c: {d: ref(d)}, d: {name: text}}",
    "reference to a later module": "one: {k: {b: ref(two.b)}}\ntwo: {b: {name: text}}",
    "references both ways": "one: {k: {b: ref(b)}}\ntwo: {b: {a: ref(one.k)?}}",
    "references to the account": "shop: {item: {user: ref(user), checker: ref(users.user)?}}",
    "account refers to an entity": "users: {user: {item: ref(item)?}}\nshop: {item: {user: ref(user)}}",
    "account with a default": "users: {user: {language: string(2) default=en}}",
    "account with a null default": "users: {user: {language: string(2)? default=null}}",
    "x_id without a reference x": "shop: {item: {a_id: uuid}}",
    "module named as its entity": "shop: {shop: {name: text}}",
    "order_item and orderitem": "shop: {order_item: {name: text}, orderitem: {name: text}}",
    "plural equal to its own singular": "shop: {series: {name: text}}",
    "events": "shop: {item: {name: text}, _listens: {item.created: a, user.deleted: b, items.created: c, x.y.z: d}}",
    "same function in two modules": (
        "one: {k: {name: text}, _listens: {x.y: react}}\ntwo: {b: {name: text}, _listens: {x.y: react}}"
    ),
    "no events": "shop: {item: {name: text}, _listens: {}}",
    "description that looks like a value": "shop: {_description: no, item: {_description: 1e3, name: text}}",
    "100 modules": "\n".join(f"m{n}: {{e{n}: {{name: text}}}}" for n in range(100)),
    "200 fields": f"shop: {{item: {{{', '.join(f'f{n}: text' for n in range(200))}}}}}",
    "100 members": f"shop: {{item: {{x: 'enum({','.join(f'm{n}' for n in range(100))})'}}}}",
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str, problems_of: Callable[[str], tuple[object, ...]]) -> None:
    text, message = REFUSED[case]
    assert [str(problem) for problem in problems_of(text)] == [message]


@pytest.mark.parametrize("case", ACCEPTED)
def test_accepted(case: str, problems_of: Callable[[str], tuple[object, ...]]) -> None:
    assert problems_of(ACCEPTED[case]) == ()


def test_an_ambiguous_reference_asks_for_the_module(problems_of: Callable[[str], tuple[object, ...]]) -> None:
    problems = problems_of("one: {k: {name: text}}\ntwo: {k: {name: text}}\nthree: {b: {x: ref(k), y: ref(two.k)}}")
    assert [str(problem) for problem in problems] == [
        'three.b.x: there are several entities "k"; name the module: "one.k" or "two.k".',
        'two.k: there is an entity "k" in the module one already; rename one of the two.',
    ]


def test_every_problem_at_once(problems_of: Callable[[str], tuple[object, ...]]) -> None:
    problems = problems_of(
        """
        catalog:
          category: {name: string}
          product:
            _ownd: true
            price: decimal(10,2) min=1 default=0
            category: ref(categry)?
            price: text
        ordering:
          order: {class: text, product: ref(product)}
          _listens: {product.sold: react}
        empty:
        """
    )
    assert sorted(problem.where for problem in problems) == [  # type: ignore[attr-defined]
        "catalog.category.name",
        "catalog.product",
        "catalog.product.category",
        "catalog.product.price",
        "catalog.product.price",
        "empty",
        "ordering._listens.product.sold",
        "ordering.order.class",
    ]
