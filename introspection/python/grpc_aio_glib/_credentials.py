# SPDX-License-Identifier: LGPL-2.1-or-later

"""Credentials of channels, calls and servers, and the functions that make them."""

import abc
import contextvars
import logging
import threading
from typing import Any, Callable, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Union

from ._background import run_in_background
from ._gi import Gio, GLib, GObject, GrpcAio
from ._names import LocalConnectionType, find_grpcio
from ._wire import metadata_of

_LOGGER = logging.getLogger(__name__)

Pem = Union[bytes, str]


class ChannelCredentials:
    """How a channel secures its connections. Made by functions of this module."""

    def __init__(self, credentials: Any) -> None:
        self._credentials = credentials


class CallCredentials:
    """How a call says who makes it. Made by functions of this module.

    They are only ever sent over secure channels.
    """

    def __init__(self, credentials: Any) -> None:
        self._credentials = credentials


class ServerCredentials:
    """How a server secures a port. Made by functions of this module."""

    def __init__(self, credentials: Any) -> None:
        self._credentials = credentials


class ServerCertificateConfiguration:
    """A server's certificates, for `dynamic_ssl_server_credentials`."""

    def __init__(self, certificate_configuration: Any) -> None:
        self._certificate_configuration = certificate_configuration


class AuthMetadataContext(abc.ABC):
    """The call that a plugin is asked about.

    Attributes:
      service_url: the URL of the service.
      method_name: the name of the method.
    """

    service_url: str
    method_name: str


class AuthMetadataPluginCallback(abc.ABC):
    """Takes the answer of a plugin."""

    def __call__(self, metadata: Any, error: Optional[Exception]) -> None:
        """Answers.

        Args:
          metadata: what to send with the call.
          error: None, or why there is none.
        """
        raise NotImplementedError()


class AuthMetadataPlugin(abc.ABC):
    """Finds the metadata that authenticates a call."""

    def __call__(self, context: AuthMetadataContext, callback: AuthMetadataPluginCallback) -> None:
        """Is called for each call, in a thread of its own.

        Args:
          context: the call.
          callback: to be called with the answer, now or later.
        """
        raise NotImplementedError()


class _Context(NamedTuple):
    service_url: str
    method_name: str


class _PluginContext(_Context, AuthMetadataContext):
    """What our plugins are given."""


def _text(pem: Optional[Pem]) -> Optional[str]:
    """Returns PEM as the library takes it."""
    if pem is None or isinstance(pem, str):
        return pem

    return bytes(pem).decode('utf-8', 'replace')


def _make(function: Callable[..., Any], *arguments: Any) -> Any:
    """Calls a constructor that fails for what it cannot read."""
    try:
        return function(*arguments)
    except GLib.Error as error:
        raise ValueError(error.message) from None


class _Answer(AuthMetadataPluginCallback):
    """Hands the answer of a plugin over, once."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self._lock = threading.Lock()

    def _take(self) -> Any:
        with self._lock:
            context, self._context = self._context, None

        return context

    def __call__(self, metadata: Any, error: Optional[Exception]) -> None:
        context = self._take()
        if context is None:
            raise RuntimeError('AuthMetadataPluginCallback invoked more than once!')
        if error is None:
            try:
                context.complete(metadata_of(metadata))
                return
            except (TypeError, ValueError) as problem:
                error = problem
        self._refuse(context, error)

    def fail(self, error: Exception) -> None:
        context = self._take()
        if context is not None:
            self._refuse(context, error)

    @staticmethod
    def _refuse(context: Any, error: Exception) -> None:
        context.complete_with_error(GLib.Error.new_literal(Gio.io_error_quark(), str(error), Gio.IOErrorEnum.FAILED))


class _Plugin(GObject.Object, GrpcAio.AuthMetadataPlugin):  # type: ignore[misc]
    """Asks a plugin of Python's, each time in a thread of its own: it may block."""

    __gtype_name__ = 'GrpcAioPythonAuthMetadataPlugin'

    def __init__(self, plugin: AuthMetadataPlugin) -> None:
        super().__init__()
        self.plugin = plugin
        self.variables = contextvars.copy_context()

    def do_get_metadata(self, context: Any) -> None:
        asked = _PluginContext(context.get_service_url(), context.get_method_name())
        threading.Thread(target=self._ask, args=[asked, _Answer(context)], daemon=True).start()

    def _ask(self, context: _PluginContext, answer: _Answer) -> None:
        try:
            self.variables.copy().run(self.plugin, context, answer)
        except Exception as error:  # pylint: disable=broad-except
            _LOGGER.exception('AuthMetadataPluginCallback "%s" raised exception!', self.plugin)
            answer.fail(error)


