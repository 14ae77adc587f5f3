# SPDX-License-Identifier: LGPL-2.1-or-later

"""Version v1 of the protocol."""
