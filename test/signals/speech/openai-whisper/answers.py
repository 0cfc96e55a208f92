"""What openai/whisper's own decoding and transcription make of the toy model of toy-model.ts.

Run once, to write windows.jsonl and sounds.jsonl beside this file:
    git clone https://github.com/openai/whisper && pip install torch numpy   # or Debian's python3-torch
    PYTHONPATH=whisper python3 answers.py

The authors' code runs as it is; what is replaced is the model (logits from a hash of the tokens), the tokenizer
(one token a byte), and the source of random numbers (the generator of src/signals/speech/random.ts).
"""

import importlib
import json
import math
import sys
import types
from pathlib import Path

import numpy as np
import torch

WORD = 0xFFFFFFFF
VOCABULARY, WORDS, TIME_ZERO = 318, 256, 267
END, START, PREVIOUS = 256, 257, 264
LANGUAGES = {"en": 258, "de": 259, "fr": 260}
TRANSLATE, TRANSCRIBE, START_OF_LM, NO_SPEECH, NO_TIMES = 261, 262, 263, 265, 266
TOKENS = np.arange(VOCABULARY)


def product(a, b):
    return (a * b) & WORD


def hashed(*values):
    state = 0x811C9DC5
    for value in values:
        state = product(state ^ ((value + 0x9E37) & WORD), 0x01000193)
        state ^= state >> 15
        state = product(state, 0x2C1B3C6D)
        state ^= state >> 12
    return state / 2**32


def logits_of(seed, spread, window, tokens):
    state = seed
    for place, token in enumerate(tokens):
        state = math.trunc(hashed(state, token, place) * 2**31)
    noise = spread * np.array([hashed(seed, window, state, token) for token in range(VOCABULARY)])
    letter = np.where((TOKENS >= 97) & (TOKENS <= 122), 2.0, 0.0)
    time = np.where(TOKENS >= TIME_ZERO, 1.5 - np.abs(TOKENS - TIME_ZERO - len(tokens)) * 0.1, 0.0)
    end = np.where(TOKENS == END, len(tokens) * 0.12, 0.0)
    control = np.where((TOKENS < 32) | ((TOKENS >= 258) & (TOKENS <= 260)), -30.0, 0.0)
    return (noise + letter + time + end + control).astype(np.float32)


class RandomStream:
    def __init__(self, *seeds):
        self.state = 0x9E3779B9
        for seed in seeds:
            self.state = product(self.state ^ ((seed + (self.state >> 15)) & WORD), 0x85EBCA6B)
            self.state ^= self.state >> 13

    def next(self):
        self.state = (self.state + 0x6D2B79F5) & WORD
        mixed = product(self.state ^ (self.state >> 15), 1 | self.state)
        mixed = ((mixed + product(mixed ^ (mixed >> 7), 61 | mixed)) & WORD) ^ mixed
        return (mixed ^ (mixed >> 14)) / 2**32


class Toy:
    """The state that the stand-ins share: which logits, which window, which random numbers, which rows ended."""

    seed = spread = window = 0
    random = None
    ended = []


class ToyTokenizer:
    eot, sot, sot_prev, sot_lm = END, START, PREVIOUS, START_OF_LM
    transcribe, translate, no_speech = TRANSCRIBE, TRANSLATE, NO_SPEECH
    no_timestamps, timestamp_begin = NO_TIMES, TIME_ZERO

    def __init__(self, language):
        self.language = language

    @property
    def sot_sequence(self):
        return (START, LANGUAGES[self.language], TRANSCRIBE)

    @property
    def non_speech_tokens(self):
        self.encoding = self
        return importlib.import_module("whisper.tokenizer").Tokenizer.non_speech_tokens.func(self)

    def encode(self, text):
        return list(text.encode())

    def decode(self, tokens):
        return bytes(int(token) for token in tokens if token < WORDS).decode("utf-8", "replace")


class ToyInference:
    def __init__(self, model, initial_token_length):
        pass

    def logits(self, tokens, audio_features):
        Toy.ended = (tokens[:, -1] == END).tolist()
        blank = np.zeros(VOCABULARY, np.float32)
        return torch.from_numpy(np.array([
            [
                logits_of(Toy.seed, Toy.spread, Toy.window, row[: place + 1])
                if token == START or place == len(row) - 1
                else blank
                for place, token in enumerate(row)
            ]
            for row in tokens.tolist()
        ]))

    def rearrange_kv_cache(self, source_indices):
        pass

    def cleanup_caching(self):
        pass


