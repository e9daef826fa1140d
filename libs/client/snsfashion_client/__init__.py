"""The typed client of the snsfashion services.

    from snsfashion_client import Client

    with Client() as client:
        for one in client.recommend("kim", styles=["casual"], personal_color="winter-deep").recommendations:
            print(f"{one.score:.2f}", one.outfit.product.url, one.reasons[0].text)

The client has a typed stub of every service, such as `client.trends.GetTrends(...)` and `client.crawler.StartCrawl(...)`.
"""

from snsfashion_client.addresses import Addresses, AddressMissing
from snsfashion_client.client import Client
from snsfashion_client.names import UnknownName

__all__ = ["AddressMissing", "Addresses", "Client", "UnknownName"]
