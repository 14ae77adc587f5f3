# SPDX-License-Identifier: LGPL-2.1-or-later

"""Lets `import grpc` of generated code find this package when grpcio is not installed.

It is asked after all others, so that grpcio comes first where it is.
"""

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from types import ModuleType
from typing import Any, Optional

_NAME = 'grpc'
_OURS = 'grpc_aio_glib'


class _Loader(importlib.abc.Loader):
    """Loads nothing: gives a module that is there another name."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._spec: Any = None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        module = importlib.import_module(self._name)
        self._spec = module.__spec__

        return module

    def exec_module(self, module: ModuleType) -> None:
        # The module keeps its own name.
        module.__spec__ = self._spec


def _alias(name: str) -> Optional[importlib.machinery.ModuleSpec]:
    ours = _OURS + name[len(_NAME):]
    try:
        module = importlib.import_module(ours)
    except ModuleNotFoundError as error:
        if error.name != ours:
            raise
        return None

    return importlib.util.spec_from_loader(name, _Loader(ours), is_package=hasattr(module, '__path__'))


class _PackageFinder(importlib.abc.MetaPathFinder):
    """Finds `grpc`, where nobody else did."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Optional[importlib.machinery.ModuleSpec]:
        return _alias(fullname) if fullname == _NAME else None


class _ModuleFinder(importlib.abc.MetaPathFinder):
    """Finds `grpc.aio` and the like, once `grpc` is this package."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Optional[importlib.machinery.ModuleSpec]:
        if not fullname.startswith(_NAME + '.') or sys.modules.get(_NAME) is not sys.modules.get(_OURS):
            return None

        return _alias(fullname)


def install() -> None:
    """Begins to stand in, once."""
    if not any(isinstance(finder, _ModuleFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _ModuleFinder())
        sys.meta_path.append(_PackageFinder())