def _require_pairs(given: Any) -> List[Tuple[Pem, Pem]]:
    pairs: List[Tuple[Pem, Pem]] = list(given or ())
    if not pairs:
        raise ValueError('At least one private key-certificate chain pair is required!')

    return pairs


def _identities(pairs: Iterable[Tuple[Pem, Pem]]) -> List[Any]:
    return [_make(GrpcAio.TlsIdentity.new_from_pem, _text(chain), _text(key)) for key, chain in pairs]


def ssl_channel_credentials(root_certificates: Optional[Pem] = None,
                            private_key: Optional[Pem] = None,
                            certificate_chain: Optional[Pem] = None) -> ChannelCredentials:
    """Makes credentials for TLS.

    Args:
      root_certificates: the certificates to trust, as PEM, or None for the system's.
      private_key: the client's key, as PEM, or None.
      certificate_chain: the client's certificates, as PEM, or None.

    Returns:
      The credentials.

    Raises:
      ValueError: for what is no PEM, or does not belong together.
    """
    if (private_key is None) != (certificate_chain is None):
        raise ValueError('A private key and a certificate chain belong together')

    return ChannelCredentials(_make(GrpcAio.ChannelCredentials.new_ssl, _text(root_certificates), _text(private_key),
                                    _text(certificate_chain)))


def insecure_channel_credentials() -> ChannelCredentials:
    """Makes credentials for connections without protection."""
    return ChannelCredentials(GrpcAio.ChannelCredentials.new_insecure())


def xds_channel_credentials(fallback_credentials: Optional[ChannelCredentials] = None) -> ChannelCredentials:
    """Makes credentials that the xDS control plane decides on.

    Args:
      fallback_credentials: what to use when it does not; None is TLS.

    Returns:
      The credentials.
    """
    if fallback_credentials is None:
        fallback_credentials = ssl_channel_credentials()

    return ChannelCredentials(GrpcAio.ChannelCredentials.new_xds(native_channel_credentials(fallback_credentials)))


def metadata_call_credentials(metadata_plugin: AuthMetadataPlugin, name: Optional[str] = None) -> CallCredentials:
    """Makes credentials of a plugin.

    Args:
      metadata_plugin: is asked for each call.
      name: a name for debugging. It is not used.

    Returns:
      The credentials.
    """
    del name
    plugin = _Plugin(metadata_plugin)
    level = GrpcAio.SecurityLevel.PRIVACY_AND_INTEGRITY

    def make() -> Any:
        return GrpcAio.CallCredentials.new_plugin(plugin, level)

    return CallCredentials(run_in_background(make))


def access_token_call_credentials(access_token: str) -> CallCredentials:
    """Makes credentials that send `authorization: Bearer TOKEN`.

    Args:
      access_token: the token.

    Returns:
      The credentials.
    """
    return CallCredentials(_make(GrpcAio.CallCredentials.new_access_token, access_token))


def composite_call_credentials(*call_credentials: CallCredentials) -> CallCredentials:
    """Makes credentials of several.

    Args:
      *call_credentials: two or more.

    Returns:
      Credentials that send what all of them send.
    """
    first, *others = (native_call_credentials(credentials) for credentials in call_credentials)
    for other in others:
        first = GrpcAio.CallCredentials.new_composite(first, other)

    return CallCredentials(first)


def composite_channel_credentials(channel_credentials: ChannelCredentials,
                                  *call_credentials: CallCredentials) -> ChannelCredentials:
    """Adds credentials of calls to those of a channel.

    Args:
      channel_credentials: how to secure connections.
      *call_credentials: what each call is to send.

    Returns:
      The credentials.
    """
    result = native_channel_credentials(channel_credentials)
    for credentials in call_credentials:
        result = GrpcAio.ChannelCredentials.new_composite(result, native_call_credentials(credentials))

    return ChannelCredentials(result)


