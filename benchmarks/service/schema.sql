-- What the three hand-written services share: the tables of the sample shop, with the indexes the contract needs.
CREATE TABLE categories (
    id uuid PRIMARY KEY,
    name varchar(80) NOT NULL UNIQUE
);

CREATE TABLE products (
    id uuid PRIMARY KEY,
    name varchar(120) NOT NULL,
    sku varchar(40) NOT NULL UNIQUE,
    description text,
    price numeric(10, 2) NOT NULL CHECK (price >= 0),
    stock bigint NOT NULL CHECK (stock >= 0),
    status varchar(20) NOT NULL CHECK (status IN ('draft', 'active', 'archived')),
    category_id uuid REFERENCES categories (id),
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX products_created_at ON products (created_at, id);
CREATE INDEX products_category_id ON products (category_id, created_at, id);
CREATE INDEX products_name ON products (name, id);

CREATE TABLE accounts (
    id uuid PRIMARY KEY,
    email varchar(254) NOT NULL UNIQUE,
    roles varchar(100) NOT NULL,
    is_active boolean NOT NULL
);
