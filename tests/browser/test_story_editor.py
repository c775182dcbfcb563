"""The story editor in a browser: writing, problems and what mends them, structure, keyboard."""

from __future__ import annotations

import pytest

from dialogue_nb.core.domain import Domain
from dialogue_nb.widgets.story_editor import StoryEditor

STORIES = """## tea, then goodbye
* order{"drink": "tea"}
    - slot{"drink": "tea"}
    - utter_here_you_are
* leave
    - utter_bye

## coffee
* order
    - utter_here_you_aer
> paid

## paid
> paid
* leave OR vanish
    - utter_bye
"""
DOMAIN = """# a small bar
intents:
- order
- leave
entities: [drink]
slots:
  drink:
    type: categorical
    values: [tea, coffee]
    mappings:
    - type: from_entity
      entity: drink
responses:
  utter_here_you_are:
  - text: Here you are!
  utter_bye:
  - text: Bye!
"""
HOSTILE = "<img src=x onerror=alert(1)>\"'`\u202eabc \U0001f600"


@pytest.fixture
def editor():
    return StoryEditor(STORIES, DOMAIN)


def shown(notebook, editor):
    view = notebook.show(editor)
    view.locator(".cm-content").wait_for()
    return view


def go_to(view, notebook, line_text):
    """Puts the cursor behind a line that is in sight."""
    view.locator(".cm-line", has_text=line_text).first.click()
    notebook.page.keyboard.press("End")


def settled(notebook, widget, text):
    """Waits until Python knows a text."""
    for _ in range(100):
        if text in widget.value:
            return
        notebook.page.wait_for_timeout(20)
    raise AssertionError(f"{text!r} is not in {widget.value!r}")


def labels(part, which=".dn-chip"):
    return part.locator(f"{which} bdi").all_inner_texts()


def is_writing(view):
    return view.locator(".cm-content").evaluate("e => e === document.activeElement")


def problems(view):
    return view.locator(".dn-problem > span[dir]").all_inner_texts()


def test_it_shows_the_text_its_problems_and_its_structure(notebook, editor):
    view = shown(notebook, editor)
    assert view.locator(".cm-line").first.inner_text() == "## tea, then goodbye"
    assert problems(view) == [
        "The domain has no action 'utter_here_you_aer'.",
        "The domain has no intent 'vanish'.",
    ]
    assert view.locator(".dn-counts").inner_text() == "2 errors"
    assert view.locator(".dn-story-name").all_inner_texts() == [
        "tea, then goodbye",
        "coffee",
        "paid",
    ]
    assert labels(view.locator(".dn-story").first) == [
        "order", "drink = tea", "utter_here_you_are", "leave", "utter_bye",
    ]  # fmt: skip
    assert labels(view, ".dn-wrong") == ["utter_here_you_aer", "leave | vanish"]


def test_every_kind_of_name_has_its_colour(notebook, editor):
    view = shown(notebook, editor)
    assert view.locator(".dn-code-name").first.inner_text() == "tea, then goodbye"
    assert view.locator(".dn-code-intent").first.inner_text() == "order"
    assert view.locator(".dn-code-action").first.inner_text() == "utter_here_you_are"
    assert view.locator(".dn-code-slot").first.inner_text() == "slot"
    assert view.locator(".dn-code-checkpoint").first.inner_text().strip() == "paid"


def test_typing_brings_a_new_problem_and_mending_it_takes_it_away(notebook, editor):
    view = shown(notebook, editor)
    heard = []
    editor.on_change(lambda project: heard.append(len(project.diagnostics)))
    go_to(view, notebook, "utter_bye")
    notebook.page.keyboard.type("e")
    view.locator(".dn-problem", has_text="utter_byee").wait_for()
    settled(notebook, editor, "utter_byee")
    assert heard[-1] == 3
    view.locator(".dn-problem", has_text="utter_byee").get_by_text("Change to 'utter_bye'").click()
    view.locator(".dn-problem", has_text="utter_byee").wait_for(state="detached")
    assert heard[-1] == 2
    assert editor.value == STORIES
    assert [story.name for story in editor.project.stories] == [
        "tea, then goodbye",
        "coffee",
        "paid",
    ]


def test_a_name_is_added_to_the_domain_and_undo_takes_it_out_again(notebook, editor):
    view = shown(notebook, editor)
    view.locator(".dn-problem", has_text="vanish").get_by_text("Add to the domain").click()
    view.locator(".dn-problem", has_text="vanish").wait_for(state="detached")
    assert "- leave\n- vanish\n" in editor.texts["domain.yml"]
    assert editor.texts["domain.yml"].startswith("# a small bar")
    view.get_by_role("tab", name="domain.yml").click()
    view.locator(".cm-line", has_text="vanish").wait_for()
    view.get_by_role("button", name="Undo").click()
    view.get_by_role("tab", name="stories.md").click()
    view.locator(".dn-problem", has_text="vanish").wait_for()


