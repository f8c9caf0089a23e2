"""What the runner itself asks of PostgreSQL."""

import asyncio

import asyncpg

__all__ = ["execute", "fetch_value"]


def execute(url: str, sql: str) -> None:
    """Run statements that return nothing, one by one where there are several, each committed by itself."""

    async def work() -> None:
        connection = await asyncpg.connect(url)
        try:
            for statement in filter(str.strip, sql.split(";")):
                await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(work())


def fetch_value(url: str, sql: str) -> object:
    """Return the first column of the first row of a query, or None."""

    async def work() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(work())
