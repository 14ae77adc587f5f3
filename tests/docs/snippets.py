# SPDX-License-Identifier: LGPL-2.1-or-later

"""Finds the blocks of code in guides and doc comments."""

import re
import textwrap

FENCE = re.compile(r'^ *```(?P<language>\w*)\s*$')
COMMENT = re.compile(r'/\*\*\n(.*?)\*/', re.DOTALL)


class Block:
    def __init__(self, language, line, text):
        self.language = language
        self.line = line
        self.text = text


def blocks_of_markdown(text, first_line=1):
    """Yields the fenced blocks of a text, with the lines they start in."""
    fence = None
    for number, line in enumerate(text.split('\n'), first_line):
        match = FENCE.match(line)
        if match is None:
            if fence is not None:
                lines.append(line)
        elif fence is None:
            fence, start, lines = match, number + 1, []
        else:
            yield Block(fence['language'], start, textwrap.dedent('\n'.join(lines)) + '\n')
            fence = None
    if fence is not None:
        raise SystemExit(f'line {start - 1}: the block has no end')


def blocks_of_source(text):
    """Yields the fenced blocks of the doc comments of a C file."""
    for comment in COMMENT.finditer(text):
        first_line = text.count('\n', 0, comment.start(1)) + 1
        body = '\n'.join(re.sub(r'^ \* ?', '', line) for line in comment[1].split('\n'))
        yield from blocks_of_markdown(body, first_line)


def blocks_of(path):
    text = path.read_text(encoding='utf-8')
    if path.suffix == '.md':
        return list(blocks_of_markdown(text))
    return list(blocks_of_source(text))
