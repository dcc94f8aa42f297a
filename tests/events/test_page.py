"""The page on subscriptions tells the limits and codes as they are."""

from api.errors import REQUEST_ERRORS
from api.events import messages
from api.events.messages import Farewell
from api.settings import Settings
from tests.contract.service import ROOT

PAGE = " ".join((ROOT / "docs" / "subscriptions.md").read_text(encoding="utf-8").split())


def test_limits_are_those_of_the_settings() -> None:
    default = Settings()
    for told in (
        f"Up to {default.max_replay:,} missed revisions", f"{default.max_subscribers:,} connections",
        f"at most {default.max_operations} different operations", f"at most {default.max_subscriptions}. ",
        f"every {default.keepalive_seconds:g} s", f"within {default.init_seconds:g} s",
        f"from this one for {default.slow_seconds:g} s",
    ):  # fmt: skip
        assert told in PAGE, told


def test_every_code_is_told() -> None:
    codes = {str(value.code) for value in vars(messages).values() if isinstance(value, Farewell)}
    codes |= {error.code for error in REQUEST_ERRORS if error.code.startswith(("RESUME", "TOO_MANY_SUBSC", "WRONG_OR"))}
    assert sorted(code for code in codes | {"4400", "4409"} if code not in PAGE) == []
