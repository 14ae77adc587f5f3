# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs the programs of the benchmark and takes the measurements."""

import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import time


class Failure(Exception):
    pass


class Program:
    """A client and server by one implementation."""

    def __init__(self, name, command, args=(), env=None, warm_up=0):
        self.name = name
        self.command = [str(part) for part in command]
        self.args = list(args)
        self.env = dict(os.environ, **(env or {}))
        # Seconds that a compiler needs that works while the program runs.
        self.warm_up = warm_up


class Variant:
    """A client and a server, of which at most one is not the yardstick."""

    def __init__(self, name, side, client, server):
        self.name = name
        self.side = side
        self.client = client
        self.server = server
        self.key = f'{name} {side}'


def make_variants(programs):
    core = programs['core']
    variants = [
        Variant('base', '', core, core),
        Variant('core', 'client', core, core),
    ]
    for name, program in programs.items():
        if name != 'core':
            variants.append(Variant(name, 'client', program, core))
            variants.append(Variant(name, 'server', core, program))
    return variants


def progress(text):
    if sys.stderr.isatty():
        print(f'\r\033[K{text}', end='', file=sys.stderr, flush=True)


# Processes


def pin_of(pin, side):
    if pin == 'none':
        return None
    cores = sorted(os.sched_getaffinity(0))
    if pin == 'same':
        return {cores[0]}
    if len(cores) < 2:
        raise Failure('--pin each needs two cores')
    return {cores[0 if side == 'server' else 1]}


def pin_process(cores):
    if cores is None:
        return None
    return lambda: os.sched_setaffinity(0, cores)


@contextlib.contextmanager
def certificate():
    """A folder with a key and a certificate that vouches for itself."""
    with tempfile.TemporaryDirectory() as folder:
        command = ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
                   'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
                   '-keyout', f'{folder}/key.pem', '-out', f'{folder}/certificate.pem',
                   '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
        try:
            subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        except (OSError, subprocess.CalledProcessError):
            raise Failure('TLS needs a certificate, and openssl made none') from None
        yield folder


@contextlib.contextmanager
def serving(program, pin, unix=False, options=(), prefix=()):
    with tempfile.TemporaryDirectory() as folder:
        address = f'unix:{folder}/socket' if unix else '127.0.0.1:0'
        process = subprocess.Popen([*prefix, *program.command, *program.args, 'server', address,
                                    *options],
                                   env=program.env, stdout=subprocess.PIPE, text=True,
                                   preexec_fn=pin_process(pin_of(pin, 'server')))
        try:
            port = process.stdout.readline().strip()
            if not port:
                raise Failure(f'The server of {program.name} did not start')
            yield process, address if unix else f'127.0.0.1:{port}'
            if process.poll() is not None:
                raise Failure(f'The server of {program.name} ended with {process.returncode}')
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                raise Failure(f'The server of {program.name} did not end at SIGTERM') from None
            finally:
                process.stdout.close()
    if process.returncode != 0:
        raise Failure(f'The server of {program.name} ended with {process.returncode}')


def call(program, pin, target, options, prefix=(), timeout=60):
    command = [*prefix, *program.command, *program.args, 'client', target, *options]
    try:
        done = subprocess.run(command, env=program.env, stdout=subprocess.PIPE, text=True,
                              timeout=timeout, preexec_fn=pin_process(pin_of(pin, 'client')))
    except subprocess.TimeoutExpired:
        raise Failure(f'The client of {program.name} hangs: {" ".join(command)}') from None
    if done.returncode != 0:
        raise Failure(f'The client of {program.name} failed: {" ".join(command)}')
    return json.loads(done.stdout.splitlines()[-1])


def read_rss(pid):
    pages = int(pathlib.Path(f'/proc/{pid}/statm').read_text(encoding='ascii').split()[1])
    return pages * os.sysconf('SC_PAGE_SIZE')


def read_use(pid):
    """Processor time of a process, as clock_getcpuclockid () has it, and its
    changes of context."""
    switches = 0
    for task in os.listdir(f'/proc/{pid}/task'):
        status = pathlib.Path(f'/proc/{pid}/task/{task}/status').read_text(encoding='utf-8')
        switches += sum(int(count) for count in re.findall(r'ctxt_switches:\s*(\d+)', status))
    return {'cpu': time.clock_gettime(~pid << 3 | 2), 'switches': switches}


