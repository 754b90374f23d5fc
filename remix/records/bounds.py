"""The largest values of numbers in records, templates and options.

Constants with their units and reasons. Numbers are checked when a file is read: llama.cpp checks
little, and a larger number could end the process. Imports nothing, so that `--help` is quick.
"""

MOST_STEPS, MOST_VARIANTS, MOST_CANDIDATES = 99, 999, 99
"""Steps of a chain, chains for each passage and kind, candidates for each text."""

MOST_RETRIES = 99
"""Further tries at a text that copies."""

MOST_TASKS = 100_000
"""Texts of a run. Each text takes three files, and a hash when the run is checked."""

MOST_TOKENS = 2**24
"""Tokens of a context or of a text: more than any model is trained for."""

MOST_PARALLEL = 64
"""Sequences of a batch."""

MOST_ROWS = 32
"""Sequences decoded in one call: the largest number that tuning tries. A probe decodes the square of this number, in
tokens."""

LEAST_CHUNK, MOST_CHUNK = 2, 128
"""Tokens of a prompt computed in one call. The upper bound is the largest chunk that tuning tries: a probe computes
several chunks, and llama.cpp's memory grows with the product of chunk and context. The lower bound is the length of
a prompt's last chunk, which always has two tokens."""

MOST_THREADS = 512
"""Threads of the engine: llama.cpp ends the process if there are more."""

MOST_LAYERS = 9999
"""Layers put on a GPU: more than any model has, so this number means all layers."""

LARGEST_WHOLE = 2**53 - 1
"""The largest whole number that every JSON reader reads exactly."""

INT32 = 2**31 - 1
"""The largest number of tokens that llama.cpp can count."""

LOOK_BACK = 2**20
"""Tokens that a sampler may look back; llama.cpp keeps four bytes for each token."""

MOST_STRENGTH = 1e6
"""The largest strength of a sampler, and the highest temperature: as 32-bit floats both stay finite, also if they are
multiplied with a logit."""

LEAST_TEMPERATURE = 1e-6
"""The lowest temperature above 0: logits divided by a lower temperature are no longer finite."""

MOST_BREAKERS, LONGEST_BREAKER = 32, 256
"""Strings that interrupt a repetition, and letters of each. llama.cpp searches the vocabulary for each string."""

MOST_STOPS, LONGEST_STOP = 64, 4096
"""Strings that end a text, and letters of each. After each token the text is searched for all strings."""

MOST_SAMPLERS = 32
"""Samplers of a chain."""

LONGEST_GRAMMAR, DEEPEST_GRAMMAR = 2**18, 1100
"""Letters of a grammar, and its deepest nesting of groups. A JSON string of at most 1,000 letters becomes
1,000 nested groups. llama.cpp's parser calls itself once for each level: 1,200 levels overflow a stack of 512 KB
(a thread's on macOS), 20,000 levels a stack of 8 MB."""
