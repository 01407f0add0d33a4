"""The keys of the tree's rows: they name what a row shows, whatever the dates, the order and the filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from msglog_tui.tui.widgets.outline_source import Key


class EnterpriseKey(NamedTuple):
    """Names an enterprise in the tree."""

    enterprise_id: int


class CustomerKey(NamedTuple):
    """Names a customer in the tree."""

    enterprise_id: int
    customer_id: int


class MessageKey(NamedTuple):
    """Names a message in the tree."""

    enterprise_id: int
    customer_id: int
    message_id: int


class RemovedKey(NamedTuple):
    """Names the messages of a customer of which only totals are kept."""

    enterprise_id: int
    customer_id: int
    detail_from: int


class OlderKey(NamedTuple):
    """Names a message of the attached archive by the customer that has its name here."""

    enterprise_id: int
    customer_id: int
    message_id: int


def path_to(key: Key) -> list[Key]:
    """The keys from the top of an operator's tree down to a row."""
    match key:
        case MessageKey(enterprise_id, customer_id, _):
            return [EnterpriseKey(enterprise_id), CustomerKey(enterprise_id, customer_id), key]
        case RemovedKey(enterprise_id, customer_id, _) | OlderKey(enterprise_id, customer_id, _):
            return [EnterpriseKey(enterprise_id), CustomerKey(enterprise_id, customer_id), key]
        case CustomerKey(enterprise_id, _):
            return [EnterpriseKey(enterprise_id), key]
        case _:
            return [key]
