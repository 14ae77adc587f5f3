# SPDX-License-Identifier: LGPL-2.1-or-later

"""The errors of the asynchronous API, where some programs import them from."""

from ..aio._errors import EOF, AbortError, BaseError, InternalError, UsageError

__all__ = ('EOF', 'AbortError', 'BaseError', 'InternalError', 'UsageError')
