# SPDX-License-Identifier: LGPL-2.1-or-later

"""Helps to test clients and servers, as grpcio-testing does for the synchronous API.

`serve` is for the tests of a servicer: a server and a channel to it. `channel` is for
the tests of a client: a channel whose calls the test answers. Both are the real thing,
over a socket in a temporary folder, so that nothing behaves otherwise than in earnest.
"""

from ._channel import Channel, Rpc, channel
from ._serve import serve

__all__ = ['Channel', 'Rpc', 'channel', 'serve']
