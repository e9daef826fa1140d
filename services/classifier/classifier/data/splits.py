"""Which photos train and which are held out: always whole groups."""

from collections.abc import Iterator, Sequence

from classifier.data.dataset import Example
from modelkit.training.held_out import is_held_out
from modelkit.training.table import BadTable

Split = tuple[list[Example], list[Example]]


def hold_out(examples: Sequence[Example], share: float) -> Split:
    """Split into training and held out by a hash of the group: stable when photos are added."""
    parts: Split = ([], [])
    for example in examples:
        parts[is_held_out(example.group, share)].append(example)
    return parts


def folds(examples: Sequence[Example], count: int, seed: int) -> Iterator[Split]:
    """Yield training and held-out photos of each fold; each has about the same share of fashion.

    Raise BadTable if the photos have fewer groups than there are folds.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    splitter = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    labels = [example.label for example in examples]
    groups = [example.group for example in examples]
    if len(set(groups)) < count:
        raise BadTable(f"{len(set(groups))} groups of photos are too few for {count} folds")
    for training, held_out in splitter.split(labels, labels, groups):
        yield [examples[i] for i in training], [examples[i] for i in held_out]


def leave_out(examples: Sequence[Example], source: str) -> Split:
    """Return the photos of all other sources, and those of `source`; raise BadTable if it has none."""
    parts: Split = ([], [])
    for example in examples:
        parts[example.source == source].append(example)
    if not parts[1]:
        known = ", ".join(sorted({e.source for e in examples if e.source})) or "none; see --sources"
        raise BadTable(f"no photo has the source {source!r}; known: {known}")
    return parts
