"""Verification of runs: files and records checked, texts replayed, manifests signed.

Takes a run's folder, gives findings. `verify.py` calls the checks of the folder (`folder.py`), of each output
(`output.py`) and of the texts read for an output (`lineage.py`); `replay.py` writes texts again with the model;
`signature.py` signs. Changes no file; signing adds the signature.
"""