class Pair:
    """A client and a server that wait for their next slice."""

    def __init__(self, stack, pin, variant, scenario, options, tls=None, valgrind=()):
        self.variant = variant
        tls_options = ['--tls', tls] if tls else []
        prefix = {variant.side: valgrind}
        self.server, target = stack.enter_context(
            serving(variant.server, pin, scenario.unix, tls_options, prefix.get('server', ())))
        command = [*prefix.get('client', ()), *variant.client.command, *variant.client.args,
                   'client', target, *scenario.options, *tls_options, *options,
                   '--peer', str(self.server.pid), '--slices']
        self.process = subprocess.Popen(command, env=variant.client.env, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True,
                                        preexec_fn=pin_process(pin_of(pin, 'client')))
        stack.callback(self.end)

    def go_on(self):
        try:
            self.process.stdin.write('\n')
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Failure(f'The client of {self.variant.key} ended') from None

    def read(self, process, side):
        if not select.select([process.stdout], [], [], 60)[0]:
            raise Failure(f'The {side} of {self.variant.key} hangs')
        line = process.stdout.readline()
        if not line:
            raise Failure(f'The {side} of {self.variant.key} ended')
        return json.loads(line)

    def measure(self):
        self.go_on()
        return self.read(self.process, 'client')

    def warm_up(self):
        end = time.monotonic() + max(self.variant.client.warm_up, self.variant.server.warm_up)
        self.measure()
        while time.monotonic() < end:
            self.measure()

    def read_memory(self):
        """What both sides hold at each step of opening channels and streams; the
        last step is not left."""
        steps = {}
        while 'streams' not in steps:
            if steps:
                self.go_on()
            report = self.read(self.process, 'client')
            step = steps[report['step']] = {
                'client': {'heap': report['heap'], 'rss': read_rss(self.process.pid)},
                'server': {'rss': read_rss(self.server.pid)},
            }
            self.server.send_signal(signal.SIGUSR1)
            step['server']['heap'] = self.read(self.server, 'server')['heap']
        return steps

    def read_use(self):
        return {'client': read_use(self.process.pid), 'server': read_use(self.server.pid)}

    def end(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failure(f'The client of {self.variant.key} does not end') from None
        finally:
            self.process.stdout.close()


# Measurements


def in_turns(todo, round_number):
    """Each round starts elsewhere and goes the other way than the one before."""
    shift = round_number // 2 % len(todo)
    turned = todo[shift:] + todo[:shift]
    return turned[::-1] if round_number % 2 else turned


def run_scenarios(args, variants, scenarios):
    """All measurements of @scenarios, whose slices stand side by side: of each
    scenario, of each variant, for each round, the slices; and what was held at
    the steps of opening streams."""
    first = scenarios[0]
    rounds = min(args.rounds, first.rounds or args.rounds)
    slices = first.slices or args.slices
    todo = [(scenario, variant) for scenario in scenarios for variant in variants]
    raw = {scenario.name: {variant.key: [] for variant in variants} for scenario in scenarios}
    memory = {}
    for i in range(rounds):
        progress(f'{first.group or first.name}, round {i + 1} of {rounds}')
        with contextlib.ExitStack() as stack:
            tls = stack.enter_context(certificate()) if first.tls else None
            pairs = []
            for scenario, variant in in_turns(todo, i):
                options = ['--warm-up', str(scenario.warm_up or args.warm_up),
                           '--seconds', str(scenario.slice or args.slice)]
                pair = Pair(stack, scenario.pin or args.pin, variant, scenario, options, tls)
                measured = []
                raw[scenario.name][variant.key].append(measured)
                pairs.append((pair, measured))
                if scenario.streams:
                    memory[variant.key] = pair.read_memory()
                    pair.go_on()
                pair.warm_up()
            for j in range(slices):
                for pair, measured in pairs[::-1] if j % 2 else pairs:
                    measured.append(pair.measure())
    progress('')
    return raw, memory


def run_memory(args, variants, scenario):
    """What is held at the steps of opening channels and streams."""
    memory = {}
    for variant in variants:
        progress(f'{scenario.name}, {variant.key}')
        with contextlib.ExitStack() as stack:
            pair = Pair(stack, args.pin, variant, scenario, ['--seconds', '0'])
            memory[variant.key] = pair.read_memory()
            pair.go_on()
    progress('')
    return memory


def run_idle(args, variants, scenario, rounds, seconds):
    """What quiet channels and streams hold, and what they cost, per second."""
    uses = {variant.key: [] for variant in variants}
    memory = {}
    options = ['--idle', str(seconds + 2 + len(variants))]
    for i in range(rounds):
        progress(f'{scenario.name}, round {i + 1} of {rounds}')
        begin, end = {}, {}
        with contextlib.ExitStack() as stack:
            pairs = [Pair(stack, args.pin, variant, scenario, options) for variant in variants]
            for pair in pairs:
                memory[pair.variant.key] = pair.read_memory()
            for pair in pairs:
                pair.go_on()
            time.sleep(1)
            for values, pause in (begin, seconds), (end, 0):
                for pair in pairs:
                    values[pair.variant.key] = pair.read_use()
                time.sleep(pause)
        for key, use in uses.items():
            use.append({
                side: {what: (end[key][side][what] - begin[key][side][what]) / seconds
                       for what in ('cpu', 'switches')}
                for side in ('client', 'server')
            })
    progress('')
    return {
        key: {
            'memory': memory[key],
            'measurements': use,
            'use': {
                side: {what: statistics.median(one[side][what] for one in use)
                       for what in ('cpu', 'switches')}
                for side in ('client', 'server')
            },
        }
        for key, use in uses.items()
    }


def count_instructions(variant, scenario, ops):
    """User instructions of the varied side for one of @ops unary calls, when as
    many were made before."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        out = pathlib.Path(folder) / 'callgrind'
        valgrind = ['valgrind', '-q', '--tool=callgrind', f'--callgrind-out-file={out}']
        pair = Pair(stack, 'none', variant, scenario, ['--ops', str(ops)], valgrind=valgrind)
        for _ in range(2):
            pair.measure()
            if variant.side == 'server':
                pair.server.send_signal(signal.SIGUSR1)
                pair.read(pair.server, 'server')
        count = pathlib.Path(f'{out}.2')
        if not count.exists():
            raise Failure('The programs were built without the headers of valgrind')
        return int(re.search(r'^(?:totals|summary): (\d+)', count.read_text(), re.M).group(1)) / ops


def run_callgrind(variants, scenario, ops):
    """Instructions per call, of each variant."""
    progress('callgrind')
    workers = len(os.sched_getaffinity(0))
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        counts = {variant.key: pool.submit(count_instructions, variant, scenario, ops)
                  for variant in variants}
        counts = {key: count.result() for key, count in counts.items()}
    progress('')
    return counts


# Figures


def cost_keys(side):
    prefix = 'peer_' if side == 'server' else ''
    return f'{prefix}cpu_usec_per_op', f'{prefix}switches_per_op'


def ratios_of(mine, base, key):
    """Of each round: the median of the ratios of slices that stood together."""
    return [statistics.median(m[key] / b[key] for m, b in zip(my_round, base_round))
            for my_round, base_round in zip(mine, base)]


def summarize(raw, peers):
    """A row for each variant; @peers are the programs to compare the same side
    with."""
    rows = []
    base = raw['base ']
    for key, mine in raw.items():
        name, side = key.split(' ')
        slices = [one for round_ in mine for one in round_]
        cpu, switches = cost_keys(side)
        ratios = ratios_of(mine, base, 'ops_per_second')
        cpu_ratios = ratios_of(mine, base, cpu)
        rows.append({
            'variant': name,
            'side': side,
            'ops_per_second': statistics.median(one['ops_per_second'] for one in slices),
            'ratio': statistics.median(ratios),
            'ratio_min': min(ratios),
            'ratio_max': max(ratios),
            'cpu_usec_per_op': statistics.median(one[cpu] for one in slices),
            'cpu_ratio': statistics.median(cpu_ratios),
            'cpu_ratio_min': min(cpu_ratios),
            'cpu_ratio_max': max(cpu_ratios),
            'switches_per_op': statistics.median(one[switches] for one in slices),
            **{key: statistics.median(one[key] for one in slices)
               for key in ('p50_usec', 'p99_usec')},
            'vs': {peer: statistics.median(ratios_of(mine, raw[f'{peer} {side}'], 'ops_per_second'))
                   for peer in peers if f'{peer} {side}' in raw and peer != name},
        })
    return rows


def per_item(memory, key, step, before, n):
    """Bytes that each of @n things holds, heap and resident, on one side."""
    name, side = key.split(' ')
    sides = [side] if side else ['client', 'server']
    return {
        side: {what: (memory[key][step][side][what] - memory[key][before][side][what]) / n
               for what in ('heap', 'rss')}
        for side in sides
    }


def summarize_memory(memory, step, before, n):
    """Rows of bytes for each thing, and how many more than the yardstick's."""
    base = per_item(memory, 'base ', step, before, n)
    rows = []
    for key in memory:
        for side, values in per_item(memory, key, step, before, n).items():
            rows.append({
                'variant': key.split(' ')[0],
                'side': side,
                **values,
                'heap_over': values['heap'] - base[side]['heap'],
                'rss_over': values['rss'] - base[side]['rss'],
            })
    return rows
