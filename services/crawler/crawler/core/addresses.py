"""Which addresses the crawler may connect to: a crawl is told what to fetch by others, and must not reach inside."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

# RFC 6052 and RFC 8215: IPv4 addresses inside IPv6, as a translator (NAT64) reaches them.
_NAT64 = IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")


def may_connect(address: str, allow_private: bool) -> bool:
    """Tell whether a connection may be made to this IP address (text, as getaddrinfo gives it).

    Only public unicast addresses: not loopback, private, link-local (cloud metadata), carrier-grade NAT, multicast,
    reserved or unspecified ones, nor any of these wrapped in IPv6. `allow_private` also allows loopback and
    private ones, for a run on one machine; never link-local.
    """
    try:
        ip = _unwrapped(ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    if ip.is_multicast or ip.is_unspecified or ip.is_link_local:
        return False
    if isinstance(ip, IPv4Address) and ip.is_reserved:  # 240.0.0.0/4 and broadcast
        return False
    if isinstance(ip, IPv6Address) and (ip in _NAT64_LOCAL or ip.is_site_local):
        return False
    return ip.is_global or (allow_private and (ip.is_loopback or ip.is_private))


def _unwrapped(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 one leads to, or else the address itself."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip.ipv4_mapped:
        return ip.ipv4_mapped
    if ip.sixtofour:
        return ip.sixtofour
    if ip.teredo:
        return ip.teredo[1]
    if ip in _NAT64 or (int(ip) >> 32 == 0 and int(ip) > 1):
        # NAT64, or the deprecated IPv4-compatible form ::a.b.c.d
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip
