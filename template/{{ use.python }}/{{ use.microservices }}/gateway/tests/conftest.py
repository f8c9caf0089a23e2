"""The gateway and the services behind it, once for all tests."""

from collections.abc import Callable, Iterator, Mapping

import pytest

from document import documents
from tests.gateways import Gateway
from tests.services import Service

Start = Callable[..., Gateway]


@pytest.fixture(scope="session")
def all_services() -> Iterator[Mapping[str, Service]]:
    """Return a stand-in for each service, by its name."""
    services = {name: Service() for name in documents()}
    yield services
    for service in services.values():
        service.close()


@pytest.fixture
def services(all_services: Mapping[str, Service]) -> Mapping[str, Service]:
    """Return the services, in good order and without a memory."""
    for service in all_services.values():
        service.reset()
    return all_services


@pytest.fixture
def users(services: Mapping[str, Service]) -> Service:
    """Return the service of the accounts."""
    return services["users"]


@pytest.fixture(scope="session")
def start(
    all_services: Mapping[str, Service], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Start]:
    """Return a function that starts a gateway before the services; its settings can be added to."""
    addresses = {
        f"{name.replace('-', '_').upper()}_URL": f"http://127.0.0.1:{service.port}"
        for name, service in all_services.items()
    }
    started: list[Gateway] = []

    def starting(**settings: str) -> Gateway:
        folder = tmp_path_factory.mktemp("gateway") / "here"
        started.append(Gateway(folder, addresses | settings))
        return started[-1]

    yield starting
    for gateway in started:
        if gateway.process.poll() is None:
            gateway.stop()


@pytest.fixture(scope="session")
def gateway(start: Start) -> Gateway:
    """Return the gateway with the settings that it has by itself, but for less patience with services."""
    return start(REQUEST_TIMEOUT_SECONDS="1")
