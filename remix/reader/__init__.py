"""A local model reads texts beside their passages: questions, answers, calibrated labels."""
