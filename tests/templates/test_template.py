"""Prompts: templates, their settings by family, their turns, and the errors of those who write them."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from remix.errors import PromptError
from remix.measure.flags import flags
from remix.records import (
    Dist,
    Dry,
    Essay,
    Greedy,
    Message,
    MinP,
    Passage,
    Prompt,
    Temperature,
    TopK,
    Weights,
    canonical_sha256,
    sha256,
)
from remix.templates.folder import read_all_templates, read_template, read_templates
from remix.templates.reading import Reading
from remix.templates.template import Settings, Template
from remix.workspace import shipped

SHIPPED = Path(__file__).parents[2] / "prompts"
SMALL = ("smollm2", "smollm2-135m-instruct.q4_1", "llama")
LARGE = ("qwen3-4b-q4_k_m", "qwen3")

TEXT = "All roads lead there. Each of them is the longest (Strabo 7). Nobody has counted the steps."
PASSAGE = Passage(
    id="roads/001",
    essay="roads",
    title="Roads",
    section="Setting out",
    path="seeds/roads.md",
    lines=(5, 5),
    tags=("maps", "loss"),
    text=TEXT,
    sha256=sha256(TEXT),
)
ESSAY = Essay(
    slug="roads",
    title="Roads",
    author="A. Walker",
    date="2026",
    tags=("loss",),
    path="seeds/roads.md",
    passages=(PASSAGE,),
)

PAIRS = ((ESSAY, PASSAGE),)


def template(body: str, front: str = "") -> Template:
    """A template of the kind `test`, whose body begins on line 4, or later by the lines of `front`."""
    return Template("test", f"---\ndescription: A test.\n{front}---\n{body}".encode(), "prompts/test.md.j2")


def render(body: str, front: str = "", previous: str = "", step: int = 1, labels: tuple[str, ...] = SMALL) -> Prompt:
    """What a template with that body makes of the passage."""
    return template(body, front).render(Reading(PAIRS, previous), step, 3, labels)


def said(prompt: Prompt) -> list[tuple[str, str]]:
    """A prompt's messages, as roles and contents."""
    return [(message.role, message.content) for message in prompt.messages]


# -- what a template makes of a passage ---------------------------------------------------------------------


def test_a_body_without_turns_is_one_message_by_the_user() -> None:
    prompt = render("\n{{ passage }}\n\nSay it again.\n")
    assert prompt.messages == (Message(role="user", content=f"{TEXT}\n\nSay it again."),)
    assert prompt.keep_opening
    assert prompt.opening == ""


def test_the_prompt_names_the_template_by_its_bytes() -> None:
    source = b"---\ndescription: A test.\n---\n{{ passage }}"
    made = Template("test", source, "prompts/test.md.j2")
    assert made.sha256 == sha256(source)
    assert made.render(Reading(PAIRS), 1, 1, SMALL).template == sha256(source)


def test_all_that_a_template_may_speak_of() -> None:
    prompt = render(
        "{{ passage }}|{{ passage.id }}|{{ passage.section }}|{{ passage.tags | join('+') }}|{{ passage.text }}|"
        "{{ previous }}|{{ step }}/{{ steps }}|{{ essay }}|{{ essay.slug }}|{{ essay.title }}|{{ essay.author }}|"
        "{{ essay.date }}|{{ essay.tags | join }}|{{ family }}",
        front="families: {smollm2: {}}\n",
        previous="before",
        step=2,
    )
    assert prompt.messages[0].content == (
        f"{TEXT}|roads/001|Setting out|maps+loss|{TEXT}|before|2/3|Roads|roads|Roads|A. Walker|2026|loss|smollm2"
    )


def test_the_first_step_has_nothing_before_it() -> None:
    body = "{{ previous or passage }}"
    assert render(body).messages[0].content == TEXT
    assert render(body, previous="before", step=2).messages[0].content == "before"


def test_the_passage_counts_as_its_text() -> None:
    """So that filters and comparisons work on it as they do on `previous`."""
    assert render("{{ passage | wordcount }}").messages[0].content == str(len(TEXT.split()))


