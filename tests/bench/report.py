# SPDX-License-Identifier: LGPL-2.1-or-later

"""Tables of what was measured: as text, and in Markdown against the targets."""

import statistics

from measure import cost_keys, ratios_of
from scenarios import (INSTRUCTIONS_TARGET, LOAD_TARGET, OURS, SCENARIOS, STREAM_BYTES_TARGET,
                       TARGETS, WORKERS_TARGET, Target)

SIDES = 'client', 'server'


def name_of(row):
    return f'{row["variant"]} {row["side"]}'


def print_rows(scenario, rows, peers):
    transport = 'unix socket' if scenario.unix else 'loopback TCP'
    print(f'\n{scenario.name}: {scenario.title}, {transport}')
    heads = ''.join(f' {"vs " + peer:>11}' for peer in peers)
    print(f'  {"varied":<22} {"calls/s":>9} {"ratio":>6} {"min-max":>11}'
          f' {"CPU µs":>8} {"ratio":>6} {"min-max":>11} {"switches":>9} {"p50 µs":>8} {"p99 µs":>8}'
          + heads)
    for row in rows:
        spread = f'{row["ratio_min"]:.2f}-{row["ratio_max"]:.2f}'
        cpu_spread = f'{row["cpu_ratio_min"]:.2f}-{row["cpu_ratio_max"]:.2f}'
        line = (f'  {name_of(row):<22} {row["ops_per_second"]:>9.0f} {row["ratio"]:>6.2f} {spread:>11}'
                f' {row["cpu_usec_per_op"]:>8.2f} {row["cpu_ratio"]:>6.2f} {cpu_spread:>11}'
                f' {row["switches_per_op"]:>9.2f} {row["p50_usec"]:>8.1f} {row["p99_usec"]:>8.1f}')
        for peer in peers:
            line += f' {row["vs"][peer]:>11.2f}' if peer in row['vs'] else f' {"":>11}'
        print(line.rstrip())


def print_memory(title, rows):
    print(f'\nBytes for each {title}')
    print(f'  {"":<22} {"heap":>9} {"over base":>10} {"resident":>9} {"over base":>10}')
    for row in rows:
        print(f'  {name_of(row):<22} {row["heap"]:>9.0f} {row["heap_over"]:>10.0f}'
              f' {row["rss"]:>9.0f} {row["rss_over"]:>10.0f}')


def idle_rows(idle):
    """Each second, on the varied side, what is more than the yardstick's."""
    rows = []
    base = idle['base ']['use']
    for key, values in idle.items():
        name, varied = key.split(' ')
        for side in [varied] if varied else SIDES:
            use = values['use'][side]
            rows.append({
                'variant': name,
                'side': side,
                'wakeups': use['switches'],
                'wakeups_over': use['switches'] - base[side]['switches'],
                'cpu_usec': use['cpu'] * 1e6,
                'cpu_usec_over': (use['cpu'] - base[side]['cpu']) * 1e6,
            })
    return rows


def print_idle(title, idle):
    print(f'\nAt rest, each second, with {title}')
    print(f'  {"":<22} {"switches":>9} {"over base":>10} {"CPU µs":>9} {"over base":>10}')
    for row in idle_rows(idle):
        print(f'  {name_of(row):<22} {row["wakeups"]:>9.1f} {row["wakeups_over"]:>10.1f}'
              f' {row["cpu_usec"]:>9.0f} {row["cpu_usec_over"]:>10.0f}')


def callgrind_rows(counts):
    rows = []
    for key, count in counts.items():
        name, side = key.split(' ')
        rows.append({'variant': name, 'side': side, 'instructions': count,
                     'ratio': count / counts[f'core {side}']})
    return rows


def print_callgrind(counts):
    print('\nUser instructions for one unary call (callgrind)')
    for row in callgrind_rows(counts):
        print(f'  {name_of(row):<22} {row["instructions"]:>9.0f} {row["ratio"]:>6.3f}')


