"""The typed client of the snsfashion services.

    from snsfashion_client import Client

    with Client() as client:
        for one in client.recommend("kim", styles=["casual"], personal_color="winter-deep").recommendations:
            print(f"{one.score:.2f}", one.outfit.product.url, [reason.text for reason in one.reasons])

`Client` and `AsyncClient` have a method for each RPC, such as `client.get_trends(order="rise")`, and a typed stub of each
service, such as `client.trends`. `messages` has the requests alone, and the parts of requests.
"""

from snsfashion_client import messages
from snsfashion_client.addresses import Addresses, AddressMissing
from snsfashion_client.async_client import AsyncClient
from snsfashion_client.client import Client
from snsfashion_client.names import UnknownName

__all__ = ["AddressMissing", "Addresses", "AsyncClient", "Client", "UnknownName", "messages"]