def test_turns() -> None:
    body = (
        "{% system %}Be brief.{% endsystem %}\n\n"
        "{% user %}\n{{ passage }}\n{% enduser %}\n"
        "{% if previous %}{% assistant %}{{ previous }}{% endassistant %}\n"
        "{% user %}And now?{% enduser %}{% endif %}\n"
    )
    assert said(render(body)) == [("system", "Be brief."), ("user", TEXT)]
    assert said(render(body, previous="Once.", step=2)) == [
        ("system", "Be brief."),
        ("user", TEXT),
        ("assistant", "Once."),
        ("user", "And now?"),
    ]


def test_the_system_message_of_the_settings_comes_first() -> None:
    assert said(render("Go on.", front="system: Be brief.\n")) == [("system", "Be brief."), ("user", "Go on.")]


def test_an_opening_begins_the_answer() -> None:
    prompt = render("Go on.", front='opening: " Step {{ step }} of {{ passage.id }}: "\nkeep_opening: false\n')
    assert said(prompt) == [("user", "Go on."), ("assistant", "Step 1 of roads/001:")]
    assert prompt.opening == "Step 1 of roads/001:"
    assert not prompt.keep_opening


@pytest.mark.parametrize("opening", ['""', '" "', "'{{ previous }}'", "null"])
def test_an_empty_opening_is_none(opening: str) -> None:
    assert said(render("Go on.", front=f"opening: {opening}\n")) == [("user", "Go on.")]


def test_line_ends_of_windows_and_a_byte_order_mark() -> None:
    source = "\ufeff---\r\ndescription: A test.\r\n---\r\n{{ passage }}\r\n\r\nAgain.\r\n"
    prompt = Template("test", source.encode(), "test.md.j2").render(Reading(PAIRS), 1, 1, SMALL)
    assert prompt.messages[0].content == f"{TEXT}\n\nAgain."


# -- settings -----------------------------------------------------------------------------------------------


def test_plain_settings_are_for_good_models() -> None:
    settings = template("x").settings(LARGE)
    assert settings == Settings()
    assert settings.sampling.chain() == (TopK(k=40), MinP(p=0.05), Temperature(t=0.7), Dist())


def test_a_family_lays_its_settings_over_the_general_ones() -> None:
    made = template(
        "x",
        front=(
            "max_tokens: 99\nsampling: {temperature: 0.3, top_k: 7}\n"
            'families:\n  smollm2:\n    sampling: {temperature: 0.2, dry_multiplier: 2}\n    stop: ["\\n"]\n'
        ),
    )
    small, large = made.settings(SMALL), made.settings(LARGE)
    assert (large.max_tokens, large.stop, large.sampling.temperature) == (99, (), 0.3)
    assert (small.max_tokens, small.stop, small.sampling.temperature) == (99, ("\n",), 0.2)
    assert small.sampling.top_k == 7
    assert small.sampling.chain()[0] == Dry(
        multiplier=2, base=1.75, allowed_length=2, last_n=1024, breakers=("\n", ":", '"', "*")
    )


@pytest.mark.parametrize(
    ("family", "matches"),
    [
        ("smollm2", True),
        ("SmolLM2", True),
        ("smollm2-135m", True),
        ("llama", True),
        ("*135m", True),
        ("smollm3", False),
    ],
)
def test_a_family_matches_the_beginning_of_a_label(family: str, matches: bool) -> None:
    made = template("x", front=f'families: {{"{family}": {{max_tokens: 5}}}}\n')
    assert (made.settings(SMALL).max_tokens == 5) is matches


def test_of_several_families_the_later_wins_and_the_first_names() -> None:
    front = "families: {llama: {max_tokens: 5, stop: [a]}, smollm2: {max_tokens: 6}}\n"
    settings = template("x", front).settings(SMALL)
    assert (settings.max_tokens, settings.stop) == (6, ("a",))
    assert said(render("{{ family }}", front)) == [("user", "llama")]
    assert said(render("{{ family or 'none' }}", front, labels=LARGE)) == [("user", "none")]


def test_temperature_zero_takes_the_likeliest() -> None:
    assert template("x", "sampling: {temperature: 0}\n").settings(()).sampling.chain() == (Greedy(),)


