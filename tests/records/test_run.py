"""What a run says of itself: passages with their essays, the model's name, its templates."""

from __future__ import annotations

from remix.outputs import RunFolder
from remix.templates.template import templates_of


def test_a_run_s_passages_stand_with_their_essays(finished: RunFolder) -> None:
    run = finished.run
    assert [passage.id for _, passage in run.corpus] == list(run.pairs)
    assert all(passage in essay.passages for essay, passage in run.pairs.values())
    assert len(run.pairs) == sum(len(essay.passages) for essay in run.essays)


def test_a_run_s_templates_are_those_it_began_with(finished: RunFolder) -> None:
    templates = templates_of(finished.run)
    assert {kind: template.sha256 for kind, template in templates.items()} == {
        used.kind: used.sha256 for used in finished.run.templates
    }


def test_the_model_s_name_is_the_file_s_or_the_one_that_was_asked_for(finished: RunFolder) -> None:
    run = finished.run
    assert run.model_name == (run.model.name if run.model else run.options.model)
    named = run.model_copy(update={"model": None, "options": run.options.model_copy(update={"model": "gpt"})})
    assert named.model_name == "gpt"