def worker_rows(raw):
    """What two workers gain over one; and what part of the cores the client took
    meanwhile, which a server without fault had lacked, too."""
    rows = []
    for name in OURS:
        one, two = (raw.get(f'{name}-{n} server') for n in (1, 2))
        if one is None or two is None:
            continue
        slices = [slice_ for round_ in two for slice_ in round_]
        client, server = (sum(slice_[key] * slice_['ops'] for slice_ in slices)
                          for key in ('cpu_usec_per_op', 'peer_cpu_usec_per_op'))
        ratios = ratios_of(two, one, 'ops_per_second')
        rows.append({
            'variant': name,
            'side': 'server',
            'ratio': statistics.median(ratios),
            'ratio_min': min(ratios),
            'ratio_max': max(ratios),
            'cpu_usec_per_op': statistics.median(slice_['peer_cpu_usec_per_op']
                                                 for slice_ in slices),
            'client_share': client / (client + server),
        })
    return rows


def print_workers(title, raw):
    print(f'\n{title}: calls/s with two workers to one')
    print(f'  {"":<22} {"ratio":>6} {"min-max":>11} {"CPU µs":>8} {"CPU of the client":>18}')
    for row in worker_rows(raw):
        spread = f'{row["ratio_min"]:.2f}-{row["ratio_max"]:.2f}'
        print(f'  {name_of(row):<22} {row["ratio"]:>6.2f} {spread:>11}'
              f' {row["cpu_usec_per_op"]:>8.0f} {row["client_share"] * 100:>16.0f} %')


# Against the targets


def number_of(text):
    return float(text.strip('%').replace(',', ''))


def shown(value, form):
    text = form.format(value)
    return text.replace('-', '') if number_of(text) == 0 else text


def verdict(value, target, most, form):
    """What is shown decides, so that nobody reads of a missed 0.95."""
    text = shown(value, form)
    if target is None:
        return text
    mine, aim = number_of(text), number_of(shown(target, form))
    return f'{text} {"✓" if (mine <= aim if most else mine >= aim) else "✗"}'


def cell(values, targets, most=False, form='{:.2f}'):
    """Several figures and what they should be, each its own or all the same."""
    if all(value is None for value in values):
        return ''
    texts = [verdict(value, target, most, form) if value is not None else '?'
             for value, target in zip(values, targets)]
    limits = [f' ({"≤" if most else "≥"} {shown(target, form)})' if target is not None else ''
              for target in targets]
    if len(set(limits)) == 1:
        return ', '.join(texts) + limits[0]
    return ', '.join(text + limit for text, limit in zip(texts, limits))


def table(heads, rows):
    """In Markdown, without columns that hold nothing."""
    used = [i for i in range(len(heads)) if any(row[i] for row in rows)]
    lines = [heads, ['---'] * len(heads), *rows]
    return ['| ' + ' | '.join(line[i] for i in used) + ' |' for line in lines] if rows else []


def find(rows, variant, side):
    return next((row for row in rows if row['variant'] == variant and row['side'] == side), None)


def speed_table(result, ours):
    """The table of the acceptance for one engine."""
    loop = ours == 'aio-loop'
    rows = []
    for name, measured in result['scenarios'].items():
        scenario = SCENARIOS[name]
        found = [find(measured['summary'], ours, side) for side in SIDES]
        if scenario.group or None in found:
            continue
        target = TARGETS.get(name, Target()) if loop else Target(ratio=TARGETS[name].thread_ratio
                                                                 if name in TARGETS else None)
        versus = [[row['vs'].get(peer) for row in found] for peer in ('c++', 'grpc.aio')]
        rows.append([
            scenario.title,
            cell([row['ratio'] for row in found], [target.ratio] * 2),
            cell([row['cpu_ratio'] for row in found], [target.cpu] * 2, most=True),
            cell(versus[0], [target.cpp] * 2),
            cell(versus[1], [target.aio_client, target.aio_server], form='{:.1f}'),
        ])
    return table(['client, server', 'calls/s to bare core', 'CPU per call to bare core',
                  'calls/s to C++ async', 'calls/s to grpc.aio'], rows)