# -- what is refused, and where -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "line", "message"),
    [
        ("{{ passage }}\n\n{{ previos }}", 6, "unknown variable `previos`"),
        ("{% if stop %}\n{% endif %}", 4, "unknown variable `stop`"),
        ("{{ passage }}\n{{ passage", 5, "broken template"),
        ("{{ passage }}\n\n{% if step %}", 6, "broken template"),
        ("{% user %}\n{{ passage }}", 5, "broken template"),
        ("\n{{ passage | shout }}", 5, "broken template (No filter named 'shout'"),
        ("{{ passage }}\n{{ 1 // (step - 1) }}", 5, "the template fails on roads/001"),
        ("\n\n{{ passage.words }}", 6, "the template fails on roads/001"),
    ],
)
def test_a_broken_body_is_refused_with_its_line(body: str, line: int, message: str) -> None:
    with pytest.raises(PromptError) as caught:
        render(body)
    assert caught.value.message.startswith(f"prompts/test.md.j2:{line}: {message}")
    assert caught.value.hint


def test_what_templates_know_is_in_the_hint() -> None:
    with pytest.raises(PromptError) as caught:
        template("{{ previos }}")
    assert caught.value.hint == (
        "Did you mean `previous`? Templates know passage, previous, step, steps, essay, family, language, model."
    )


@pytest.mark.parametrize(
    ("front", "line", "message"),
    [
        ("max_token: 5\n", 3, "`max_token`: extra inputs are not permitted"),
        ("stop: []\nmax_tokens: many\n", 4, "`max_tokens`: input should be a valid integer"),
        ("max_tokens: 0\n", 3, "`max_tokens`: input should be greater than or equal to 1"),
        ("sampling: {temprature: 1}\n", 3, "`sampling.temprature`: extra inputs are not permitted"),
        ("families:\n  llama: 3\n", 3, "`families.llama`: input should be a valid dictionary"),
        ("stop: [\n", 3, "broken front matter"),
    ],
)
def test_broken_front_matter_is_refused_with_its_line(front: str, line: int, message: str) -> None:
    with pytest.raises(PromptError) as caught:
        template("x", front)
    assert caught.value.message.startswith(f"prompts/test.md.j2:{line}: {message}")
    assert caught.value.hint


def test_a_setting_with_a_name_without_end_is_not_repeated_whole() -> None:
    with pytest.raises(PromptError) as caught:
        template("x", f"{'sampling' * 100}: 1\n")
    assert caught.value.message.startswith("prompts/test.md.j2:3: `samplingsampling")
    assert len(caught.value.message) < 250


def test_a_familys_settings_are_checked_too() -> None:
    with pytest.raises(PromptError, match="max_tokens"):
        template("x", "families:\n  llama: {max_tokens: many}\n")


def test_a_description_is_asked_for() -> None:
    with pytest.raises(PromptError, match=r"prompts/test\.md\.j2:1: `description`: field required"):
        Template("test", b"{{ passage }}", "prompts/test.md.j2")


def test_a_template_that_is_not_utf8() -> None:
    with pytest.raises(PromptError, match="not UTF-8 at byte 2"):
        Template("test", b"ab\xff", "prompts/test.md.j2")


@pytest.mark.parametrize(
    ("front", "line"),
    [
        ('opening: "{{ pasage }}"\n', 3),
        ("max_tokens: 9\nopening: >-\n  {{ pasage\n", 5),
        ("families:\n  smollm2:\n    opening: So {{ pasage }}\n", 5),
    ],
)
def test_a_broken_opening_is_refused_with_its_line(front: str, line: int) -> None:
    """When the template is read, whatever model it will be for."""
    with pytest.raises(PromptError) as caught:
        template("x", front)
    assert caught.value.message.startswith(f"prompts/test.md.j2:{line}: ")


def test_an_opening_that_fails_is_refused_with_its_line() -> None:
    with pytest.raises(PromptError, match=r"prompts/test\.md\.j2:3: the template fails on roads/001"):
        render("x", front="opening: So {{ 1 // (step - 1) }}\n")


def test_text_outside_of_turns_is_refused() -> None:
    with pytest.raises(PromptError, match=r"text outside its turns \('Answer briefly\.'\)"):
        render("{% user %}{{ passage }}{% enduser %}\nAnswer briefly.")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{{ previous }}",
        "{% user %}{{ previous }}{% enduser %}",
        "{% user %}a{% enduser %}{% assistant %}b{% endassistant %}",
        "{% user %}a{% enduser %}{% assistant %}{% endassistant %}{% user %}c{% enduser %}",
    ],
)
def test_empty_turns_and_a_last_word_not_the_users_are_refused(body: str) -> None:
    with pytest.raises(PromptError, match="a turn is empty, or the last one isn't the user's"):
        render(body)


