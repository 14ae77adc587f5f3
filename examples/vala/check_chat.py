#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Has members of the chat room in Vala talk to each other."""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

TIMEOUT_SEC = 60


class Program:
    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def say(self, line):
        self.process.stdin.write(line + '\n')
        self.process.stdin.flush()

    def hear(self):
        return self.process.stdout.readline().rstrip('\n')

    def leave(self):
        """Returns what else it heard, and its exit status."""
        rest, _ = self.process.communicate(timeout=TIMEOUT_SEC)
        return rest, self.process.returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--server', required=True)
    parser.add_argument('--client', required=True)
    args = parser.parse_args()
    heard = []

    with tempfile.TemporaryDirectory() as folder:
        target = f'unix:{Path(folder, "socket")}'
        server = Program(args.server, '--address', target)
        heard.append(('the server listens', server.hear(), f'Listening on {target}'))

        ada = Program(args.client, '--target', target, 'Ada')
        ada.say('Is anybody here?')
        heard.append(('Ada hears herself', ada.hear(), 'Ada: Is anybody here?'))

        ben = Program(args.client, '--target', target, 'Ben')
        heard.append(('Ben hears what was said', ben.hear(), 'Ada: Is anybody here?'))
        ben.say('I am.')
        heard.append(('Ben hears himself', ben.hear(), 'Ben: I am.'))
        heard.append(('Ada hears Ben', ada.hear(), 'Ben: I am.'))

        heard.append(('Ada leaves', ada.leave(), ('', 0)))
        ben.say('Ada?')
        heard.append(('Ben is alone', ben.hear(), 'Ben: Ada?'))

        # The server ends while he is there.
        server.process.terminate()
        heard.append(('the server stops', server.leave(), ('Stopped\n', 0)))
        heard.append(('Ben is told', ben.leave(), ('', 1)))

    for number, (name, actual, expected) in enumerate(heard, 1):
        print('ok' if actual == expected else 'not ok', number, name)
        if actual != expected:
            print(f'# {actual!r}, not {expected!r}')
    print(f'1..{len(heard)}')

    return 0 if all(actual == expected for _, actual, expected in heard) else 1


if __name__ == '__main__':
    sys.exit(main())
