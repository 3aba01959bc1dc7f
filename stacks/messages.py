"""One clear message per site and cause, however many stacks met it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from failures import GovcloudError, OutsideFailed, SiteUnreachable, Text


def distinct(failed: Iterable[tuple[str, GovcloudError]]) -> Iterator[GovcloudError]:
    """Yield each failure of a site once, with the number of stacks where there are several; `failed` has sites."""
    seen: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], GovcloudError] = {}
    for site, error in failed:
        seen[site, error.what.en] += 1
        first.setdefault((site, error.what.en), error)
    for (site, words), error in first.items():
        count = seen[site, words]
        yield error if count == 1 or isinstance(error, SiteUnreachable) else _of_many(error, site, count)


def _of_many(error: GovcloudError, site: str, count: int) -> GovcloudError:
    what = Text(f"{error.what.en} ({count} stacks)", f"{error.what.zh}(共 {count} 个栈)")
    kind = type(error) if isinstance(error, OutsideFailed) else OutsideFailed
    return kind(what, where=site, fix=error.fix)