@pytest.mark.parametrize(
    "body",
    [
        "{{ passage.__class__ }}",
        "{{ passage.__class__.__mro__ }}",
        "{{ ''.__class__.__base__.__subclasses__() }}",
        "{{ passage.__init__.__globals__ }}",
        "{{ essay.tags.__class__ }}",
        "{{ turns.append(('system', 'x')) }}",
    ],
)
def test_the_sandbox_holds(body: str) -> None:
    with pytest.raises(PromptError, match="the template fails on roads/001"):
        render(body)


# -- folders ------------------------------------------------------------------------------------------------


def folder_of(tmp_path: Path, **bodies: str) -> Path:
    """A folder of templates, by kind."""
    for kind, body in bodies.items():
        (tmp_path / f"{kind}.md.j2").write_text(f"---\ndescription: {kind}.\n---\n{body}")
    return tmp_path


def test_kinds_come_by_name_or_as_they_are_asked_for(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, b="x", a="x", c="x")
    (folder / "notes.md").write_text("not a template")
    assert list(read_templates(folder)) == ["a", "b", "c"]
    assert list(read_templates(folder, ["c", "a", "c"])) == ["c", "a"]


def test_a_kind_nobody_has(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match="no kind 'sumary'") as caught:
        read_templates(folder_of(tmp_path, summary="x", counter="x"), ["sumary"])
    assert caught.value.hint == (
        "Did you mean `summary`? There are counter, summary; add one by adding sumary.md.j2."
    )


def test_no_templates(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match="no templates here"):
        read_templates(tmp_path)


def test_the_name_of_a_kind(tmp_path: Path) -> None:
    (tmp_path / "too good.md.j2").write_text("---\ndescription: x\n---\nx")
    with pytest.raises(PromptError, match="'too good' can't be a kind"):
        read_template(tmp_path / "too good.md.j2")


def test_broken_templates_are_left_out_where_somebody_listens(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, good="x", bad="{{ nothing }}")
    errors: list[PromptError] = []
    assert list(read_templates(folder, on_error=errors.append)) == ["good"]
    assert [error.message.split(":")[1] for error in errors] == ["4"]
    with pytest.raises(PromptError, match="unknown variable"):
        read_templates(folder)
    with pytest.raises(PromptError, match="no template is left"):
        read_templates(folder, ["bad"], errors.append)


# -- the shipped ones ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("labels", [SMALL, LARGE])
def test_the_shipped_kinds_begin_with_the_passage(labels: tuple[str, ...]) -> None:
    """So that the kinds of a passage share the beginning of their prompts."""
    shipped = read_templates(SHIPPED)
    assert list(shipped) == ["counter", "rewrite", "summary"]
    for made in shipped.values():
        first = made.render(Reading(PAIRS), 1, 3, labels).messages[0]
        assert first.role == "user"
        assert first.content.startswith(f"{TEXT}\n\n")


@pytest.mark.parametrize("kind", ["counter", "rewrite", "summary"])
def test_only_the_bundled_model_gets_a_beginning_and_another_at_each_step(kind: str) -> None:
    made = read_template(SHIPPED / f"{kind}.md.j2")
    small = [made.render(Reading(PAIRS, "Before."[: step - 1]), step, 5, SMALL).opening for step in (1, 2, 3)]
    large = [made.render(Reading(PAIRS, "Before."[: step - 1]), step, 5, LARGE).opening for step in range(1, 6)]
    assert len({*small, ""}) == 4
    assert not any(large)


def test_the_shipped_summary_asks_for_half_the_words() -> None:
    made = read_template(SHIPPED / "summary.md.j2")
    assert "in about 8 words" in made.render(Reading(PAIRS), 1, 3, LARGE).messages[0].content
    again = made.render(Reading(PAIRS, "Nobody has counted any of them."), 2, 3, LARGE).messages[0].content
    assert again.startswith("Nobody")
    assert "in about 3 words" in again


