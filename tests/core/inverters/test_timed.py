"""Heads tell what it took to make them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import torch

from core.inverters.timed import Timed
from core.making import Making, peak_gigabytes
from core.progress import Progress
from tests.fakes import TinyGenerator, tiny_head

if TYPE_CHECKING:
    from core.align import Alignment
    from core.head import Head
    from core.progress import Report
    from core.protocols import Generator


class FindsTwo:
    """Reports one head twice, then answers another."""

    def invert(self, alignment: Alignment, generator: Generator, report: Report, **_: object) -> Head:
        first = tiny_head(1)
        for step in (1, 2):
            report(Progress(step, 2, "Finding", result=first))
        return tiny_head(2)


def test_each_head_carries_its_making() -> None:
    told: list[Head] = []

    def report(progress: Progress) -> None:
        told.append(cast("Head", progress.result))

    start = replace(tiny_head(0), making=Making(100.0))
    found = Timed(FindsTwo()).invert(cast("Alignment", None), TinyGenerator(), report, start=start)
    one, again = told
    assert one is again, "what draws a head knows it by its identity"
    assert one.making is not None
    assert found.making is not None
    assert 100 <= one.making.seconds <= found.making.seconds < 200, "what the head so far took counts"
    assert found.making.threads == torch.get_num_threads()
    assert found.making.gigabytes == peak_gigabytes()
    assert found == tiny_head(2)


def test_words() -> None:
    assert Making(61.4, 1.4, 2).in_words == "61 s on 2 threads of the processor"
    assert Making(5.0, None, 0, "cuda:0").in_words == "5 s on cuda:0"