def test_fixes_are_reached_and_applied_with_the_keyboard_alone(notebook, editor):
    view = shown(notebook, editor)
    go_to(view, notebook, "utter_here_you_aer")
    notebook.page.keyboard.press("Control+.")
    notebook.page.keyboard.press("ArrowRight")
    notebook.page.keyboard.press("ArrowLeft")
    notebook.page.keyboard.press("Enter")
    settled(notebook, editor, "coffee\n* order\n    - utter_here_you_are\n")
    notebook.page.keyboard.press("F8")
    assert is_writing(view)


def test_names_are_completed_while_the_kernel_is_busy(notebook, editor):
    view = shown(notebook, editor)
    notebook.page.evaluate("window.kernel = 'busy'")
    go_to(view, notebook, "## coffee")
    notebook.page.keyboard.type("\n* ")
    options = view.locator(".cm-tooltip-autocomplete li")
    options.first.wait_for()
    assert "order" in view.locator(".cm-completionLabel").all_inner_texts()
    notebook.page.keyboard.type("lea")
    notebook.page.wait_for_timeout(200)
    notebook.page.keyboard.press("Enter")
    assert view.locator(".cm-activeLine").inner_text() == "* leave"
    notebook.page.keyboard.type("\n    - utter_b")
    view.locator(".cm-completionLabel", has_text="utter_bye").wait_for()
    assert "Bye!" in options.first.inner_text()
    view.locator(".dn-status", has_text="The kernel is busy since").wait_for()


def test_slots_values_and_checkpoints_are_completed(notebook, editor):
    view = shown(notebook, editor)
    go_to(view, notebook, "utter_here_you_aer")
    for typed, wanted in [
        ("\n    - slot{\"dri", "drink"), ("\n> pa", "paid"), ("\n* order{\"d", "drink"),
    ]:  # fmt: skip
        notebook.page.keyboard.type(typed)
        view.locator(".cm-completionLabel", has_text=wanted).first.wait_for()
        notebook.page.keyboard.press("Escape")


def test_the_cursor_marks_the_chip_and_a_click_on_a_chip_moves_the_cursor(notebook, editor):
    view = shown(notebook, editor)
    go_to(view, notebook, "utter_here_you_aer")
    current = view.locator(".dn-chip[aria-current]")
    view.locator(".dn-story[aria-current] .dn-story-name", has_text="coffee").wait_for()
    current.get_by_text("utter_here_you_aer").wait_for()
    for _ in range(50):
        if editor.selection.get("line") == 10:
            break
        notebook.page.wait_for_timeout(20)
    assert editor.selection == {"file": "stories.md", "line": 10, "last_line": 10}
    view.locator(".dn-chip", has_text="drink = tea").click()
    view.locator(".cm-activeLine", has_text='slot{"drink": "tea"}').wait_for()
    assert labels(view, ".dn-chip[aria-current]") == ["drink = tea"]
    view.locator(".dn-chip", has_text="drink = tea").press("ArrowRight")
    view.locator(".cm-activeLine", has_text="utter_here_you_are").wait_for()
    notebook.page.keyboard.press("Enter")
    assert is_writing(view)


def test_lines_that_something_else_selects_are_shown(notebook, editor):
    view = shown(notebook, editor)
    editor.selection = {"file": "stories.md", "line": 15, "last_line": 16}
    notebook.sync()
    assert [line.strip() for line in view.locator(".dn-selected-line").all_inner_texts()] == [
        "* leave OR vanish", "- utter_bye",
    ]  # fmt: skip
    assert len(view.locator(".dn-chip[aria-current]").all()) == 2
    editor.selection = {"file": "domain.yml", "line": 3, "last_line": 3}
    notebook.sync()
    assert view.get_by_role("tab", selected=True).inner_text().strip() == "domain.yml"
    assert view.locator(".dn-selected-line").inner_text() == "- order"