def test_the_shipped_counter_is_a_thread() -> None:
    made = read_template(SHIPPED / "counter.md.j2")
    reply = [made.render(Reading(PAIRS, "Not so."), step, 3, SMALL).messages for step in (2, 3)]
    assert [[message.role for message in messages] for messages in reply] == [
        ["user", "assistant", "user", "assistant"]
    ] * 2
    assert [messages[0].content.split("\n")[-1] for messages in reply] == [
        "Argue against this in two sentences.",
        "Defend this in two sentences.",
    ]


def test_the_shipped_counter_quotes_what_it_answers() -> None:
    """What was given to a model as its own words, the model repeated."""
    made = read_template(SHIPPED / "counter.md.j2")
    first, reply, again = (made.render(Reading(PAIRS, "Not so."[: step - 1]), step, 3, LARGE) for step in (1, 2, 3))
    assert [len(each.messages) for each in (first, reply, again)] == [1, 1, 1]
    assert "“N”" in reply.messages[0].content
    assert "“No”" in again.messages[0].content
    asked = {each.messages[0].content.split("\n")[-1] for each in (first, reply, again)}
    assert len(asked) == 3


def test_the_shipped_rewriting_asks_for_another_manner_at_each_step() -> None:
    made = read_template(SHIPPED / "rewrite.md.j2")
    asked = [made.render(Reading(PAIRS, "Before."), step, 4, LARGE).messages[0].content for step in (1, 2, 3, 4)]
    assert len(set(asked)) == 3
    assert asked[0] == asked[3]
    assert all(each.startswith("Before.\n\n") for each in asked)


@pytest.mark.parametrize("kind", ["counter", "rewrite", "synthesis"])
def test_the_shipped_kinds_hear_the_prompt_but_for_the_bundled_model(kind: str) -> None:
    made = read_template(SHIPPED / f"{kind}.md.j2")
    large, small = (made.settings(labels).sampling for labels in (LARGE, SMALL))
    assert (large.dry_prompt, large.dry_multiplier > 0) == (True, True)
    assert (small.dry_prompt, small.dry_multiplier, small.dry_allowed_length) == (False, 2, 2)


def test_another_familys_settings_leave_the_wording_alone() -> None:
    """`family` was enough to get the bundled model's wording."""
    source = (SHIPPED / "rewrite.md.j2").read_text(encoding="utf-8")
    more = source.replace("families:\n", "families:\n  qwen3: {max_tokens: 100}\n")
    plain, own = (Template("rewrite", each.encode(), "rewrite.md.j2") for each in (source, more))
    assert own.settings(LARGE).max_tokens == 100
    assert own.render(Reading(PAIRS), 1, 1, LARGE).messages == plain.render(Reading(PAIRS), 1, 1, LARGE).messages


def test_the_bundled_models_prompts_stay_as_they_were() -> None:
    """Its settings were measured with this wording, and a wording for other models mustn't touch it."""
    texts = {"summary": "Short.", "counter": "Not so."}
    spoken = [
        made.render(Reading(PAIRS, "Before."[: step - 1], texts), step, 3, SMALL).messages
        for kind, made in read_templates(SHIPPED, ["counter", "rewrite", "summary", "synthesis"]).items()
        for step in range(1, made.steps(3) + 1)
    ]
    parts = [[(each.role, each.content) for each in messages] for messages in spoken]
    assert canonical_sha256(parts) == "8de24c17c061ee95bbb591c9d0cf80d4764a4e0db792f3cc561a81674a19f791"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("{{ essay.tags|map('upper') }}", "generator"),
        ("{{ essay.tags.count }}", "builtin_function_or_method"),
        ("{{ namespace() }}", "Namespace"),
        ("{{ range }}", "function"),
        ("{{ [essay.tags|map('upper')] }}", "generator"),
        ("{{ essay.tags|map('upper')|string }}", "generator"),
        ("{{ 'tags: ' ~ essay.tags|map('upper') }}", "generator"),
        ("{{ (essay.tags|map('upper'))|upper }}", "generator"),
        ("{{ {'a': range} }}", "function"),
        ("{% user %}{{ '%s'|format(range) }}{% enduser %}", "function"),
    ],
)
def test_a_template_prints_no_address(body: str, kind: str) -> None:
    """A prompt with an address in memory was another one each time; within a list, or as a string, it got by."""
    with pytest.raises(PromptError, match=f"it prints a {kind}, which is no text"):
        render(body)


