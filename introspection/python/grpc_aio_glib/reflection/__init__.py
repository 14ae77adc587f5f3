# SPDX-License-Identifier: LGPL-2.1-or-later

"""Tells clients which services a server has, as grpcio-reflection does."""
