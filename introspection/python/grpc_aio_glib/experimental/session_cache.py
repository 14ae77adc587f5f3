# SPDX-License-Identifier: LGPL-2.1-or-later

"""Resuming sessions of TLS."""

from .._wire import SSLSessionCache


def ssl_session_cache_lru(capacity: int) -> SSLSessionCache:
    """Makes a cache, which is given to a channel as its option `grpc.ssl_session_cache`.

    Args:
      capacity: how many sessions are kept.
    """
    return SSLSessionCache(capacity)


__all__ = ('SSLSessionCache', 'ssl_session_cache_lru')
