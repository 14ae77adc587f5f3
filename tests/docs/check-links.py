#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Checks that the links between the pages of the built reference lead somewhere."""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.anchors = set()
        self.links = []
        self.feed(path.read_text(encoding='utf-8'))

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        for key in 'id', 'name':
            if attributes.get(key):
                self.anchors.add(attributes[key])
        if tag == 'a' and attributes.get('href'):
            self.links.append(attributes['href'])


def broken_links(pages, path):
    for link in pages[path].links:
        url = urlsplit(link)
        if url.scheme or url.netloc:
            continue
        target = (path.parent / unquote(url.path)).resolve() if url.path else path
        if target not in pages:
            if not target.is_file():
                yield f'{link}: no such page'
        elif url.fragment and unquote(url.fragment) not in pages[target].anchors:
            yield f'{link}: no such place in the page'


def main():
    root = Path(sys.argv[1]).resolve()
    pages = {path: Page(path) for path in sorted(root.rglob('*.html'))}

    broken = [f'{path.relative_to(root)}: {line}' for path in pages for line in sorted(set(broken_links(pages, path)))]
    for line in broken:
        print(line)
    print(f'{len(pages)} pages, {len(broken)} broken links')

    return 1 if broken or not pages else 0


if __name__ == '__main__':
    sys.exit(main())