def test_an_address_that_somebody_wrote_is_a_text() -> None:
    body = "{% user %}{{ previous }} <a at 0x{{ '7f' }}0000000001>{% enduser %}"
    prompt = render(body, front="opening: So,\n", previous="<b at 0x7F0000000002>", step=2)
    assert prompt.messages[0].content == "<b at 0x7F0000000002> <a at 0x7f0000000001>"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("{{ essay.tags }}", "('loss',)"),
        ("{{ [1, 2.5, none, true, {'a': passage.id}] }}", "[1, 2.5, None, True, {'a': 'roads/001'}]"),
        ("{% set words %}a {{ step }}{% endset %}{{ words }}", "a 1"),
        ("{% macro twice(what) %}{{ what }}{{ what }}{% endmacro %}{{ twice('so') }}", "soso"),
        ("{{ '<b>'|safe }}{{ '&'|e }}", "<b>&amp;"),
    ],
)
def test_what_a_template_prints(body: str, text: str) -> None:
    assert render(body).messages[-1].content == text


# -- what a kind wants --------------------------------------------------------------------------------------


def test_a_template_says_what_it_wants_of_its_texts() -> None:
    front = "length: 0.5\nweights: {kept: 2, added: -1}\nfamilies: {smollm2: {length: 0.25, weights: {kept: 0}}}\n"
    large, small = (template("x", front).settings(labels) for labels in ((), SMALL))
    assert (large.length, large.weights) == (0.5, Weights(kept=2, added=-1))
    assert (small.length, small.weights) == (0.25, Weights(kept=0, added=-1))


def test_a_template_that_wants_nothing_special() -> None:
    settings = template("x").settings(())
    assert (settings.length, settings.weights) == (None, Weights())


@pytest.mark.parametrize("front", ["length: 0\n", "weights: {beauty: 1}\n", "weights: {kept: much}\n"])
def test_wishes_that_nobody_can_measure_are_refused(front: str) -> None:
    with pytest.raises(PromptError, match=r"prompts/test.md.j2:3: `(length|weights)") as error:
        template("x", front)
    assert "coverage" in error.value.hint


def test_the_shipped_kinds_say_what_they_want() -> None:
    wanted = {kind: each.settings(()) for kind, each in read_templates(shipped("prompts")).items()}
    assert {kind: each.length for kind, each in wanted.items()} == {"counter": None, "rewrite": 1.0, "summary": 0.5}
    assert (wanted["counter"].weights.kept, wanted["counter"].weights.coverage) == (0, 1)
    assert (wanted["summary"].weights, wanted["rewrite"].weights.density) == (Weights(), -0.1)


# -- kinds that read others ---------------------------------------------------------------------------------


def reading(folder: Path, **reads: str) -> Path:
    """A folder of kinds with what each says that it reads, on line 3 of its file."""
    for kind, said in reads.items():
        text = f"---\ndescription: {kind}.\nreads: {said}\n---\nSay it.\n"
        (folder / f"{kind}.md.j2").write_text(text)
    return folder


def test_a_kind_that_reads_others_knows_their_texts_by_name() -> None:
    made = template("{{ passage }} {{ summary }} {{ my_own }} {{ steps }}", "reads: [summary, my-own]\n")
    prompt = made.render(Reading(PAIRS, texts={"summary": "Short.", "my-own": "Mine."}), 1, 5, SMALL)
    assert prompt.messages[0].content == f"{TEXT} Short. Mine. 1"
    assert (made.reads_kinds, made.steps(5)) == (("summary", "my-own"), 1)


def test_a_kind_that_reads_a_group_knows_passages() -> None:
    made = template("{% for each in passages %}{{ each }} ({{ each.tags | join }}){% endfor %}", "reads: passages\n")
    assert made.render(Reading((*PAIRS, *PAIRS)), 1, 1, SMALL).messages[0].content == f"{TEXT} (mapsloss)" * 2
    with pytest.raises(PromptError, match="unknown variable `passage`") as caught:
        template("{{ passage }}", "reads: passages\n")
    assert (
        caught.value.hint
        == "Did you mean `passages`? This template knows passages, step, steps, family, language, model."
    )


