# SPDX-License-Identifier: LGPL-2.1-or-later

"""How a handler serves a call."""

import asyncio
import enum
import functools
import inspect
import logging
from typing import Any, Callable, Dict, Optional

from .._handlers import RpcMethodHandler
from .._names import StatusCode
from ._errors import AbortError, InternalError, ServerStoppedError
from ._servicer_context import RequestIterator, ServicerContext, SyncServicerContext

_LOGGER = logging.getLogger(__name__)

# How many functions are remembered; a program has few, unless it makes them for each call.
_MAXIMUM_KINDS = 1000


class _Kind(enum.Enum):
    COROUTINE = 0
    GENERATOR = 1
    SYNC = 2


def _inspect(behavior: Callable[..., Any]) -> _Kind:
    call = getattr(behavior, '__call__', None)
    if inspect.isasyncgenfunction(behavior) or inspect.isasyncgenfunction(call):
        return _Kind.GENERATOR
    if inspect.iscoroutinefunction(behavior) or inspect.iscoroutinefunction(call):
        return _Kind.COROUTINE

    return _Kind.SYNC


def _kind_of(kinds: Dict[Any, _Kind], behavior: Callable[..., Any]) -> _Kind:
    """Says what a function is. Inspecting it takes time, so it is done once."""
    function = getattr(behavior, '__func__', behavior)
    try:
        kind = kinds.get(function)
    except TypeError:
        return _inspect(behavior)
    if kind is None:
        kind = _inspect(behavior)
        if len(kinds) >= _MAXIMUM_KINDS:
            kinds.clear()
        kinds[function] = kind

    return kind


async def _send_all(context: ServicerContext, responses: Any) -> None:
    """Sends what a handler yields. The handler ends here in any case."""
    try:
        async for response in responses:
            await context.write(response)
    except GeneratorExit:
        # The loop is gone, and with it all that could be awaited.
        raise
    except BaseException:
        await responses.aclose()
        raise


def _run_stream(behavior: Callable[..., Any], request: Any, context: SyncServicerContext) -> None:
    """Runs a generator, in a thread, and sends what it yields."""
    responses = behavior(request, context)
    try:
        for response in responses:
            context.send(response)
    finally:
        close = getattr(responses, 'close', None)
        if close is not None:
            close()


async def _run_in_thread(context: ServicerContext, function: Callable[..., Any], behavior: Any, request: Any,
                         serving: Any) -> Any:
    sync = context.sync_context = SyncServicerContext(context, serving.loop)
    if isinstance(request, RequestIterator):
        request = sync.requests()
    job = functools.partial(function, request, sync) if behavior is None else functools.partial(
        function, behavior, request, sync)
    result = await serving.loop.run_in_executor(serving.thread_pool, job)
    sync.run_callbacks()

    return result


async def _serve(context: ServicerContext, handler: Any, data: Optional[bytes], serving: Any) -> None:
    context.set_handler(handler)
    request: Any = RequestIterator(context) if handler.request_streaming else context.deserialize(data)  # type: ignore
    if not handler.response_streaming:
        behavior = handler.stream_unary if handler.request_streaming else handler.unary_unary
        if _kind_of(serving.kinds, behavior) is _Kind.COROUTINE:
            response = await behavior(request, context)
        else:
            response = await _run_in_thread(context, behavior, None, request, serving)
        context.finish_unary(response)
        return

    behavior = handler.stream_stream if handler.request_streaming else handler.unary_stream
    kind = _kind_of(serving.kinds, behavior)
    if kind is _Kind.COROUTINE:
        await behavior(request, context)
    elif kind is _Kind.GENERATOR:
        await _send_all(context, behavior(request, context))
    else:
        await _run_in_thread(context, _run_stream, behavior, request, serving)
    context.finish()


async def handle(context: ServicerContext, handler: RpcMethodHandler, data: Optional[bytes], serving: Any) -> None:
    """Serves a call, and has it end in any case."""
    method = context._core.method
    try:
        await _serve(context, handler, data, serving)
    except AbortError as error:
        if context.abort_exception is not error:
            _LOGGER.exception('Abort error has been replaced!')
            context.fail(error)
    except asyncio.CancelledError:
        _LOGGER.debug('RPC cancelled for servicer method [%s]', method)
        if not context.status_sent and not context.is_given_up and not serving.is_stopped:
            # It was not the client: without an answer it would wait.
            context.refuse(StatusCode.CANCELLED, 'Cancelled on the server side')
    except ServerStoppedError:
        _LOGGER.warning('Aborting method [%s] due to server stop.', method)
    except InternalError as error:
        if not context.is_given_up:
            _LOGGER.exception('Error in servicer method [%s]', method)
            context.fail(error)
    except Exception as error:  # pylint: disable=broad-except
        _LOGGER.exception('Unexpected [%s] raised by servicer method [%s]', type(error).__name__, method)
        context.fail(error)
