#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs a target of libFuzzer for a while, from the inputs of a folder. What it
finds goes to a folder of its own, which ends with the run; an input that breaks
the target is printed in base64 by libFuzzer itself."""

import argparse
import os
import random
import subprocess
import sys
import tempfile


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition('\n\n')[0])
    parser.add_argument('--runs', type=int, required=True)
    parser.add_argument('--max-seconds', type=int, required=True)
    parser.add_argument('--protos', required=True, help='a descriptor set with the messages to try')
    parser.add_argument('target')
    parser.add_argument('corpus')
    arguments = parser.parse_args()

    seed = int(os.environ.get('GRPC_AIO_FUZZ_SEED') or random.randrange(1, 2**31))
    print('GRPC_AIO_FUZZ_SEED =', seed, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        result = subprocess.run([
            arguments.target,
            f'-artifact_prefix={folder}/',
            f'-max_total_time={arguments.max_seconds}',
            f'-runs={arguments.runs}',
            f'-seed={seed}',
            '-malloc_limit_mb=512',
            '-max_len=4096',
            '-timeout=20',
            folder,
            arguments.corpus,
        ], check=False, env={**os.environ, 'GRPC_AIO_FUZZ_PROTOS': arguments.protos})

    return result.returncode


if __name__ == '__main__':
    sys.exit(main())
