"""The frozen records that the stages hand each other: immutable pydantic models, described field by field.

Knows nothing of files, templates or llama.cpp; of remix it imports only `util/units`. The modules:

    values      the types of fields, and their base      model       what a GGUF is
    bounds      how large numbers may be                 sampling    samplers and their parameters
    corpus      Essay, Passage                           generation  Prompt, Request, Generation
    plan        Task                                     output      Record: an output's provenance
    options     a run's options, declared once           review      reviews of outputs
    run         a run's frozen request
"""

from remix.records.corpus import Essay, Passage, Ranking
from remix.records.generation import Alternative, Choice, EngineUsed, Generation, Message, Prompt, Request, Trace
from remix.records.model import ModelFile, ModelUsed, Preparation
from remix.records.options import Options
from remix.records.output import (
    Candidate,
    CandidateMeasures,
    Circumstances,
    Derivation,
    Output,
    PromptUsed,
    Record,
    Selection,
    Source,
    Weights,
    record_id,
    source_of,
)
from remix.records.plan import Task, task_id
from remix.records.review import Edit, Loss, Review, Standing, Verdict
from remix.records.run import Change, Environment, Failure, Refresh, Resumption, Run, Stale, TemplateUsed
from remix.records.sampling import (
    Dist,
    Dry,
    Grammar,
    Greedy,
    MinP,
    Penalties,
    Sampler,
    Sampling,
    StopString,
    Temperature,
    TopK,
    TopP,
)
from remix.records.values import (
    Count,
    Frozen,
    Length,
    Many,
    Number,
    Rule,
    Seed,
    Sha256,
    Share,
    Step,
    Strength,
    Token,
    Variant,
    canonical_sha256,
    sha256,
)

__all__ = [
    "Alternative",
    "Candidate",
    "CandidateMeasures",
    "Change",
    "Choice",
    "Circumstances",
    "Count",
    "Derivation",
    "Dist",
    "Dry",
    "Edit",
    "EngineUsed",
    "Environment",
    "Essay",
    "Failure",
    "Frozen",
    "Generation",
    "Grammar",
    "Greedy",
    "Length",
    "Loss",
    "Many",
    "Message",
    "MinP",
    "ModelFile",
    "ModelUsed",
    "Number",
    "Options",
    "Output",
    "Passage",
    "Penalties",
    "Preparation",
    "Prompt",
    "PromptUsed",
    "Ranking",
    "Record",
    "Refresh",
    "Request",
    "Resumption",
    "Review",
    "Rule",
    "Run",
    "Sampler",
    "Sampling",
    "Seed",
    "Selection",
    "Sha256",
    "Share",
    "Source",
    "Stale",
    "Standing",
    "Step",
    "StopString",
    "Strength",
    "Task",
    "Temperature",
    "TemplateUsed",
    "Token",
    "TopK",
    "TopP",
    "Trace",
    "Variant",
    "Verdict",
    "Weights",
    "canonical_sha256",
    "record_id",
    "sha256",
    "source_of",
    "task_id",
]