def ssl_server_credentials(private_key_certificate_chain_pairs: Sequence[Tuple[Pem, Pem]],
                           root_certificates: Optional[Pem] = None,
                           require_client_auth: bool = False) -> ServerCredentials:
    """Makes credentials for TLS.

    Args:
      private_key_certificate_chain_pairs: a list of pairs: a key of the server and its
        certificates, as PEM. A client is shown the first one that has the name it asks
        for, or the first one of all.
      root_certificates: the certificates that sign those of clients, as PEM, or None.
      require_client_auth: whether a client must have a certificate.

    Returns:
      The credentials.

    Raises:
      ValueError: for what is no PEM, or does not belong together.
    """
    (key, chain), *others = _require_pairs(private_key_certificate_chain_pairs)
    if require_client_auth and root_certificates is None:
        raise ValueError('Illegal to require client auth without providing root certificates!')
    credentials = _make(GrpcAio.ServerCredentials.new_ssl, _text(key), _text(chain), _text(root_certificates),
                        require_client_auth)
    if others:
        credentials.set_other_identities(_identities(others))

    return ServerCredentials(credentials)


def xds_server_credentials(fallback_credentials: ServerCredentials) -> ServerCredentials:
    """Makes credentials that the xDS control plane decides on.

    Args:
      fallback_credentials: what to use when it does not.

    Returns:
      The credentials.
    """
    return ServerCredentials(GrpcAio.ServerCredentials.new_xds(native_server_credentials(fallback_credentials)))


def insecure_server_credentials() -> ServerCredentials:
    """Makes credentials for a port without protection."""
    return ServerCredentials(GrpcAio.ServerCredentials.new_insecure())


class _Configuration(NamedTuple):
    identities: List[Any]
    authorities: Any


def ssl_server_certificate_configuration(
        private_key_certificate_chain_pairs: Sequence[Tuple[Pem, Pem]],
        root_certificates: Optional[Pem] = None) -> ServerCertificateConfiguration:
    """Makes a server's certificates, for `dynamic_ssl_server_credentials`.

    Args:
      private_key_certificate_chain_pairs: a list of pairs: a key of the server and its
        certificates, as PEM.
      root_certificates: the certificates that sign those of clients, as PEM, or None.

    Returns:
      The certificates.

    Raises:
      ValueError: for what is no PEM, or does not belong together.
    """
    identities = _identities(_require_pairs(private_key_certificate_chain_pairs))
    authorities = None
    if root_certificates is not None:
        authorities = _make(GrpcAio.TlsAuthorities.new_from_pem, _text(root_certificates))

    return ServerCertificateConfiguration(_Configuration(identities, authorities))


def _apply(credentials: Any, configuration: ServerCertificateConfiguration, require: bool) -> None:
    """Gives a server other certificates."""
    identities, authorities = configuration._certificate_configuration
    check = GrpcAio.TlsClientCheck
    if require and authorities is None:
        raise ValueError('Illegal to require client auth without providing root certificates!')
    if authorities is None:
        credentials.set_client_check(check.NONE, None)
    else:
        credentials.set_client_check(check.REQUIRE if require else check.REQUEST, authorities)
    credentials.set_identity(identities[0])
    credentials.set_other_identities(identities[1:])


def dynamic_ssl_server_credentials(
        initial_certificate_configuration: ServerCertificateConfiguration,
        certificate_configuration_fetcher: Callable[[], Optional[ServerCertificateConfiguration]],
        require_client_authentication: bool = False) -> ServerCredentials:
    """Makes credentials for TLS whose certificates may change.

    Args:
      initial_certificate_configuration: the certificates to begin with.
      certificate_configuration_fetcher: is called, in another thread, when clients
        connect. It returns other certificates, or None for no change.
      require_client_authentication: whether a client must have a certificate.

    Returns:
      The credentials.
    """
    (identity, *_), _ = initial_certificate_configuration._certificate_configuration

    def fetch(credentials: Any) -> None:
        try:
            configuration = certificate_configuration_fetcher()
            if configuration is not None:
                _apply(credentials, configuration, require_client_authentication)
        except Exception:  # pylint: disable=broad-except
            _LOGGER.exception('Error fetching certificate config')

    def make() -> Any:
        credentials = GrpcAio.TlsServerCredentials.new(identity)
        _apply(credentials, initial_certificate_configuration, require_client_authentication)
        credentials.connect('connecting', fetch)

        return credentials

    return ServerCredentials(run_in_background(make))


