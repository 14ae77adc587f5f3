# SPDX-License-Identifier: LGPL-2.1-or-later

"""Draws the ratios to bare grpc-core as bars, an SVG by itself."""

from html import escape

from report import SIDES, describe, find
from scenarios import SCENARIOS, TARGETS

COLOURS = {
    'aio-loop': '#1f6fb4',
    'aio-thread': '#8fc1e8',
    'c++': '#e08214',
    'c++-callback': '#fdc47e',
    'grpc.aio': '#4d9221',
    'grpc-sync': '#a6d96a',
    'grpc-js': '#777777',
}

# White figures can be read on these.
DARK = 'aio-loop', 'c++', 'grpc.aio', 'grpc-js'

LABELS = {
    'aio-loop': 'grpc-aio-glib, loop',
    'aio-thread': 'grpc-aio-glib, thread',
    'c++': 'C++ async',
    'c++-callback': 'C++ callback',
    'grpc.aio': 'grpc.aio',
    'grpc-sync': 'Python, blocking',
    'grpc-js': 'grpc-js',
}

WIDTH = 1100
LEFT, RIGHT = 50, 20
PANEL_HEIGHT = 190
PANEL_GAP = 62
TOP = 84


def target_of(scenario, name, what):
    target = TARGETS.get(scenario)
    if target is None:
        return None
    if what == 'cpu_ratio':
        return target.cpu if name == 'aio-loop' else None
    return {'aio-loop': target.ratio, 'aio-thread': target.thread_ratio}.get(name)


class Panel:
    """The bars of one figure for one side, a group for each scenario."""

    def __init__(self, out, top, title, limit):
        self.out = out
        self.top = top
        self.limit = limit
        self.out.append(f'<text x="{LEFT}" y="{top - 10}" class="title">{escape(title)}</text>')
        for tenth in range(0, int(limit * 10) + 1, 5):
            value = tenth / 10
            y = self.y_of(value)
            kind = 'base' if value == 1 else 'grid'
            self.out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" '
                            f'class="{kind}"/>')
            self.out.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" class="scale">{value:g}</text>')

    def y_of(self, value):
        return self.top + PANEL_HEIGHT * (1 - min(value, self.limit) / self.limit)

    def bar(self, x, width, value, name, target):
        y = self.y_of(value)
        self.out.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width - 1:.1f}" '
                        f'height="{self.top + PANEL_HEIGHT - y:.1f}" fill="{COLOURS[name]}"/>')
        if target:
            line = self.y_of(target)
            self.out.append(f'<line x1="{x - 1:.1f}" x2="{x + width:.1f}" y1="{line:.1f}" '
                            f'y2="{line:.1f}" class="target"/>')
        # Numbers stand turned, so that they fit, and in the bar where there is room.
        text = f'{value:.2f}' if value < 10 else f'{value:.0f}'
        inside = self.top + PANEL_HEIGHT - y > 28
        at = self.top + PANEL_HEIGHT - 4 if inside else y - 3
        fill = '#fff' if inside and name in DARK else '#222'
        self.out.append(f'<text transform="translate({x + width / 2 + 3.2:.1f} {at:.1f}) '
                        f'rotate(-90)" font-size="9" fill="{fill}">{text}</text>')


def draw_panel(out, top, result, names, scenarios, side, what, title, limit):
    panel = Panel(out, top, title, limit)
    group = (WIDTH - LEFT - RIGHT) / len(scenarios)
    width = min(18, group * 0.86 / len(names))
    for i, scenario in enumerate(scenarios):
        rows = result['scenarios'][scenario]['summary']
        x = LEFT + group * (i + 0.5) - width * len(names) / 2
        label = SCENARIOS[scenario].title.replace(' outstanding', ' at once')
        for name in names:
            row = find(rows, name, side)
            if row is not None:
                panel.bar(x, width, row[what], name, target_of(scenario, name, what))
            x += width
        out.append(f'<text x="{LEFT + group * (i + 0.5):.1f}" y="{top + PANEL_HEIGHT + 16}" '
                   f'class="group">{escape(label)}</text>')


def draw(result):
    scenarios = [name for name in result['scenarios'] if not SCENARIOS[name].group]
    names = [name for name in COLOURS
             if any(find(result['scenarios'][scenario]['summary'], name, side)
                    for scenario in scenarios for side in SIDES)]
    env = result['environment']
    height = TOP + 4 * (PANEL_HEIGHT + PANEL_GAP)
    out = [
        '<!-- SPDX-License-Identifier: LGPL-2.1-or-later -->',
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" font-family="sans-serif" font-size="12">',
        '<style>.title{font-size:14px;font-weight:bold}.scale{text-anchor:end;fill:#555}'
        '.group{text-anchor:middle}.grid{stroke:#ddd}.base{stroke:#333;stroke-width:1.5}'
        '.target{stroke:#c00;stroke-width:2.5}.note{fill:#555;font-size:10px}</style>',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="{LEFT}" y="24" font-size="17" font-weight="bold">Compared with bare grpc-core '
        f'on the same core</text>',
    ]
    x = LEFT
    for name in names:
        out.append(f'<rect x="{x}" y="36" width="12" height="12" fill="{COLOURS[name]}"/>'
                   f'<text x="{x + 17}" y="46">{escape(LABELS[name])}</text>')
        x += 30 + 6.6 * len(LABELS[name])
    out.append(f'<line x1="{x}" x2="{x + 14}" y1="42" y2="42" class="target"/>'
               f'<text x="{x + 19}" y="46">target</text>')
    top = TOP + 12
    for what, text, limit in (('ratio', 'Calls or messages per second, {} (higher is better)', 1.5),
                              ('cpu_ratio', 'CPU for each, {} (lower is better)', 3)):
        for side in SIDES:
            if scenarios:
                draw_panel(out, top, result, names, scenarios, side, what, text.format(side), limit)
            top += PANEL_HEIGHT + PANEL_GAP
    out.append(f'<text x="{LEFT}" y="{height - 14}" class="note">'
               f'{env["date"][:10]}, {escape(describe(env))}; bars beyond the scale are cut</text>')
    out.append('</svg>')
    return '\n'.join(out) + '\n'
