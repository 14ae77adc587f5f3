# SPDX-License-Identifier: LGPL-2.1-or-later

"""Tells clients which services of a server are well, as grpcio-health-checking does."""