def test_switching_to_yaml_and_back_asks_where_something_is_lost(notebook):
    editor = StoryEditor("## a\n* order <!-- a comment -->\n    - utter_bye\n", DOMAIN)
    view = shown(notebook, editor)
    view.get_by_role("button", name="MD ⇄ YAML").click()
    assert view.locator(".dn-question li").all_inner_texts() == ["1 comment is left out."]
    notebook.page.keyboard.press("Escape")
    assert editor.value.startswith("## a")
    view.get_by_role("button", name="MD ⇄ YAML").click()
    view.get_by_role("button", name="Switch to YAML all the same").click()
    settled(notebook, editor, "- story: a")
    assert list(editor.texts) == ["stories.yml", "domain.yml"]
    view.get_by_role("tab", name="stories.yml").wait_for()
    assert view.locator(".dn-code-intent").inner_text() == "order"
    notebook.page.keyboard.press("Control+z")
    settled(notebook, editor, "<!-- a comment -->")
    view.get_by_role("tab", name="stories.md").wait_for()
    assert view.locator(".dn-code-comment").first.inner_text() == "<!-- a comment -->"


def test_format_lays_stories_out_evenly_and_says_what_is_in_the_way(notebook):
    editor = StoryEditor("##a\n*  order\n-utter_bye\n")
    view = shown(notebook, editor)
    view.get_by_role("button", name="Format").click()
    settled(notebook, editor, "## a\n* order\n    - utter_bye\n")
    go_to(view, notebook, "utter_bye")
    notebook.page.keyboard.type("{")
    notebook.page.keyboard.press("Delete")
    settled(notebook, editor, "utter_bye{\n")
    notebook.page.keyboard.press("Shift+Alt+f")
    question = view.locator(".dn-question")
    question.wait_for()
    assert "Expected a JSON object" in question.inner_text()
    notebook.page.keyboard.press("Enter")
    assert not question.is_visible()


def test_find_undo_fold_and_the_way_out_work_with_the_keyboard(notebook, editor):
    view = shown(notebook, editor)
    go_to(view, notebook, "## coffee")
    notebook.page.keyboard.press("Control+Shift+BracketLeft")
    view.locator(".cm-foldPlaceholder").wait_for()
    notebook.page.keyboard.press("Control+Shift+BracketRight")
    notebook.page.keyboard.type("!")
    settled(notebook, editor, "## coffee!")
    notebook.page.keyboard.press("Control+z")
    notebook.page.keyboard.press("Control+f")
    view.locator(".cm-search input[name=search]").fill("utter_bye")
    notebook.page.keyboard.press("Enter")
    assert view.locator(".cm-searchMatch").count() == 2
    notebook.page.keyboard.press("Escape")
    notebook.page.keyboard.press("Escape")
    notebook.page.keyboard.press("Tab")
    assert not is_writing(view)
    settled(notebook, editor, STORIES)


def test_ctrl_enter_hands_the_newest_text_over(notebook, editor):
    view = shown(notebook, editor)
    submitted = []
    editor.on_submit(lambda project: submitted.append(len(project.stories)))
    go_to(view, notebook, "## coffee")
    notebook.page.keyboard.type("\n\n## milk")
    notebook.page.keyboard.press("Escape")
    notebook.page.keyboard.press("Control+Enter")
    for _ in range(50):
        if submitted:
            break
        notebook.page.wait_for_timeout(20)
    assert submitted == [4]


def test_two_views_agree_and_python_can_write_too(open_notebook, editor):
    notebook = open_notebook(height=1500)  # CodeMirror draws only the lines that can be seen
    first, second = shown(notebook, editor), shown(notebook, editor)
    go_to(first, notebook, "## coffee")
    notebook.page.keyboard.type(" 😀")
    second.locator(".cm-line", has_text="## coffee 😀").wait_for()
    settled(notebook, editor, "## coffee 😀")
    editor.value = "## only\n* order\n    - utter_nothing\n"
    notebook.sync()
    for view in (first, second):
        assert view.locator(".cm-line").first.inner_text() == "## only"
        assert view.locator(".dn-story-name").all_inner_texts() == ["only"]
        assert problems(view) == ["The domain has no action 'utter_nothing'."]
    first.locator(".cm-content").click()
    notebook.page.keyboard.press("Control+End")
    notebook.page.keyboard.type("x")
    settled(notebook, editor, "utter_nothing\nx")
    second.locator(".dn-problem", has_text="S103").wait_for()


def test_what_is_written_while_an_edit_is_on_its_way_reaches_everybody(open_notebook, editor):
    notebook = open_notebook(height=1500)
    first, second = shown(notebook, editor), shown(notebook, editor)
    notebook.page.evaluate(
        """() => { const quick = window.python; window.python = async (...message) => {
        await new Promise((later) => setTimeout(later, 150)); return quick(...message); }; }"""
    )
    go_to(first, notebook, "## coffee")
    for letter, pause in [("a", 90), ("b", 10), ("c", 140), ("d", 60), ("e", 0)]:
        notebook.page.keyboard.type(letter)
        notebook.page.wait_for_timeout(pause)
    second.locator(".cm-line", has_text="## coffeeabcde").wait_for()
    second.locator(".dn-story-name", has_text="coffeeabcde").wait_for()
    settled(notebook, editor, "## coffeeabcde")


