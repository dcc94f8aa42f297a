"""How states and moments are shown in a terminal."""

from datetime import datetime, tzinfo

from rich.text import Text

from impact.states import ImpactState

SIGNS = {
    ImpactState.down: ("■ down", "bold red"),
    ImpactState.degraded: ("▲ degraded", "yellow"),
    ImpactState.at_risk: ("◆ at risk", "cyan"),
    ImpactState.operational: ("● fine", "green"),
}


def sign(state: ImpactState) -> Text:
    """A state as a coloured sign and a word."""
    return Text(*SIGNS[state])


def moment(at: datetime, zone: tzinfo) -> str:
    """A moment in the reader's time zone: the time, with the date unless it is today."""
    local = at.astimezone(zone)
    today = datetime.now(zone).date()
    return f"{local:%H:%M}" if local.date() == today else f"{local:%d %b %H:%M}"


def span(minutes: int) -> str:
    """Minutes as `65`, `3:52` from 100 on, `1d 4h` from a day on."""
    if minutes < 100:
        return str(minutes)
    return f"{minutes // 60}:{minutes % 60:02d}" if minutes < 1440 else f"{minutes // 1440}d {minutes % 1440 // 60}h"
