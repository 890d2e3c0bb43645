"""What follows from what, as a picture: the root cause on top, under it the problem, under that its consequences.

Across in per cent, down in pixels, as in the timeline.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from agent.report import _say as say
from agent.report._layout import cut, wrap
from agent.report.model import Incident

_STEP = 5.0
"""Per cent that a consequence stands further in."""
_DEEPEST = 6
_COLUMNS = 40
_MOST_LINES = 3
_LINE = 18
_PADDING = 12
_BETWEEN = 18
_MOST_NODES = 30
_TRUNK = 1.6
"""Per cent from a box's left edge to the line that leaves it."""


class Node(msgspec.Struct, frozen=True):
    """A box with its lines of text, and a small line below them; `id` is the problem's, empty for the cause."""

    id: str
    x: float
    y: int
    width: float
    height: int
    lines: tuple[str, ...]
    note: str
    kind: str


class Edge(msgspec.Struct, frozen=True):
    """Down from a box, then right to the box that follows."""

    x: float
    top: int
    bottom: int
    to: float


class Graph(msgspec.Struct, frozen=True):
    """The whole picture, in words as well, and how many consequences found no room in it."""

    height: int
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    words: str
    more: int


def graph(incident: Incident) -> Graph:
    """The picture of one incident."""
    found = list(_nodes(incident))
    nodes: list[Node] = []
    edges: list[Edge] = []
    y = 1
    for parent, node in found[:_MOST_NODES]:
        placed = msgspec.structs.replace(node, y=y)
        if parent is not None:
            above = nodes[parent]
            x = round(above.x + _TRUNK, 2)
            edges.append(Edge(x, above.y + above.height, y + placed.height // 2, placed.x))
        nodes.append(placed)
        y += placed.height + _BETWEEN
    words = "; ".join(
        f"{' '.join(nodes[parent].lines)} leads to {' '.join(node.lines)}" for parent, node in found[:_MOST_NODES] if parent is not None
    )
    return Graph(y - _BETWEEN + 2, tuple(nodes), tuple(edges), words, max(len(found) - _MOST_NODES, 0))


def _nodes(incident: Incident) -> Iterator[tuple[int | None, Node]]:
    """Each box with the place of the box that it follows from; in the order in which they stand."""
    words, choices, sure = say.root(incident)
    cause = f"One of: {'; '.join(choices)}" if choices else words
    yield None, _node("", 0, cause, f"root cause: {sure}", "cause")
    place = 1
    waiting: list[tuple[int, int, Incident]] = [(0, 1, incident)]
    while waiting:
        parent, depth, one = waiting.pop()
        also = f"; also explained by {say.ids(one.also)}" if one.also else ""
        yield parent, _node(one.id, depth, one.title, f"[{one.id}] {one.severity}{', known' if one.known else ''}{also}", one.severity)
        waiting += [(place, depth + 1, below) for below in reversed(one.consequences)]
        place += 1


def _node(id_: str, depth: int, text: str, note: str, kind: str) -> Node:
    x = min(depth, _DEEPEST) * _STEP
    columns = _COLUMNS - 2 * min(depth, _DEEPEST)
    lines = tuple(wrap(text, columns, most=_MOST_LINES))
    return Node(id_, x, 0, round(99.5 - x, 2), (len(lines) + 1) * _LINE + _PADDING, lines, cut(note, columns), kind)