def test_hostile_names_are_text_everywhere(notebook):
    name = HOSTILE.replace("\u202e", "")
    editor = StoryEditor(f"## {HOSTILE}\n* {name}\n    - {name}\n> {name}\n", DOMAIN)
    view = shown(notebook, editor)
    view.locator(".dn-problem").first.wait_for()
    go_to(view, notebook, "    - ")
    notebook.page.keyboard.type("\n> <im")
    view.locator(".cm-completionLabel").first.wait_for()
    assert view.locator("img[src]").count() == 0
    assert "<img src=x onerror=alert(1)>" in view.locator(".dn-story-name").inner_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_notebook, editor, theme):
    notebook = open_notebook(theme)
    view = shown(notebook, editor)
    go_to(view, notebook, "## coffee")
    notebook.page.keyboard.press("Control+f")
    notebook.page.wait_for_timeout(100)
    assert notebook.accessibility() == []
    notebook.page.keyboard.press("Escape")
    notebook.page.keyboard.type("\n* ")
    view.locator(".cm-tooltip-autocomplete").wait_for()
    assert notebook.accessibility() == []
    view.get_by_role("button", name="MD ⇄ YAML").click()
    view.locator(".dn-question").wait_for()
    assert notebook.accessibility() == []


def test_an_empty_editor_says_how_to_begin(notebook):
    view = shown(notebook, StoryEditor())
    assert "## name of a story" in view.locator(".cm-placeholder").inner_text()
    assert "No story yet" in view.locator(".dn-empty").inner_text()
    assert view.locator(".dn-counts").inner_text() == "No problems"


def test_texts_of_other_scripts_and_a_narrow_page_stay_inside(open_notebook):
    notebook = open_notebook(width=420)
    text = '## مرحبا بكم\n* 你好{"城市": "奥斯陆"}\n    - utter_' + "very_long_name_" * 12 + "\n"
    view = shown(notebook, StoryEditor(text))
    wide = notebook.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 420
    assert labels(view, ".dn-chip-user") == ["你好"]


def test_a_closed_view_leaves_no_listener_and_its_file_is_the_editor_without_a_kernel(
    notebook, editor, tmp_path
):
    shown(notebook, editor)
    assert notebook.close_views() == 0
    page = notebook.page
    path = editor.to_html(tmp_path / "editor.html")
    page.goto(path.as_uri())
    page.locator(".cm-line").first.wait_for()
    assert page.locator(".dn-problem").count() == 2
    page.locator(".dn-chip", has_text="drink = tea").click()
    page.locator(".cm-activeLine", has_text="drink").wait_for()
    page.keyboard.press("Enter")
    page.keyboard.type("x")
    page.get_by_text("Not checked: there is no kernel.").wait_for()


def test_three_hundred_and_fifty_stories_follow_each_keystroke(notebook):
    stories = "\n".join(
        f"## story {n}\n" + f"* intent_{n % 40}\n    - utter_{n % 60}\n" * 6 for n in range(350)
    )
    domain = Domain.from_dict(
        {
            "intents": [f"intent_{n}" for n in range(40)],
            "responses": {f"utter_{n}": [{"text": "x"}] for n in range(60)},
        }
    )
    view = shown(notebook, StoryEditor(stories, domain))
    view.locator(".cm-content").click()
    notebook.page.keyboard.press("Control+End")
    notebook.page.keyboard.press("ArrowUp")
    notebook.page.keyboard.press("End")
    took = notebook.page.evaluate(
        """() => new Promise((resolve) => {
          const times = [];
          let pressed = 0;
          const root = document.querySelector(".dn-story-editor");
          document.addEventListener("keydown", () => (pressed = performance.now()), true);
          new MutationObserver(() => {
            const found = root.querySelector(".dn-counts").textContent;
            if (found !== window.found) times.push(performance.now() - pressed);
            window.found = found;
            if (times.length > 8) resolve(times);
          }).observe(root, { subtree: true, childList: true, characterData: true });
          window.measured = times;
          resolve(times);
        })"""
    )
    assert took == []
    for _ in range(5):
        for key in ("x", "Backspace"):
            notebook.page.keyboard.press(key)
            notebook.page.wait_for_timeout(250)
    assert len(notebook.page.evaluate("window.measured")) >= 8
