"""Lists of CIs: pages by id, and text search."""

import strawberry

from api.errors import Refused
from api.gql.ci import Ci, described
from api.gql.context import Context, page_size
from api.gql.filters import CiFilter
from api.gql.model import Lifecycle
from api.scenario import refs
from cmdb.model.ci import CiId
from cmdb.store import port
from impact.paging import decode_cursor, encode_cursor
from impact.report import CiRef

MAX_SEARCH = 200


@strawberry.type(description="One page of CIs, by id.")
class CiPage:
    nodes: list[Ci]
    total_count: int = strawberry.field(description="How many match in all.")
    end_cursor: str | None
    has_next_page: bool


@strawberry.type(description="A CI that resembles the text.")
class Hit:
    ci: CiRef
    sector: str
    lifecycle: Lifecycle
    score: float = strawberry.field(description="From 0 to 100.")


@strawberry.type(description="What a search found, best first.")
class SearchResult:
    hits: list[Hit]


def page(context: Context, where: CiFilter | None, first: int, after: str | None, at: int | None = None) -> CiPage:
    """The page behind `after`, as of revision `at`. Raises `Refused`, `BadCursor` and `StoreUnavailable`."""
    wanted = (where or CiFilter()).checked(context.workspace.model)
    behind = CiId(decode_cursor(after)[1]) if after is not None else None
    found = context.workspace.inventory.page(wanted, page_size(first), behind, at)
    end = encode_cursor(0, found.cis[-1].ci.id) if found.cis else None
    return CiPage(
        nodes=described(context, found.cis, at), total_count=found.total, end_cursor=end, has_next_page=found.more
    )


def search(context: Context, text: str, first: int) -> SearchResult:
    """The CIs that resemble `text`. Raises `Refused` and `StoreUnavailable`."""
    if len(text) > MAX_SEARCH:
        raise Refused("BAD_REQUEST", f"text must be at most {MAX_SEARCH} characters")
    return SearchResult(hits=[_hit(hit) for hit in context.workspace.inventory.search(text, page_size(first))])


def _hit(hit: port.Hit) -> Hit:
    ref = refs([hit.ci])[0]
    return Hit(ci=ref, sector=hit.ci.sector, lifecycle=Lifecycle(hit.ci.lifecycle), score=hit.score)
