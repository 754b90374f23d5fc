"""`remix verify`, `remix why` and `remix sign`."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import click

from remix.cli import completion, drafts
from remix.cli.ancestry import print_ancestry
from remix.cli.behind import print_sentence
from remix.cli.descendants import print_descendants
from remix.cli.latest import latest_path, run_folder
from remix.cli.options import Command, declared, json_option, moved_model_option, quiet_option
from remix.cli.printing import detail, note, print_json, say
from remix.cli.progress import progress
from remix.cli.support import print_support
from remix.util.names import quoted

if TYPE_CHECKING:
    from remix.verification.replay import Replayed
    from remix.verification.verify import Report
    from remix.workspace import Workspace


class _Verified(NamedTuple):
    """Results of verifying a run."""

    report: Report
    signature: str
    replayed: list[Replayed] | None
    outputs: set[str]
    """The outputs named on the command line; empty for the whole run."""

    @property
    def good(self) -> bool:
        return not self.report.findings and not any(each.is_wrong for each in self.replayed or ())


@click.command(cls=Command)
@click.argument("words", nargs=-1, metavar="[RUN|OUTPUT|DRAFT]...", shell_complete=completion.run_or_text)
@click.option("--replay", is_flag=True, help="Write the texts again from their records, and compare every token.")
@click.option("--anyway", is_flag=True, help="Replay even if verification found a problem.")
@declared("sample", help="Replay only N texts, evenly spread over the run.")
@declared("parallel", help="Most texts replayed at the same time.", envvar=None)
@declared("threads", envvar=None)
@moved_model_option
@click.option(
    "--signers",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Check the signature with this list of allowed signers (see ssh-keygen(1)).",
)
@click.option("--identity", metavar="NAME", help="The signer, as named in the list.")
@json_option
@quiet_option
@click.pass_context
def verify(ctx: click.Context, /, **chosen: Any) -> None:
    """Check that nothing in a run, or in single texts, has changed since it was written.

    RUN is the path of a run or the beginning of a run's name, OUTPUT the path of a text; by default the latest run.
    DRAFT is the path of a draft, such as drafts/Essay.md: its sources are checked.
    Checks every text, record and hash and where each text comes from; reads nothing outside the run's folder. Each
    problem is a line that names the file, and the exit status is 1.

    --replay writes the texts again, with the batch settings of the records, unless a problem was found. A
    different machine may write different texts: such differences are shown and are no problem.
    """
    from remix.outputs.find import find_places

    _refuse_half(ctx, chosen)
    workspace: Workspace = ctx.obj
    named = {word: drafts.draft_at(workspace, word) for word in chosen["words"]}
    words = [word for word, draft in named.items() if draft is None]
    checked = [drafts.check_draft(workspace, draft) for draft in named.values() if draft is not None]
    if checked and chosen["replay"]:
        raise click.UsageError("--replay goes with runs and texts.", ctx)
    places = find_places(workspace.outputs, words) if words else {}
    if not named:
        places = {latest_path(workspace): set()}
    verified = [_verify(workspace, path, outputs, chosen) for path, outputs in places.items()]
    good = all(each.good for each in verified) and not any(report.findings for report in checked)
    if chosen["as_json"]:
        in_drafts = {"drafts": [drafts.as_json(report) for report in checked]} if checked else {}
        print_json({"good": good, "runs": [_as_json(each) for each in verified], **in_drafts})
    else:
        for each in verified:
            _print(each)
        for report in checked:
            drafts.print_report(report)
    if not good:
        ctx.exit(1)


@click.command()
@click.argument("output", required=False, shell_complete=completion.text)
@click.option(
    "--of",
    "passage",
    metavar="PASSAGE",
    help="List all texts from this passage, in all runs. PASSAGE is the id of a passage.",
)
@click.option(
    "--sentences",
    is_flag=True,
    help="Let a local model tell from which sentences of the passage each sentence of the text comes; of several "
    "passages, from which passages.",
)
@click.option(
    "--sentence",
    "number",
    type=click.IntRange(min=1),
    metavar="N",
    help="Show the passages behind sentence N of the text, with shares and places. Of a run of `remix weave`, "
    "sentence N of the essay.",
)
@click.option(
    "--by",
    type=click.Choice(["words", "model"]),
    help="With --sentence: by the words in common (the default), or read by a local model.",
)
@click.option(
    "--reader",
    metavar="MODEL",
    help="With --sentences, or with --sentence and --by model: the GGUF that reads. By default the largest chat "
    "model here that fits into memory.",
)
@json_option
@click.pass_obj
def why(
    workspace: Workspace,
    /,
    output: str | None,
    passage: str | None,
    sentences: bool,
    number: int | None,
    by: Literal["words", "model"] | None,
    reader: str | None,
    as_json: bool,
) -> None:
    """Show where a text comes from: each step back to the passage, with prompt, model and seed.

    OUTPUT is the path of a text, the beginning of a record's id, or [RUN:]essay/NNN/kind.step[.vN].

    --sentence shows the passages behind one sentence of a text that was made from several, the closest sentence of
    each passage, and where it stands in the essay's file; or that the sentence is added, because no passage stands
    behind it.

    --sentences leaves out each sentence of the passage in turn, and shows by how many bits each sentence of the text
    becomes less probable to a model. --of also lists the sentences in which the passage is heard.
    """
    from remix.outputs import find_output
    from remix.outputs.lineage import ancestry

    _refuse_unfitting(output, passage, sentences, number)
    if by and number is None:
        raise click.UsageError("--by goes with --sentence.")
    if reader and not sentences and by != "model":
        raise click.UsageError("--reader goes with --sentences, or with --sentence and --by model.")
    if number is not None:
        print_sentence(workspace, output, number, by or "words", reader, as_json)
        return
    if sentences:
        print_support(workspace, output or "", reader, as_json)
        return
    if passage is not None:
        print_descendants(workspace, passage, as_json)
        return
    folder, task = find_output(workspace.outputs, output or "")
    steps = ancestry(folder, task)
    if as_json:
        as_dicts = [
            {
                "name": step.task,
                **step.record.model_dump(mode="json", by_alias=True),
                "text": step.text,
                "candidate": step.candidate,
            }
            for step in steps
        ]
        print_json({"run": folder.run.name, "output": task, "steps": as_dicts})
    else:
        print_ancestry(steps)


@click.command()
@click.argument("run", required=False, shell_complete=completion.run)
@click.option("--key", type=click.Path(path_type=Path), help="Your OpenSSH key; by default ~/.ssh/id_ed25519.")
@click.pass_obj
def sign(workspace: Workspace, run: str | None, key: Path | None) -> None:
    """Sign a finished run with your SSH key, and print the sha256 of its manifest.

    RUN is the path of a run or the beginning of a run's name; by default the latest run. The signature lies beside
    the manifest; `remix verify --signers FILE --identity NAME` checks the signature. To prove when the run was
    signed, give the sha256 to somebody who notes the date.
    """
    from remix.outputs.layout import SIGNATURE
    from remix.verification import signature as signing
    from remix.verification.verify import verified

    folder = run_folder(workspace, run)
    verified(folder.path)
    digest = signing.sign(folder.path, key or Path.home() / ".ssh" / "id_ed25519")
    note(f"{folder.path / SIGNATURE} written. The manifest's sha256, to be kept elsewhere:")
    say(digest)


COMMANDS = (verify, why, sign)


def _refuse_unfitting(output: str | None, passage: str | None, sentences: bool, number: int | None) -> None:
    """Raise `click.UsageError` unless there is a text or a passage to tell of, and one question about it."""
    if number is not None and (sentences or passage is not None):
        raise click.UsageError("--sentence goes with an output, and without --sentences and --of.")
    if sentences and not output:
        raise click.UsageError("--sentences goes with an output.")
    # Without an output, `--sentence` is about the latest essay.
    if (output is None) == (passage is None) and not (output is None and number is not None):
        raise click.UsageError("name an output, or a passage with --of PASSAGE.")


# -- verify -------------------------------------------------------------------------------------------------


def _refuse_half(ctx: click.Context, chosen: dict[str, Any]) -> None:
    """Raise `click.UsageError` for options without the options they need."""
    for name in ("sample", "parallel", "threads", "model", "anyway"):
        if chosen[name] not in (None, False) and not chosen["replay"]:
            raise click.UsageError(f"--{name} goes with --replay.", ctx)
    if (chosen["signers"] is None) != (chosen["identity"] is None):
        raise click.UsageError("--signers and --identity go together.", ctx)


def _verify(workspace: Workspace, path: Path, outputs: set[str], chosen: dict[str, Any]) -> _Verified:
    from remix.outputs.layout import SIGNATURE
    from remix.verification import signature as signing
    from remix.verification import verify
    from remix.verification.finding import Finding

    report = verify.verify(path, outputs)
    signature = "signed, not checked" if signing.is_signed(path) else "not signed"
    if chosen["signers"]:
        problem = signing.problem(path, chosen["signers"], chosen["identity"])
        if signing.is_signed(path):
            signature = "signature not accepted" if problem else f"signed by {chosen['identity']}"
        if problem:
            finding = Finding(SIGNATURE, problem)
            report = report._replace(findings=(*report.findings, finding))
    replayed = None
    if chosen["replay"] and report.findings and not chosen["anyway"]:
        note(f"{path}: not replayed, since the run has changed; --anyway replays it all the same.")
    elif chosen["replay"]:
        replayed = _replay(workspace, report, outputs, chosen)
    return _Verified(report, signature, replayed, outputs)


def _replay(workspace: Workspace, report: Report, outputs: set[str], chosen: dict[str, Any]) -> list[Replayed]:
    if report.run is None:
        return []
    from remix.generation import run_model
    from remix.verification import replay

    find_model = functools.partial(run_model.model_of, model=chosen["model"], model_folders=workspace.model_folders)
    # If single outputs are named, their earlier steps are verified too, but only the named outputs are replayed.
    found = [each for each in report.found if not outputs or each.task.id in outputs]
    how = replay.ReplayOptions(chosen["parallel"], chosen["threads"])
    with progress(chosen["quiet"]) as watch:
        return replay.replay(report.run, replay.sample(found, chosen["sample"]), find_model, how, watch)


def _as_json(verified: _Verified) -> dict[str, Any]:
    report, replayed = verified.report, verified.replayed
    return {
        "run": report.path.absolute().name,
        "folder": str(report.path),
        "good": verified.good,
        "intact": not report.findings,
        "finished": report.finished,
        "done": len(report.found),
        "total": report.total,
        "signature": verified.signature,
        "only": sorted(verified.outputs) or None,
        "unrecorded": list(report.unrecorded),
        "findings": [finding._asdict() for finding in report.findings],
        "replay": None
        if replayed is None
        else {
            "equal": sum(each.equal is True for each in replayed),
            "different": sum(each.equal is False for each in replayed),
            "not_tried": sum(each.equal is None for each in replayed),
            "environment": _environments(replayed),
            "outputs": [each._asdict() for each in replayed],
        },
    }


def _print(verified: _Verified) -> None:
    report = verified.report
    ended = "finished" if report.finished else "unfinished"
    state = f"{ended}, {len(report.found)} of {report.total} texts" if report.run else "not readable as a run"
    say(f"{quoted(str(report.path))}: {state}, {verified.signature}")
    for finding in report.findings:
        detail(f"{quoted(finding.file)}: {finding.what}")
    if not report.findings:
        say(f"intact: {_intact(verified)}")
    if report.unrecorded:
        also = f" and {len(report.unrecorded) - 1} more" if len(report.unrecorded) > 1 else ""
        say(f"without a record, so not checked: {quoted(report.unrecorded[0])}{also}; `remix resume` writes it again")
    if verified.replayed is not None:
        _print_replay(verified.replayed)


def _intact(verified: _Verified) -> str:
    """The verified run or texts, in words."""
    if verified.outputs:
        total = len(verified.report.run.tasks) if verified.report.run else 0
        count = len(verified.report.found)
        return f"{count} of the run's {total} texts have not changed; the rest of the run wasn't checked"
    what = "no text with a record" if verified.report.unrecorded else "nothing"
    return f"{what} has changed since it was written"


def _print_replay(replayed: list[Replayed]) -> None:
    """Whether the environment is the same, and which texts differ."""
    tried = [each for each in replayed if each.equal is not None]
    if tried:
        environments = _environments(replayed)
        say("environment: " + ("the same" if not environments else f"differs: {'; '.join(environments)}"))
        equal = sum(each.equal is True for each in tried)
        say(f"replayed: {equal} of {len(tried)} texts equal, token by token")
    for each in tried:
        if not each.equal:
            detail(f"{quoted(f'{each.output}.json')}: {each.what}{_excuse(each)}")
    for reason in dict.fromkeys(each.what for each in replayed if each.equal is None):
        outputs = [each.output for each in replayed if each.equal is None and each.what == reason]
        also = f" and {len(outputs) - 1} more" if len(outputs) > 1 else ""
        say(f"not replayed: {quoted(outputs[0])}{also}: {reason}")


def _excuse(replayed: Replayed) -> str:
    """Why a difference is no proof of a change; empty for a proof."""
    if not replayed.exact:
        return " (which proves nothing: its record says that it isn't exact)"
    return " (which proves nothing: the environment differs)" if replayed.environment else ""


def _environments(replayed: list[Replayed]) -> list[str]:
    return list(dict.fromkeys(part for each in replayed for part in each.environment))