class SeededCategorical:
    """One number of the stream for each row that still goes on; the token at which the running sum passes it."""

    def __init__(self, logits):
        self.logits = logits.double().numpy()

    def sample(self):
        return torch.tensor([
            int(row.argmax()) if ended else self.draw(row) for row, ended in zip(self.logits, Toy.ended)
        ])

    def draw(self, row):
        weights = np.exp(row - row.max())
        rest, last = Toy.random.next() * sum(weights.tolist()), 0
        for token, weight in enumerate(weights.tolist()):
            if weight > 0:
                last, rest = token, rest - weight
                if rest < 0:
                    break
        return last


class ToyModel:
    is_multilingual, num_languages, device = True, len(LANGUAGES), torch.device("cpu")
    dims = types.SimpleNamespace(n_text_ctx=64, n_audio_ctx=50, n_mels=4, n_audio_state=1)

    def encoder(self, mel):
        return mel

    def decode(self, mel, options):
        Toy.window = int(mel[0, 0])
        Toy.random = RandomStream(Toy.window, round(options.temperature * 1000))
        return decoding.decode(self, mel, options)


def import_whisper():
    """Its tokenizer, its compiler and its progress bar are not needed here."""

    class Bar:
        __init__ = __exit__ = update = lambda self, *a, **k: None
        __enter__ = lambda self: self

    for name, members in {
        "tiktoken": {"Encoding": object},
        "numba": {"jit": lambda *a, **k: a[0] if a and callable(a[0]) else lambda f: f},
        "tqdm": {"tqdm": Bar},
    }.items():
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(members)
    return importlib.import_module("whisper.decoding"), importlib.import_module("whisper.transcribe")


def windows():
    searches = [(0, 1, 1), (0, 2, 1), (0, 5, 1), (0.6, 1, 1), (1, 1, 3)]
    for case in range(24):
        Toy.seed, Toy.spread, Toy.window = math.trunc(hashed(case, 1) * 1e6), [1, 4, 9][case % 3], case + 1
        previous = [97 + math.trunc(hashed(case, i, 9) * 26) for i in range(case * 7 % 40)]
        for temperature, beams, answers in searches:
            Toy.random = RandomStream(Toy.window, round(temperature * 1000))
            result = decoding.decode(ToyModel(), torch.zeros(4, 3000), decoding.DecodingOptions(
                temperature=temperature, language="en", fp16=False, prompt=previous or None,
                beam_size=beams if beams > 1 else None, best_of=answers if answers > 1 else None,
            ))
            yield dict(
                seed=Toy.seed, spread=Toy.spread, window=Toy.window, previous=previous,
                temperature=temperature, beams=beams, answers=answers,
                tokens=[int(token) for token in result.tokens],
                averageLogProbability=result.avg_logprob, noSpeechProbability=result.no_speech_prob,
            )


def sounds():
    for case in range(24):
        Toy.seed, Toy.spread = math.trunc(hashed(case, 2) * 1e6), [2, 5, 9][case % 3]
        ends = np.cumsum([60 + math.trunc(hashed(case, i, 3) * 5000) for i in range(1 + case % 3)]).tolist()
        clips = list(zip([0, *ends], ends))
        mel = torch.zeros(4, ends[-1] + 3000)
        mel[0, : ends[-1]] = torch.arange(ends[-1])
        transcription.log_mel_spectrogram = lambda *a, **k: mel
        condition, beams = case % 2 == 0, [1, 3][case // 2 % 2]
        result = transcription.transcribe(
            ToyModel(), np.zeros(1, np.float32), language="de", fp16=False,
            temperature=(0.0, 0.2, 0.4, 0.6, 0.8, 1.0), condition_on_previous_text=condition,
            clip_timestamps=[frame / 100 for clip in clips for frame in clip],
            beam_size=beams if beams > 1 else None, best_of=2,
        )
        lines = [[s["start"], s["end"], s["text"].strip()] for s in result["segments"] if s["text"]]
        yield dict(seed=Toy.seed, spread=Toy.spread, clips=clips, beams=beams, conditionOnPrevious=condition,
                   lines=sorted(lines, key=lambda line: line[0]))


decoding, transcription = import_whisper()
decoding.PyTorchInference, decoding.Categorical = ToyInference, SeededCategorical
toy_tokenizer = lambda multilingual, num_languages=0, language=None, task=None: ToyTokenizer(language or "en")
decoding.get_tokenizer = transcription.get_tokenizer = toy_tokenizer
transcription.LANGUAGES = {"de": "german"}
for name, cases in {"windows": windows(), "sounds": sounds()}.items():
    rows = [json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases]
    Path(__file__).with_name(f"{name}.jsonl").write_text("\n".join(rows) + "\n")