@pytest.mark.parametrize(
    ("front", "what"),
    [
        (
            "reads: summary",
            "`reads`: is passage, passages, weave, paragraph, paragraphs or a list of kinds like [summary, counter].",
        ),
        (
            "reads: []",
            "`reads`: is passage, passages, weave, paragraph, paragraphs or a list of kinds like [summary, counter].",
        ),
        (
            "reads: {a: b}",
            "`reads`: is passage, passages, weave, paragraph, paragraphs or a list of kinds like [summary, counter].",
        ),
        ("reads: [a-b, a_b]", "`reads`: names the same kind twice, or two kinds that templates would call the same."),
        ("reads: [test]", "`reads`: 'test' can't read itself."),
        ("reads: [passage]", "`reads`: a template can't speak of a kind called 'passage'."),
        ("reads: [turns]", "`reads`: a template can't speak of a kind called 'turns'."),
        ("reads: [if]", "`reads`: a template can't speak of a kind called 'if'."),
        ("reads: [2nd]", "`reads`: a template can't speak of a kind called '2nd'."),
    ],
)
def test_what_nothing_can_be_read_by(front: str, what: str) -> None:
    with pytest.raises(PromptError) as caught:
        template("{{ passage }}", f"{front}\n")
    assert caught.value.message == f"prompts/test.md.j2:3: {what}"
    assert caught.value.hint


def test_previous_is_unknown_where_other_kinds_are_read() -> None:
    with pytest.raises(PromptError, match="unknown variable `previous`") as caught:
        template("{{ previous }}", "reads: [summary]\n")
    assert caught.value.hint == "This template knows passage, step, steps, essay, family, language, model, summary."


def test_a_kind_brings_in_what_it_reads_and_is_made_only_if_it_is_asked_for(tmp_path: Path) -> None:
    folder = reading(tmp_path, all="[both, one]", both="[one, two]", one="passage", two="passage", group="passages")
    assert list(read_templates(folder)) == ["one", "two"]
    assert list(read_templates(folder, ["both"])) == ["one", "two", "both"]
    assert list(read_templates(folder, ["all", "two"])) == ["two", "one", "both", "all"]
    assert set(read_all_templates(folder)) == {"all", "both", "one", "two", "group"}


@pytest.mark.parametrize(
    ("reads", "asked", "what", "hint"),
    [
        ({"a": "[sumary]", "summary": "passage"}, "a", "a.md.j2:3: `reads`: there is no kind 'sumary'.", "`summary`"),
        ({"a": "[b]", "b": "[a]"}, "a", "a.md.j2:3: `reads`: goes round in a circle: 'a', which reads 'b'", "Leave"),
        (
            {"a": "[b]", "b": "[c]", "c": "[b]"},
            "a",
            "'a', which reads 'b', which reads 'c', which reads 'b'.",
            "Leave",
        ),
    ],
)
def test_kinds_that_can_t_be_made(tmp_path: Path, reads: dict[str, str], asked: str, what: str, hint: str) -> None:
    with pytest.raises(PromptError) as caught:
        read_templates(reading(tmp_path, **reads), [asked])
    assert what in caught.value.message
    assert hint in caught.value.hint


def test_a_kind_that_reads_a_broken_one_is_left_out_with_it(tmp_path: Path) -> None:
    folder = reading(tmp_path, a="[b]", b="[c]", c="nothing", d="passage")
    errors: list[PromptError] = []
    assert list(read_all_templates(folder, errors.append)) == ["d"]
    assert [error.message.split("`: ")[1] for error in errors] == [
        "is passage, passages, weave, paragraph, paragraphs or a list of kinds like [summary, counter].",
        "the template of 'c' can't be read.",
        "the template of 'c' can't be read.",
    ]


def test_the_shipped_synthesis_reads_a_summary_and_its_objection() -> None:
    made = read_templates(SHIPPED, ["synthesis"])
    assert list(made) == ["summary", "counter", "synthesis"]
    read = Reading(PAIRS, texts={"summary": "In short.", "counter": "Not so."})
    small, large = (made["synthesis"].render(read, 1, 3, labels).messages for labels in (SMALL, LARGE))
    assert small[0].content.startswith(f"{TEXT}\n\n")
    assert [each.content for each in small[1:4:2]] == ["In short.", "Not so."]
    (asked,) = large
    assert asked.content.startswith(f"{TEXT}\n\nIn short: “In short.”\n\nAgainst this it was said: “Not so.”\n\n")


