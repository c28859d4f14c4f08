"""Heads that edits are measured on: who wears the part, and whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.editors.head_parts import HeadParts, labels_of
from core.editors.random_head import random_head
from core.errors import VoltefaceError
from core.evaluation.reconstruction import alignment_of, inverted
from core.generators.bareness import can_go_without
from core.progress import Progress
from core.rendering.occupancy import field_grid
from core.rendering.part_labels import part_labels

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from core.evaluation.held_out import HeldOutHead
    from core.head import Head
    from core.progress import Report
    from core.protocols import Generator

MOST_TRIES = 60
"""Random heads that are looked at for each reference that wears a part."""
QUICK_NODES, QUICK_FEWEST = 64, 6
"""Of the grid on which they are looked at, and of a part that is there."""


@dataclass(frozen=True, eq=False)
class Pair:
    """Two heads.

    Attributes:
        wearer: who is edited.
        reference: whose part is taken.
        names: seeds of both.
    """

    wearer: Head
    reference: Head
    names: tuple[int, int]


def sampled_pairs(
    generator: Generator,
    part: str,
    count: int,
    seed: int,
    report: Report,
    known: Collection[tuple[int, int]] = (),
) -> Iterator[Pair]:
    """Random wearers, each with the next random head that shows the part; those that are known are left out.

    Raises:
        VoltefaceError: too few random heads show it.
    """
    other, partners = seed + 1, dict(known)
    for number in range(count):
        report(Progress(number, count, f"Looking for heads with {part}"))
        own = seed + 2 * number
        if own in partners:
            other = partners[own] + 2
            continue
        other, reference = next_with(generator, part, other)
        yield Pair(random_head(generator, own), reference, (own, other))
        other += 2


def next_with(generator: Generator, part: str, seed: int) -> tuple[int, Head]:
    """The first of every second seed whose head shows a part; the others' are wearers'."""
    for tried in range(seed, seed + 2 * MOST_TRIES, 2):
        head = random_head(generator, tried)
        if part == "glasses" and can_go_without(generator, part):
            # random heads wear them as shapes; what is called glasses without any is a speck
            if head.eyewear is not None:
                return tried, head
            continue
        seen = HeadParts(field_grid(generator, head.trigrid, part_labels, QUICK_NODES)).nodes(*labels_of(part))
        if int(seen.sum()) >= QUICK_FEWEST:
            return tried, head
    raise VoltefaceError(f"None of {MOST_TRIES} random heads shows {part}.", "Leave that part out with --only.")


class InvertedHeads:
    """Held-out heads, inverted when they are first needed."""

    def __init__(
        self, generator: Generator, truths: Sequence[HeldOutHead], seconds: float, seed: int, report: Report
    ) -> None:
        """Begin; `seconds` and `seed` are of each inversion."""
        self.generator, self.truths, self.report = generator, truths, report
        self._seconds, self._seed = seconds, seed
        self._heads: list[tuple[int, Head]] = []

    def pairs(self, part: str) -> list[Pair]:
        """Each head with the next that shows the part."""
        if not self._heads:
            for truth in self.truths:
                views = alignment_of(truth.views[0])
                found = inverted(views, self.generator, "pivotal", self._seconds, self._seed, self.report)[1]
                self._heads.append((truth.seed, found))
        shows = [HeadParts.of(self.generator, head.trigrid).has(part) for _, head in self._heads]
        pairs = []
        count = len(self._heads)
        for number, (seed, wearer) in enumerate(self._heads):
            others = [(number + step) % count for step in range(1, count)]
            chosen = next((other for other in others if shows[other]), None)
            if chosen is not None:
                name, reference = self._heads[chosen]
                pairs.append(Pair(wearer, reference, (seed, name)))
        if not pairs:
            raise VoltefaceError(f"None of the held-out heads shows {part}.", "Invert more of them, or leave it out.")
        return pairs