def _local_type(local_connect_type: Any) -> Any:
    """Returns the library's kind of local connection."""
    return (GrpcAio.LocalConnectionType.UDS if local_connect_type.name == 'UDS'
            else GrpcAio.LocalConnectionType.LOCAL_TCP)


def local_channel_credentials(
        local_connect_type: LocalConnectionType = LocalConnectionType.LOCAL_TCP) -> ChannelCredentials:
    """Makes credentials for connections inside this machine, which are checked for it.

    Args:
      local_connect_type: over a Unix socket, or over TCP.

    Returns:
      The credentials.
    """
    return ChannelCredentials(GrpcAio.ChannelCredentials.new_local(_local_type(local_connect_type)))


def local_server_credentials(
        local_connect_type: LocalConnectionType = LocalConnectionType.LOCAL_TCP) -> ServerCredentials:
    """Makes credentials for connections inside this machine, which are checked for it.

    Args:
      local_connect_type: over a Unix socket, or over TCP.

    Returns:
      The credentials.
    """
    return ServerCredentials(GrpcAio.ServerCredentials.new_local(_local_type(local_connect_type)))


def alts_channel_credentials(service_accounts: Optional[Sequence[str]] = None) -> ChannelCredentials:
    """Makes credentials for ALTS, which works in Google's cloud.

    Args:
      service_accounts: the accounts that a server may have, or None for any.

    Returns:
      The credentials.

    Raises:
      ValueError: outside of Google's cloud.
    """
    return ChannelCredentials(_make(GrpcAio.ChannelCredentials.new_alts, list(service_accounts or [])))


def alts_server_credentials() -> ServerCredentials:
    """Makes credentials for ALTS, which works in Google's cloud.

    Raises:
      ValueError: outside of Google's cloud.
    """
    return ServerCredentials(_make(GrpcAio.ServerCredentials.new_alts))


def compute_engine_channel_credentials(call_credentials: CallCredentials) -> ChannelCredentials:
    """Makes credentials for programs on Google's machines.

    Args:
      call_credentials: those of the machine's service account.

    Returns:
      The credentials.
    """
    return ChannelCredentials(_make(GrpcAio.ChannelCredentials.new_compute_engine,
                                    native_call_credentials(call_credentials)))


def _foreign(credentials: Any) -> Iterator[Any]:
    """Yields grpcio's own object if the credentials are grpcio's."""
    if find_grpcio() is not None and type(credentials).__module__.split('.')[0] == 'grpc':
        yield getattr(credentials, '_credentials', credentials)


def native_channel_credentials(credentials: Any) -> Any:
    """Returns the library's object. Takes grpcio's credentials, where they can be read."""
    for other in _foreign(credentials):
        if hasattr(other, '_pem_root_certificates'):
            return native_channel_credentials(ssl_channel_credentials(
                other._pem_root_certificates, other._private_key, other._certificate_chain))
        if hasattr(other, '_call_credentialses'):
            result = native_channel_credentials(other._channel_credentials)
            for each in other._call_credentialses:
                result = GrpcAio.ChannelCredentials.new_composite(result, native_call_credentials(each))
            return result
        raise TypeError(f'Credentials of grpcio cannot be used: {credentials!r}')

    return credentials._credentials


def native_call_credentials(credentials: Any) -> Any:
    """Returns the library's object. Takes grpcio's credentials, where they can be read."""
    for other in _foreign(credentials):
        plugin = getattr(getattr(other, '_metadata_plugin', None), '_metadata_plugin', None)
        if plugin is None:
            raise TypeError(f'Credentials of grpcio cannot be used: {credentials!r}')
        return metadata_call_credentials(plugin)._credentials

    return credentials._credentials


def native_server_credentials(credentials: Any) -> Any:
    """Returns the library's object."""
    for _other in _foreign(credentials):
        raise TypeError(f'Credentials of grpcio cannot be used: {credentials!r}')

    return credentials._credentials