@pytest.mark.parametrize("kind", ["counter", "synthesis"])
@pytest.mark.parametrize("words", ["apples fall from trees", "it fell from a tree", "the moon pulls the sea"])
def test_the_shipped_forms_of_sentences_raise_no_echo(kind: str, words: str) -> None:
    """A form has no five words in a row: a text that follows the form would be flagged as an echo."""
    made = read_templates(SHIPPED, [kind])[kind]
    for step, more in itertools.product((1, 2, 3), ("", "a", "ab")):
        passage = PASSAGE.model_copy(update={"text": f"{TEXT}{more}"})
        read = Reading(((ESSAY, passage),), "Not so."[: step - 1], {"summary": "Short.", "counter": "Not so."})
        asked = made.render(read, step, 3, LARGE).messages
        filled = asked[0].content.rsplit("“", 1)[1].replace("…", words)
        assert filled.count(words) >= 2
        assert "echo" not in flags(filled, "stop", passage.text, "", asked)


def test_a_kind_can_t_read_one_that_is_made_from_a_group(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match=r"a\.md\.j2:3: `reads`: 'b' is made from a group of passages\."):
        read_templates(reading(tmp_path, a="[b]", b="passages"), ["a"])


def test_a_run_whose_task_lacks_a_text_that_its_template_reads_is_an_error() -> None:
    """Bug: ended in a KeyError."""
    reader = template("{{ summary }}", "reads: [summary]\n")
    with pytest.raises(PromptError, match="there is no text of the kind 'summary' to read"):
        reader.render(Reading(PAIRS), 1, 1, SMALL)
    made = reader.render(Reading(PAIRS, texts={"summary": "In short."}), 1, 1, SMALL)
    assert made.messages[0].content == "In short."


def in_language(code: str | None, card: tuple[str, ...] = ()) -> Reading:
    essay, passage = PAIRS[0]
    return Reading(((essay, passage.model_copy(update={"language": code})),), card=card)


@pytest.mark.parametrize(
    ("code", "card", "expected"),
    [
        ("de", (), "de German"),
        ("de", ("en", "de"), "de German en,de"),
        ("de", ("en",), "de  en"),  # the card doesn't name German
        ("en", ("en",), "en  en"),
        (None, (), "none"),
    ],
)
def test_a_template_knows_the_passages_language_and_the_cards(
    code: str | None, card: tuple[str, ...], expected: str
) -> None:
    made = template("{{ passage.language or 'none' }} {{ language }} {{ model.languages | join(',') }}")
    assert made.render(in_language(code, card), 1, 1, SMALL).messages[0].content == expected


def test_a_group_in_several_languages_has_none() -> None:
    made = template("{{ passages[1].language }} {{ language or 'several' }}", "reads: passages\n")
    passages = (*in_language("fr").passages, *in_language("de").passages)
    assert made.render(Reading(passages), 1, 1, SMALL).messages[0].content == "de several"
    assert made.render(Reading(passages[1:] * 2), 1, 1, SMALL).messages[0].content == "de German"


@pytest.mark.parametrize("kind", ["rewrite", "summary", "counter", "synthesis"])
def test_shipped_templates_ask_for_the_passages_language(kind: str) -> None:
    """In English nothing is said of the language, and nothing to a model whose card doesn't name it."""
    source = (Path(__file__).parents[2] / "prompts" / f"{kind}.md.j2").read_bytes()
    made = Template(kind, source, f"prompts/{kind}.md.j2")
    texts = {"summary": "A summary.", "counter": "An objection."} if made.reads_kinds else {}

    def asked(code: str | None, card: tuple[str, ...] = (), step: int = 1) -> str:
        read = in_language(code, card)._replace(texts=texts, previous="A text." if step > 1 else "")
        return made.render(read, step, 2, LARGE).messages[-1].content

    for step in (1,) if texts else (1, 2):
        assert "in German" in asked("de", step=step)
        assert "in German" in asked("de", ("en", "de"), step)
        assert asked("de", ("en",), step) == asked("en", step=step) == asked(None, step=step)
        assert "language" not in asked("en", step=step)
