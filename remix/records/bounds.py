"""How large the numbers may be that come from strangers, or from a command line.

Constants with their units and reasons. Records, templates and options are held to them when they are read, so that
nothing beyond them reaches llama.cpp, which checks little and ends the process. Imports nothing: help comes at once.
"""

MOST_STEPS, MOST_VARIANTS, MOST_CANDIDATES = 99, 999, 99
"""Steps of a chain, chains of a passage and kind, candidates of a text."""

MOST_TASKS = 100_000
"""Texts of a run; each takes three files, and a hash when a run is checked."""

MOST_TOKENS = 2**24
"""Tokens of a context, and of a text: more than any model is trained for."""

MOST_PARALLEL = 64
"""Sequences that may be asked for at once."""

MOST_ROWS = 32
"""Sequences decoded in one call: as many as tuning tries. Probing a shape takes the square of it in tokens."""

LEAST_CHUNK, MOST_CHUNK = 2, 128
"""Tokens of a prompt computed in one call: at most as many as tuning tries, for a probe computes several such chunks.
Prompts can't be cut in single tokens, as their last chunk has two; and llama.cpp takes memory for the product with
the context."""

MOST_THREADS = 512
"""Threads of the engine: llama.cpp ends the process when there are more."""

MOST_LAYERS = 9999
"""Layers put on a GPU: more than any model has, and so all of them."""

LARGEST_WHOLE = 2**53 - 1
"""The largest whole number that every reader of JSON takes for the same."""

INT32 = 2**31 - 1
"""The largest number in which llama.cpp counts tokens."""

LOOK_BACK = 2**20
"""Tokens that a sampler may look back; llama.cpp takes four bytes for each."""

MOST_STRENGTH = 1e6
"""The largest number that says how strong a sampler is, and the highest temperature: both stay finite as 32-bit
floats, and so do products with a logit."""

LEAST_TEMPERATURE = 1e-6
"""The lowest temperature but 0: what is divided by less is not finite any more."""

MOST_BREAKERS, LONGEST_BREAKER = 32, 256
"""Strings that interrupt a repetition, and letters of each. llama.cpp looks through the whole vocabulary for each."""

MOST_STOPS, LONGEST_STOP = 64, 4096
"""Strings that end a text, and letters of each: all are looked for after each token."""

MOST_SAMPLERS = 32
"""Samplers of a chain."""

LONGEST_GRAMMAR, DEEPEST_GRAMMAR = 2**18, 1100
"""Letters of a grammar, and groups within groups: a string of at most 1,000 letters is as many optional groups.
llama.cpp's parser goes one call deeper for each: 1,200 of them overflow a stack of 512 KB, as threads have on macOS,
and 20,000 one of 8 MB."""
