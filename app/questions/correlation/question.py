"""The questions of correlation: at its lag, and adjusted for the variance of a crisis."""

from __future__ import annotations

from dataclasses import dataclass

from app.kinds.answer import Answer
from app.kinds.parameters import Asked, choice, names, session, whole, written
from app.kinds.question import Ground, Question
from app.questions.correlation import adjusted, lagged
from app.questions.correlation.pairs import node_id
from models.errors import AftershockError


@dataclass(frozen=True, slots=True)
class PairParams(Asked):
    """A pair at its lag, in a basket."""

    leader: str = written(
        help="us, asia, us:memory or a symbol; leads the follower.",
        read=lambda text, reading: node_id(reading.universe, text),
        key="lead",
        option="leader",
        metavar="WHAT",
    )
    follower: str = written(
        help="What follows it, written alike.",
        read=lambda text, reading: node_id(reading.universe, text),
        key="follow",
        option="follower",
        metavar="WHAT",
    )

    @property
    def pair(self) -> tuple[str | None, str | None]:
        """Both or neither: half a pair is a question nobody asked.

        Raises
        ------
        AftershockError
            If one of them is missing.
        """
        if bool(self.leader) != bool(self.follower):
            raise AftershockError(
                "Name both --leader and --follower, such as us:memory and 000660.KS, or neither."
            )
        return self.leader or None, self.follower or None


@dataclass(frozen=True, slots=True)
class CorrelationParams(PairParams):
    """What may be asked of correlations at their lag."""

    window: int = whole(60, 3, 10_000, help="Rows of the rolling correlation.")
    show: lagged.Show = choice("layers", "layers", "names", help="What the matrix is of.")
    names: tuple[str, ...] = names(help="Symbols of the matrix, with commas; at most 20.")
    rows: int = whole(250, 0, 100_000, help="The last rows that count; 0 for all.")


@dataclass(frozen=True, slots=True)
class AdjustedParams(PairParams):
    """What may be asked of correlations adjusted for variance."""

    fall: str = session(help="The peak of the fall; else the latest.", key="peak", option="fall")


def _lagged(ground: Ground, params: CorrelationParams) -> Answer:
    leader, follower = params.pair
    return lagged.correlation(
        ground.view,
        params.basket,
        leader=leader,
        follower=follower,
        window=params.window,
        show="names" if params.names else params.show,
        names=params.names,
        rows=params.rows,
        as_of=ground.as_of,
    )


def _adjusted(ground: Ground, params: AdjustedParams) -> Answer:
    return adjusted.adjusted_sheet(ground.view, params.basket, *params.pair, params.fall, ground.as_of)


CORRELATION = Question("correlation", CorrelationParams, ask=_lagged)
FORBES_RIGOBON = Question("forbes-rigobon", AdjustedParams, ask=_adjusted)
