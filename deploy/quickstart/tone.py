# SPDX-License-Identifier: GPL-2.0-or-later
"""Tones as test audio: writes them, and finds them again in what the other end heard."""
import array
import math
import wave

RATE_HZ = 8000


def write(path, frequency_hz, seconds):
    samples = array.array("h", (int(12000 * math.sin(2 * math.pi * frequency_hz * n / RATE_HZ)) for n in range(int(RATE_HZ * seconds))))
    with wave.open(path, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes(samples.tobytes())


def _samples(path):
    """Samples of a WAV file that may still be written to: the header's length is not trusted."""
    with open(path, "rb") as file:
        data = file.read()
    at = data.find(b"data")
    body = data[at + 8:] if at > 0 else b""
    samples = array.array("h")
    samples.frombytes(body[: len(body) // 2 * 2])
    return samples


def share(path, frequency_hz):
    """Share of the audio's energy at frequency_hz, 0 to 1 (Goertzel's algorithm); 0 for silence or no audio at all."""
    samples = _samples(path)
    total = sum(s * s for s in samples)
    if len(samples) < RATE_HZ // 2 or total == 0:
        return 0.0
    # Blocks of 0.1 s: a jitter buffer's jumps break the phase, not the tone.
    block, energy = RATE_HZ // 10, 0.0
    coefficient = 2 * math.cos(2 * math.pi * frequency_hz / RATE_HZ)
    for start in range(0, len(samples) - block + 1, block):
        s1 = s2 = 0.0
        for sample in samples[start:start + block]:
            s1, s2 = sample + coefficient * s1 - s2, s1
        energy += (s1 * s1 + s2 * s2 - coefficient * s1 * s2) * 2 / block
    return min(1.0, energy / total)


def seconds(path):
    return len(_samples(path)) / RATE_HZ