def load_growth(result, variant, side):
    """Processor time for each call, at 10,000 outstanding against 100."""
    key = 'base ' if variant == 'base' else f'{variant} {side}'
    try:
        many, few = (result['scenarios'][f'outstanding-{n}']['measurements'][key]
                     for n in (10000, 100))
    except KeyError:
        return None
    return statistics.median(ratios_of(many, few, cost_keys(side)[0]))


def percent_over(ratio):
    return None if ratio is None else (ratio - 1) * 100


def other_table(result):
    """What is no ratio of speeds, for both engines and sides."""
    columns = [(variant, side) for variant in OURS for side in SIDES]
    rows = []

    def add(title, values, target=None, most=True, form='{:.2f}'):
        if any(value is not None for value in values):
            limit = f' ({"≤" if most else "≥"} {shown(target, form)})' if target is not None else ''
            rows.append([title + limit, *('' if value is None else
                                          verdict(value, target, most, form)
                                          for value in values)])

    def pick(found, key, factor=1):
        values = [(find(found, *column) or {}).get(key) for column in columns]
        return [None if value is None else value * factor for value in values]

    add('instructions per unary call over bare core, %',
        [percent_over(ratio) for ratio in pick(callgrind_rows(result.get('callgrind', {})), 'ratio')],
        percent_over(INSTRUCTIONS_TARGET), form='{:+.1f}')
    add('bytes of heap per open stream over bare core', pick(result.get('streams', []), 'heap_over'),
        STREAM_BYTES_TARGET, form='{:,.0f}')
    add('the same over bare core that waits for the status all the time',
        over_separate(result.get('streams', []), columns), STREAM_BYTES_TARGET, form='{:,.0f}')
    add('bytes of heap per idle channel over bare core',
        pick(result.get('channels', []), 'heap_over'), form='{:,.0f}')
    idle = idle_rows(result['idle']) if 'idle' in result else []
    add('wake-ups per second at rest over bare core', pick(idle, 'wakeups_over'), 0, form='{:.0f}')
    add('CPU at rest over bare core, % of a core', pick(idle, 'cpu_usec_over', 1e-4), 0)
    add('CPU per call, 10,000 outstanding to 100',
        [load_growth(result, *column) for column in columns], LOAD_TARGET)
    add('the same of bare core', [load_growth(result, 'base', side) for _, side in columns])
    add('calls/s with two workers to one', pick(worker_rows(result.get('workers', {})), 'ratio'),
        WORKERS_TARGET, most=False)
    return table(['', 'loop, client', 'loop, server', 'thread, client', 'thread, server'], rows)


def over_separate(rows, columns):
    values = []
    for variant, side in columns:
        mine, bare = find(rows, variant, side), find(rows, 'core-separate', side)
        values.append(mine['heap'] - bare['heap'] if mine and bare else None)
    return values


def describe(env):
    return (f'{env["processor"]}, {env["cores"]} cores, Linux {env["kernel"]}, '
            f'load {env["load"]:.2f}; grpc-core {env["versions"]["grpc"]}, '
            f'GLib {env["versions"]["glib-2.0"]}; build type {env["build_type"] or "unknown"}')


def make_markdown(result):
    env = result['environment']
    lines = [f'`{env["command"]}`, {env["date"][:10]}: {describe(env)}. Medians of {env["rounds"]} '
             f'rounds, client and then server; ✓ and ✗ tell whether the target in brackets was met.']
    tables = [
        ('In the main loop:', speed_table(result, 'aio-loop')),
        ('With a thread that polls, the fallback:', speed_table(result, 'aio-thread')),
        ('Beside speed:', other_table(result)),
    ]
    for title, rows in tables:
        if rows:
            lines += ['', title, '', *rows]
    return '\n'.join(lines) + '\n'


def write_markdown(path, text):
    """Into the place that is marked for it, where there is one."""
    begin, end = '<!-- tests/bench/run --markdown: begin -->\n', '<!-- end -->\n'
    old = path.read_text() if path.exists() else ''
    if begin in old:
        head, rest = old.split(begin, 1)
        text = f'{head}{begin}\n{text}\n{end}{rest.split(end, 1)[1]}'
    path.write_text(text)
