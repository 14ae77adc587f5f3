#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Adds up what runs of `meson test` found.

Each argument is LABEL=STATUS=LOGBASE: a name for the run, the exit status of
`meson test`, and its log files without their ending. A test that reports
subtests counts as many times as it has subtests. The last line is
"N passed, N failed, N skipped"; the exit status is 1 unless something ran and
nothing failed.
"""

import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

EXCERPT_LINES = 60
GOOD = {'OK', 'EXPECTEDFAIL'}
PROJECT = 'grpc-aio-glib'
# What a test prints stands in meson's XML, even what XML does not allow.
NOT_XML = re.compile(r'[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]')


def subtests_of(junit):
    """For each test with subtests, how they ended."""
    counts = {}
    text = Path(junit).read_text(encoding='utf-8', errors='replace')
    for suite in ElementTree.fromstring(NOT_XML.sub('?', text)).iter('testsuite'):
        if suite.get('name') == PROJECT:
            continue
        count = counts.setdefault(suite.get('name'), Counter())
        for case in suite.iter('testcase'):
            if case.find('failure') is not None or case.find('error') is not None:
                count['failed'] += 1
            elif case.find('skipped') is not None:
                count['skipped'] += 1
            else:
                count['passed'] += 1
    return counts


def count_test(result, subtests):
    count = Counter(subtests)
    if result == 'SKIP':
        count['skipped'] += not subtests
    elif result in GOOD:
        count['passed'] += not subtests
    else:
        # A crash or a time-out fails a test whose subtests passed so far.
        count['failed'] += count['failed'] == 0
    return count


def excerpt_of(test):
    """What a failed test said; meson shows the standard error of tests with subtests, but not their output."""
    lines = test['stdout'].splitlines()
    errors = test.get('stderr', '').splitlines()
    bad = [number for number, line in enumerate(lines) if re.match(r'not ok(?!.*# *TODO)|Bail out!', line)]
    start = bad[0] if bad else len(lines) - EXCERPT_LINES // 2
    shown = lines[max(0, start):][:EXCERPT_LINES]
    if not bad:
        # It crashed or was killed: the reason is not in its output.
        shown += [f'exit status {test["returncode"]}', *errors[-EXCERPT_LINES:]]

    return '\n'.join(f'    {line}' for line in shown)


def count_run(logbase):
    """Counts by suite, and what to say of the tests that failed."""
    suites = {}
    bad = []
    subtests = subtests_of(f'{logbase}.junit.xml')

    for line in Path(f'{logbase}.json').read_text(encoding='utf-8').splitlines():
        test = json.loads(line)
        name = test['name']
        suite = name.split(' / ')[0].rpartition(':')[2] if ' / ' in name else ''
        count = count_test(test['result'], subtests.get(f'{PROJECT}.{name}', {}))
        suites.setdefault(suite, Counter()).update(count)
        if count['failed']:
            bad.append(f'{name}: {test["result"]}\n{excerpt_of(test)}'.rstrip())
    return suites, bad


def row(label, suite, count):
    return f'{label:<26}{suite:<13}{count["passed"]:>8}{count["failed"]:>8}{count["skipped"]:>9}'


def main():
    total = Counter()
    failures = []
    print(f'{"run":<26}{"suite":<13}{"passed":>8}{"failed":>8}{"skipped":>9}')

    for argument in sys.argv[1:]:
        label, status, logbase = argument.split('=', 2)
        suites, bad = {}, []
        if Path(f'{logbase}.json').exists():
            suites, bad = count_run(logbase)
        if not suites:
            bad = [f'failed with status {status}' if not logbase else f'no test ran (status {status})']
        elif int(status) != 0 and not bad:
            bad = [f'meson test ended with status {status}']
        if bad and not any(count['failed'] for count in suites.values()):
            suites['-'] = Counter(failed=1)

        for suite, count in sorted(suites.items()):
            print(row(label, suite, count))
            total += count
        failures += [f'{label}: {line}' for line in bad]

    if failures:
        print('\nFailed:')
        for line in failures:
            print(f'  {line}')

    print(f'\n{total["passed"]} passed, {total["failed"]} failed, {total["skipped"]} skipped')

    return 1 if failures or not total['passed'] else 0


if __name__ == '__main__':
    sys.exit(main())
