"""Who is in the sample archive: enterprises, their customers and the people who work there."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from msglog_tui.sample.mailings import HOSTILE
from msglog_tui.types import Channel, Role, User

if TYPE_CHECKING:
    from collections.abc import Iterator

JOHANNESBURG = "Africa/Johannesburg"
LONDON = "Europe/London"

CURRENCIES = {JOHANNESBURG: "ZAR", LONDON: "GBP"}
PRICES = {
    "ZAR": {Channel.EMAIL: Decimal("0.060"), Channel.SMS: Decimal("0.340")},
    "GBP": {Channel.EMAIL: Decimal("0.004"), Channel.SMS: Decimal("0.038")},
}
"""The price of one credit by currency and channel, before the discount for quantity."""


class CustomerProfile(NamedTuple):
    """What makes a customer of the sample what it is.

    Attributes:
        sector: A key of `mailings.SECTORS`.
        messages: How many messages it sends in the whole span.
        audience: How many people it could reach.
        monthly_plan: Whether credits come by a monthly plan, not pay-as-you-go.
        tells: Whether its source says what failed and bounced, and who sent a message.
    """

    name: str
    sector: str
    messages: int
    audience: int
    monthly_plan: bool = False
    tells: bool = True


class EnterpriseProfile(NamedTuple):
    """What makes an enterprise of the sample what it is.

    Attributes:
        prefix: Start of its message and transaction ids.
        zone: IANA name of the zone it works in.
        administrator: Login and name of its administrator.
    """

    name: str
    prefix: str
    zone: str
    administrator: tuple[str, str]
    customers: tuple[CustomerProfile, ...]


_C = CustomerProfile

ENTERPRISES = (
    EnterpriseProfile(
        "Protea Retail Group",
        "PRG",
        JOHANNESBURG,
        ("lerato", "Lerato Mokoena"),
        (
            _C("Protea Online", "web shop", 2000, 240_000, monthly_plan=True),
            _C("Veld & Vlei Outdoor", "web shop", 420, 61_000, monthly_plan=True),
            _C("Kasi Kicks", "shop", 310, 38_000),
            _C("Mielie Market", "shop", 260, 90_000, monthly_plan=True),
            _C("Jacaranda Home", "web shop", 210, 22_000),
            _C("Rooibos & Rusks", "shop", 160, 9_400),
            _C("Blue Crane Books", "shop", 120, 5_200),
            _C("Amadoda Menswear", "shop", 95, 7_700),
            _C("Little Meerkats Toys", "shop", 80, 4_100),
            _C("Sisi's Beauty Bar", "shop", 70, 2_300),
            _C("Golden Dragon 金龙 Foods", "shop", 64, 3_600),
            _C("Stoep Furniture", "shop", 52, 1_900),
            _C("Café Ñandú", "shop", 40, 850),
            _C("Braai Masters", "shop", 33, 1_200),
            _C("Spaza Direct", "shop", 25, 640),
            _C("Kudu Leather", "shop", 14, 410),
            _C("Naledi Jewels", "shop", 6, 150),
            # Has bought credits and sent nothing yet: a message names it nowhere.
            _C("Padstal Pickles", "shop", 0, 90),
        ),
    ),
    EnterpriseProfile(
        "Baobab Mutual",
        "BAO",
        JOHANNESBURG,
        ("sibusiso", "Sibusiso Dlamini"),
        (
            _C("Baobab Bank", "bank", 1500, 410_000, monthly_plan=True),
            _C("Baobab Life", "cover", 640, 180_000, monthly_plan=True),
            _C("Imbizo Funeral Cover", "cover", 380, 75_000, monthly_plan=True),
            _C("Baobab Medical Aid", "cover", 300, 120_000, monthly_plan=True),
            _C("Highveld Home Loans", "cover", 210, 17_000),
            _C("Sentinel Car Cover", "cover", 150, 26_000),
            _C("Ikhaya Stokvel", "bank", 110, 3_100),
            _C("Springhare Payments", "bank", 90, 12_500),
            _C("Mopane Pension Fund", "cover", 80, 31_000, monthly_plan=True),
            _C("Inkunzi Asset Managers", "cover", 60, 1_400),
            _C("Lapa Legal Cover", "cover", 45, 2_800),
            _C("Thuto Student Loans", "cover", 36, 5_600),
            _C("Marula Micro Finance", "bank", 28, 900),
            _C("Boekhou & Belasting", "cover", 18, 240),
            _C("Aardvark Actuaries", "cover", 7, 60),
        ),
    ),
    EnterpriseProfile(
        "Thames & Tyne Holdings",
        "TTH",
        LONDON,
        ("harriet", "Harriet Ashworth"),
        (
            _C("Heron Energy", "supplier", 520, 210_000, monthly_plan=True),
            _C("Quayside Transit", "transit", 330, 95_000, monthly_plan=True),
            _C("Larkspur Department Store", "web shop", 240, 44_000),
            _C("Bramble Broadband", "supplier", 170, 33_000),
            _C("Puffin Pet Cover", "cover", 130, 18_000, tells=False),
            _C("Babel & Baker Translators", "translator", 90, 1_100),
            _C("Müller & Söhne Optics", "clinic", 75, 6_200),
            _C("Siân's Bakery", "shop", 48, 730),
            _C("O'Connell & Daughters", "shop", 30, 380),
            _C("Zoë Lettings", "cover", 22, 270),
            _C("Red Kite Security Testing", "security tester", len(HOSTILE), 12),
            _C("Wren Stationery", "shop", 9, 110),
        ),
    ),
    EnterpriseProfile(
        "Fynbos Travel & Leisure",
        "FTL",
        JOHANNESBURG,
        ("annelie", "Annelie van Wyk"),
        (
            _C("Fynbos Safaris", "travel", 160, 14_000, monthly_plan=True),
            _C("Drakensberg Lodges", "travel", 100, 8_800),
            _C("Cable Bay Cruises", "travel", 75, 5_300),
            _C("Kelp Forest Divers", "travel", 40, 900),
            _C("Garden Route Backpackers", "travel", 28, 2_100),
            _C("Oom Piet se Plaas", "travel", 12, 180),
            _C("Luxe Rail", "travel", 5, 320),
        ),
    ),
    EnterpriseProfile(
        "Pennine Care Partnership",
        "PCP",
        LONDON,
        ("gareth", "Gareth Pugh"),
        (
            _C("Pennine Dental", "clinic", 160, 11_000, monthly_plan=True),
            _C("Fellside Surgery", "clinic", 120, 7_900),
            _C("Moorland Physio", "clinic", 70, 2_400),
            _C("Ribble Vets", "clinic", 60, 3_300),
            _C("Dales Hospice Trust", "clinic", 36, 1_700),
            _C("Brontë Nursing Homes", "clinic", 24, 260),
        ),
    ),
    EnterpriseProfile(
        "Karoo Winkels",
        "KAR",
        JOHANNESBURG,
        ("hendrik", "Hendrik Booysen"),
        (
            _C("Calvinia", "farm shop", 20, 140),
            _C("Sutherland", "farm shop", 3, 45),
        ),
    ),
)

_PEOPLE = {
    JOHANNESBURG: (
        (
            *(
                "Ayanda",
                "Bongani",
                "Candice",
                "Dineo",
                "Elsabe",
                "Fikile",
                "Gugu",
                "Johan",
                "Karabo",
                "Lindiwe",
            ),
            *(
                "Mandla",
                "Naledi",
                "Pieter",
                "Refilwe",
                "Sipho",
                "Tebogo",
                "Vusi",
                "Wandile",
                "Yusuf",
                "Zanele",
            ),
        ),
        (
            *(
                "Adams",
                "Botha",
                "Cele",
                "Dube",
                "Erasmus",
                "Fourie",
                "Gumede",
                "Hlongwane",
                "Jacobs",
                "Khumalo",
            ),
            *("Maseko", "Naidoo", "Ndlovu", "Pillay", "Radebe", "Sithole", "Tshabalala", "Venter", "Zulu"),
        ),
    ),
    LONDON: (
        (
            *(
                "Aisha",
                "Bronwen",
                "Callum",
                "Daisy",
                "Ewan",
                "Freya",
                "George",
                "Hamish",
                "Imogen",
                "Jasmine",
            ),
            *("Kieran", "Lowri", "Maisie", "Niamh", "Oliver", "Priya", "Rhys", "Sadia", "Tomasz", "Una"),
        ),
        (
            *(
                "Armitage",
                "Begum",
                "Campbell",
                "Davies",
                "Evans",
                "Fletcher",
                "Griffiths",
                "Hussain",
                "Irving",
            ),
            *(
                "Jones",
                "Kowalski",
                "Lloyd",
                "Metcalfe",
                "Nowak",
                "Okafor",
                "Patel",
                "Rees",
                "Singh",
                "Walker",
            ),
        ),
    ),
}
_CUSTOMERS_WITH_USERS = ("Protea Online", "Blue Crane Books", "Baobab Life", "Heron Energy", "Fynbos Safaris")


def staff(zone: str, number: int) -> Iterator[tuple[str, str]]:
    """The people who send for one customer.

    Args:
        zone: Where the customer works, which tells how people are called there.
        number: The customer's number in the sample, from 0; no two customers share a person.

    Yields:
        Login and name, one to four of them.
    """
    first_names, last_names = _PEOPLE[zone]
    for person in range(number * 4, number * 4 + 1 + number % 4):
        first = first_names[person % len(first_names)]
        last = last_names[person % len(last_names)]
        yield f"{first}.{last}".lower(), f"{first} {last}"


def numbered() -> Iterator[tuple[int, EnterpriseProfile, CustomerProfile]]:
    """Every customer with its number in the sample, from 0, and its enterprise."""
    pairs = ((enterprise, customer) for enterprise in ENTERPRISES for customer in enterprise.customers)
    for number, (enterprise, customer) in enumerate(pairs):
        yield number, enterprise, customer


def users() -> tuple[User, ...]:
    """Who may log in: an operator, an administrator for each enterprise, users of some customers."""
    operator = User("thandi", "Thandi Nkosi", Role.OPERATOR, "", "")
    administrators = [
        User(*enterprise.administrator, Role.ADMINISTRATOR, enterprise.name, "", enterprise.zone)
        for enterprise in ENTERPRISES
    ]
    customers = [
        User(login, name, Role.CUSTOMER, enterprise.name, customer.name, enterprise.zone)
        for number, enterprise, customer in numbered()
        if customer.name in _CUSTOMERS_WITH_USERS
        for login, name in staff(enterprise.zone, number)
    ]
    return (operator, *administrators, *customers)


def zones() -> dict[str, str]:
    """The IANA zone in which each enterprise works, by its name."""
    return {enterprise.name: enterprise.zone for enterprise in ENTERPRISES}
