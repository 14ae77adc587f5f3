# SPDX-License-Identifier: LGPL-2.1-or-later

"""Modules of .proto files, compiled when they are needed by grpcio-tools."""

import importlib
from types import ModuleType
from typing import Any, Tuple


def _compile(name: str, protobuf_path: str) -> Any:
    try:
        protoc = importlib.import_module('grpc_tools.protoc')
        function = getattr(protoc, f'_{name}')
    except (AttributeError, ImportError):
        raise NotImplementedError(
            f'Install the grpcio-tools package (1.32.0+) to use the {name} function.') from None

    return function(protobuf_path)


def protos(protobuf_path: str) -> ModuleType:
    """Returns the module of the messages in a .proto file.

    Args:
      protobuf_path: the file, below a directory in `sys.path`.
    """
    module: ModuleType = _compile('protos', protobuf_path)

    return module


def services(protobuf_path: str) -> ModuleType:
    """Returns the module of the services in a .proto file.

    Args:
      protobuf_path: the file, below a directory in `sys.path`.
    """
    module: ModuleType = _compile('services', protobuf_path)

    return module


def protos_and_services(protobuf_path: str) -> Tuple[ModuleType, ModuleType]:
    """Returns the modules of the messages and of the services in a .proto file.

    Args:
      protobuf_path: the file, below a directory in `sys.path`.
    """
    modules: Tuple[ModuleType, ModuleType] = _compile('protos_and_services', protobuf_path)

    return modules
