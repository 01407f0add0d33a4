"""The arithmetic of the outline, against a list of all rows; text in cells; pages; new content."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from msglog_tui.cancel import Cancel
from msglog_tui.errors import Cancelled
from msglog_tui.tui.widgets.cells import fit
from msglog_tui.tui.widgets.outline_grid import UNICODE, Grid
from msglog_tui.tui.widgets.outline_load import Memory, Step, load
from msglog_tui.tui.widgets.outline_model import OutlineModel, Place
from msglog_tui.tui.widgets.outline_pages import (
    KEPT_ROWS,
    PAGE_ROWS,
    Gap,
    PageCache,
    PageId,
    page_of,
    pages_between,
)
from msglog_tui.tui.widgets.outline_source import LABEL_MIN, Branch, Column, Row

# A row is named by its way down: (2, 0) is the first child of the third row.


class Listing:
    """The oracle: writes every row down."""

    def __init__(self, counts):
        self.counts = counts
        self.open = set()

    def count(self, path):
        return self.counts[(7 * sum(path) + len(path)) % len(self.counts)]

    def rows(self, path=()):
        for ordinal in range(self.count(path)):
            child = (*path, ordinal)
            yield child
            if child in self.open:
                yield from self.rows(child)

    def close(self, path):
        self.open = {other for other in self.open if other[: len(path)] != path}


def path_of(place):
    """The way down to a place, read from the open nodes around it."""
    return ((*place.node.key, place.ordinal)) if place.node.key else (place.ordinal,)


@given(
    counts=st.lists(st.integers(0, 5), min_size=1, max_size=6),
    picks=st.lists(st.integers(0, 10_000), max_size=40),
)
def test_rows_and_places_agree_with_a_list_of_all_rows(counts, picks):
    listing = Listing(counts)
    model = OutlineModel(Branch(listing.count(())))
    for pick in [*picks, 0]:
        rows = list(listing.rows())
        assert model.rows == len(rows)
        assert [path_of(model.at(row)) for row in range(len(rows))] == rows
        assert [model.row_of(model.at(row)) for row in range(len(rows))] == list(range(len(rows)))
        assert [model.at(row).node.depth + 1 for row in range(len(rows))] == [len(path) for path in rows]
        assert [node.key for node in model.walk()] == [path for path in rows if path in listing.open]
        if not rows:
            return
        path = rows[pick % len(rows)]
        node = model.opened(path)
        if node is None:
            model.open(model.at(rows.index(path)), path, Branch(listing.count(path)))
            listing.open.add(path)
        else:
            closed = model.close(node)
            assert {gone.key for gone in closed} == {
                open_ for open_ in listing.open if open_[: len(path)] == path
            }
            listing.close(path)


def test_a_place_within_closed_rows_comes_up_to_the_outermost_of_them():
    model = OutlineModel(Branch(5))
    outer = model.open(Place(model.root, 3), "outer", Branch(4))
    inner = model.open(Place(outer, 2), "inner", Branch(4))
    place = Place(inner, 1)
    assert model.surface(place) == place
    model.close(outer)
    assert model.surface(place) == Place(model.root, 3)
    assert model.rows == 5


def test_nothing_is_opened_twice():
    model = OutlineModel(Branch(5))
    model.open(Place(model.root, 3), "a", Branch(4))
    with pytest.raises(ValueError, match="already open"):
        model.open(Place(model.root, 4), "a", Branch(4))
    with pytest.raises(ValueError, match="already open"):
        model.open(Place(model.root, 3), "b", Branch(4))
    assert model.rows == 9


# Text in cells

ODD = "aé中ー😀👩\u200d\ufe0f\u0301❤♂1#️ע\u0915\u094d\u1100\u1161🇿🇦👍\U0001f3fd ←。㈱+"
texts = st.one_of(st.text(alphabet=ODD), st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs"))))


@given(texts, st.integers(0, 30), st.sampled_from(["left", "right"]))
def test_a_fitted_text_is_exactly_as_wide_as_asked(text, width, align):
    fitted = fit(text, width, align)
    assert cell_len(fitted) == width
    # Text is painted between other text: next to spaces it must measure the same.
    assert cell_len(f"  {fitted}  ") == width + 4


@given(texts, st.integers(1, 30))
def test_a_cut_text_says_so_and_begins_like_the_whole(text, width):
    text += "|"  # so that what is at the end is text, and no padding
    whole, cut = fit(text, 10_000).rstrip(" "), fit(text, width).rstrip(" ")
    if cell_len(whole) <= width:
        assert cut == whole
    else:
        assert cut.endswith("…")
        assert whole.startswith(cut[:-1])
        assert cell_len(cut) >= width - 1  # no more is cut than one wide character too many


@pytest.mark.parametrize(
    ("text", "width", "fitted"),
    [
        ("abc", 5, "abc  "),
        ("abcdef", 5, "abcd…"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日… "),
        ("e\u0301e\u0301e\u0301", 2, "e\u0301…"),
        ("👩\u200d👩\u200d👧 x", 2, "… "),
        ("👩\u200d👩\u200d👧 xyz", 4, "👩\u200d👩\u200d👧 …"),
        ("👩\u200d👩\u200d👧", 2, "👩\u200d👩\u200d👧"),
        ("🤷\u200d♂\ufe0f", 3, "🤷\u200d♂\ufe0f "),
        ("a\u200db", 3, "ab "),
        ("中\u200d文", 4, "中文"),
        ("x\u200d", 3, "x  "),
        ("\u200dx", 3, "x  "),
        ("\u200d👩👩", 5, "👩👩 "),
        ("", 2, "  "),
        ("abc", 0, ""),
    ],
)
def test_wide_and_joined_characters_stay_whole(text, width, fitted):
    assert fit(text, width) == fitted


# Columns

COLUMNS = (
    Column("Date", 10, "left", 1),
    Column("Description", None),
    Column("Credits", 9, "right", 2),
    Column("Status", 8, "left", 3),
)


@given(st.integers(0, 150))
def test_columns_fill_a_line_exactly_and_never_overlap(width):
    grid = Grid.fit(COLUMNS, width)
    assert cell_len(grid.line([column.title for column in COLUMNS], UNICODE)) == width
    end = 0
    for slot in grid.slots:
        assert slot.x >= end
        end = slot.x + slot.width
    assert end <= width
    assert len(grid.slots) == 1 or grid.label.width >= LABEL_MIN


def test_the_least_important_columns_go_first():
    shown = {width: [slot.index for slot in Grid.fit(COLUMNS, width).slots] for width in (80, 50, 40, 20)}
    assert shown == {80: [0, 1, 2, 3], 50: [0, 1, 2], 40: [0, 1], 20: [1]}


def test_a_label_may_keep_more_than_others():
    columns = (Column("Name", None, least=30), Column("Credits", 9, "right", 1))
    assert [len(Grid.fit(columns, width).slots) for width in (43, 42)] == [2, 1]


@pytest.mark.parametrize("widths", [(10, 8), (None, None)])
def test_exactly_one_column_takes_what_is_left(widths):
    with pytest.raises(ValueError, match="exactly one column"):
        Grid.fit([Column("x", width) for width in widths], 80)


# Pages


def some_rows(first, count):
    return [Row(ordinal, (str(ordinal),), expandable=False) for ordinal in range(first, first + count)]


def test_a_row_is_at_hand_awaited_or_missing():
    model = OutlineModel(Branch(1000))
    pages = PageCache()
    second = PageId(model.root, 1)
    pages.put(second, some_rows(second.first, 100))
    pages.fail(PageId(model.root, 2))
    assert pages.row(Place(model.root, 5)) is Gap.WAITING
    assert pages.row(Place(model.root, PAGE_ROWS + 99)).key == PAGE_ROWS + 99
    assert pages.row(Place(model.root, PAGE_ROWS + 100)) is Gap.FAILED  # the data shrank by 28 rows
    assert pages.row(Place(model.root, 2 * PAGE_ROWS)) is Gap.FAILED
    pages.drop([model.root])
    assert pages.row(Place(model.root, PAGE_ROWS + 99)) is Gap.WAITING
    assert pages.row(Place(model.root, 2 * PAGE_ROWS)) is Gap.WAITING


def test_pages_least_recently_used_are_given_up():
    model = OutlineModel(Branch(10_000_000))
    pages = PageCache()
    fits = KEPT_ROWS // PAGE_ROWS
    for number in range(fits):
        page = PageId(model.root, number)
        pages.put(page, some_rows(page.first, page.length))
    assert pages.row(Place(model.root, 0)).key == 0  # used again
    last = PageId(model.root, fits)
    pages.put(last, some_rows(last.first, last.length))
    assert [number for number in range(fits + 1) if not pages.settled(PageId(model.root, number))] == [1]


def test_the_pages_of_a_stretch_of_rows_cross_into_open_nodes():
    model = OutlineModel(Branch(200))
    node = model.open(Place(model.root, 100), "a", Branch(300))
    assert pages_between(model, 99, 103) == [PageId(model.root, 0), PageId(node, 0)]
    assert pages_between(model, 400, 9_999) == [PageId(node, 2), PageId(model.root, 0), PageId(model.root, 1)]
    assert pages_between(model, -5, 1) == [page_of(Place(model.root, 0))]
    assert PageId(node, 2).length == 300 - 2 * PAGE_ROWS


# New content


class Letters:
    """A source of two levels: words, and the letters of each."""

    def __init__(self, *words):
        self.words = words

    def children(self, parent, cancel):
        found = self.words if parent is None else tuple((parent, letter) for letter in parent)
        return Branch(len(found), found)

    def rows(self, branch, first, count, cancel):
        return [
            Row(key, (str(key),), expandable=isinstance(key, str)) for key in branch.payload[first:][:count]
        ]

    def locate(self, branch, key, cancel):
        return branch.payload.index(key) if key in branch.payload else None


def content(source, memory, height=10):
    loaded = load(source, memory, height, Cancel())
    found = (
        loaded.cursor and source.rows(loaded.cursor.node.branch, loaded.cursor.ordinal, 1, Cancel())[0].key
    )
    return loaded, found


def test_open_rows_and_the_cursor_are_found_again_in_another_order():
    memory = Memory((("one", None), ("two", None)), (Step("two", 1), Step(("two", "w"), 1)), line=3)
    loaded, cursor = content(Letters("zero", "two", "ten", "one"), memory)
    assert [node.key for node in loaded.model.walk()] == ["two", "one"]
    assert cursor == ("two", "w")
    assert {page.node.key for page, _ in loaded.pages} == {None, "two", "one"}


def test_open_rows_that_are_gone_are_dropped_with_what_was_open_beneath():
    memory = Memory((("one", None), (("one", "n"), "one")), (Step("one", 0),))
    loaded, cursor = content(Letters("two"), memory)
    assert list(loaded.model.walk()) == []
    assert cursor == "two"


def test_an_open_row_that_has_no_children_any_more_is_closed():
    loaded, _ = content(Letters("one", ""), Memory((("one", None), ("", None))))
    assert [node.key for node in loaded.model.walk()] == ["one"]


@pytest.mark.parametrize(
    ("words", "way", "cursor"),
    [
        (("one", "three"), (Step("two", 1, ("three", "one")),), "three"),
        (("one",), (Step("two", 1, ("three", "one")),), "one"),
        (("six", "ten", "five"), (Step("two", 1, ("three", "one")),), "ten"),
        (("six",), (Step("two", 1, ()),), "six"),
        (("one", "two"), (Step("two", 1), Step(("two", "x"), 1, (("two", "y"), ("two", "o")))), ("two", "o")),
        (("one", "two"), (Step("two", 1), Step(("two", "x"), 1, ())), "two"),
        (("one", "three"), (Step("two", 1, ("three",)), Step(("two", "w"), 1)), "three"),
        (("one", "two", "six"), (Step(None, 7),), "six"),
        ((), (Step("two", 1),), None),
        (("one", "two"), (), "one"),
    ],
)
def test_a_cursor_that_is_gone_goes_to_a_neighbour_or_the_parent(words, way, cursor):
    _, found = content(Letters(*words), Memory((("two", None),), way))
    assert found == cursor


@given(st.integers(0, 40), st.integers(-5, 45), st.integers(1, 12))
def test_the_cursor_keeps_its_line_as_far_as_there_are_rows(ordinal, line, height):
    words = [f"w{number}" for number in range(41)]
    loaded, _ = content(Letters(*words), Memory((), (Step(words[ordinal], 0),), line), height)
    assert 0 <= loaded.top <= 41 - height
    assert ordinal - loaded.top == line or loaded.top in (0, 41 - height)


def test_what_nobody_waits_for_is_not_asked_to_the_end():
    cancel = Cancel()
    cancel.cancel()
    with pytest.raises(Cancelled):
        load(Letters("one"), Memory(), 10, cancel)
