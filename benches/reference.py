"""What the figures are compared with: the same work in plain Python, written from the specifications.

Straightforward rather than slow on purpose: what a careful person writes first.
"""

from __future__ import annotations

import base64
import gzip
import re

import numpy as np

_ANGLE = re.compile(r"-?\d+\.\d{8}")


def factor(texts: list[str]) -> dict[str, list[list[float]]]:
    """Rows of angles by structure. Checks nothing."""
    structures: dict[str, list[list[float]]] = {}
    for text in texts:
        row = [float(angle) for angle in _ANGLE.findall(text)]
        structures.setdefault(_ANGLE.sub("?", text), []).append(row)
    return structures


def check_words(text: str) -> None:
    """Letters and lengths."""
    for group in text.split("|"):
        words = group.split(";")
        for word in words:
            if not all(letter in "IXYZ" for letter in word) or len(word) != len(words[0]):
                raise ValueError(word)


def parse_words(text: str) -> list[list[str]]:
    """The words of every group: checked, and each once."""
    check_words(text)
    groups = [group.split(";") for group in text.split("|")]
    for words in groups:
        if len(set(words)) != len(words):
            raise ValueError("repeated word")
    return groups


def encode_words(text: str) -> str:
    """Wire form: ``@gzs<n>:`` and the compressed sparse text of every group."""
    groups = []
    for group in text.split("|"):
        words = group.split(";")
        sparse = []
        for word in words:
            if not all(letter in "IXYZ" for letter in word) or len(word) != len(words[0]):
                raise ValueError(word)
            sparse.append("".join(f"{c}{i}" for i, c in enumerate(word) if c != "I") or "I")
        groups.append(f"@gzs{len(words[0])}:{compress(';'.join(sparse))}")
    return "|".join(groups)


def decode_words(wire: str) -> str:
    """Undo `encode_words`."""
    groups = []
    for group in wire.split("|"):
        width, data = group.removeprefix("@gzs").split(":")
        dense = []
        for term in gzip.decompress(base64.b64decode(data)).decode().split(";"):
            letters = ["I"] * int(width)
            for letter, index in re.findall(r"([XYZ])(\d+)", term):
                letters[int(index)] = letter
            dense.append("".join(letters))
        groups.append(";".join(dense))
    return "|".join(groups)


def compress(text: str) -> str:
    """Gzip at the level of the Python default, and base64."""
    return base64.b64encode(gzip.compress(text.encode(), compresslevel=9, mtime=0)).decode()


def restrict_shot_ranges(
    ranges: list[tuple[int, int, int]], chunks: list[tuple[int, int]]
) -> list[list[tuple[int, int, int]]]:
    """For every chunk, all ranges that meet it, counted from its start."""
    return [
        [
            (max(start, first) - first, min(end, last) - first, shots)
            for start, end, shots in ranges
            if start < last and end > first
        ]
        for first, last in chunks
    ]


def decode_histogram(payload: str) -> dict[str, int]:
    """QH1 to a dict of counts."""
    data = base64.b64decode(payload)
    if data[:3] != b"QH1":
        raise ValueError("bad magic")
    n_bits, at = data[3], 4

    def number() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    unique, total, n_gaps = number(), number(), number()
    outcomes, last = [], 0
    for _ in range(n_gaps):
        last += number()
        outcomes.append(last)
    rle_end = number() + at
    flags: list[int] = []
    n_runs = number()
    if n_runs:
        flag = data[at]
        at += 1
        for _ in range(n_runs):
            flags += [flag] * number()
            flag = 1 - flag
    at = rle_end
    extras = iter([number() + 2 for _ in range(number())])
    counts = [1 if flag else next(extras) for flag in flags]
    if sum(counts) != total or len(counts) != unique or (outcomes and outcomes[-1] >> n_bits):
        raise ValueError("corrupt")
    return {format(outcome, f"0{n_bits}b"): n for outcome, n in zip(outcomes, counts, strict=True)}


def maxcut_edges(edges: list[tuple[int, int]], gamma: float, beta: float) -> list[float]:
    """``⟨ZZ⟩`` of every edge after one QAOA layer: two ends and their neighbours as a statevector."""
    found = []
    for a, b in edges:
        near = [edge for edge in edges if a in edge or b in edge]
        nodes = sorted({node for edge in near for node in edge})
        spins = 1 - 2 * ((np.arange(1 << len(nodes))[:, None] >> np.arange(len(nodes))) & 1)
        at = {node: spins[:, place] for place, node in enumerate(nodes)}
        phase = sum(at[u] * at[v] for u, v in near)
        state = np.exp(-0.5j * gamma * phase) / np.sqrt(1 << len(nodes))
        for node in (a, b):
            flipped = state[np.arange(1 << len(nodes)) ^ (1 << nodes.index(node))]
            state = np.cos(beta) * state - 1j * np.sin(beta) * flipped
        found.append(float(np.abs(state) ** 2 @ (at[a] * at[b])))
    return found
