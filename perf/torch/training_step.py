"""A training step of a small Llama in PyTorch, for comparison with `ForgePrune.Perf -- training`: the shapes of stories15M, 8 windows of 256
tokens, forward, backward and AdamW in float32 on the CPU. Needs torch; nothing of ForgePrune needs this.

    OMP_WAIT_POLICY=passive python3 training_step.py THREADS [ce|kl] [STEPS]
"""
import sys
import time

import torch
import torch.nn.functional as F

HIDDEN, HEADS, FFN, LAYERS, VOCAB, WINDOWS, TOKENS = 288, 6, 768, 6, 32000, 8, 256


class Norm(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(HIDDEN))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * self.weight


class Layer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.before, self.between = Norm(), Norm()
        self.q, self.k, self.v, self.o = (torch.nn.Linear(HIDDEN, HIDDEN, bias=False) for _ in range(4))
        self.gate, self.up, self.down = (torch.nn.Linear(a, b, bias=False) for a, b in ((HIDDEN, FFN), (HIDDEN, FFN), (FFN, HIDDEN)))

    def forward(self, x, cos, sin, mask):
        n = self.before(x)
        q, k, v = (w(n).view(WINDOWS, TOKENS, HEADS, -1).transpose(1, 2) for w in (self.q, self.k, self.v))
        q, k = turned(q, cos, sin), turned(k, cos, sin)
        scores = q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5 + mask
        x = x + self.o((scores.softmax(-1) @ v).transpose(1, 2).reshape(WINDOWS, TOKENS, HIDDEN))
        n = self.between(x)
        return x + self.down(F.silu(self.gate(n)) * self.up(n))


class Decoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(VOCAB, HIDDEN)
        self.layers = torch.nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm = Norm()
        width = HIDDEN // HEADS
        angles = torch.arange(TOKENS)[:, None] * 10000.0 ** (-torch.arange(0, width, 2) / width)
        self.cos, self.sin = angles.cos(), angles.sin()
        self.mask = torch.full((TOKENS, TOKENS), float("-inf")).triu(1)

    def forward(self, ids):
        x = self.embedding(ids)
        for layer in self.layers:
            x = layer(x, self.cos, self.sin, self.mask)
        return self.norm(x) @ self.embedding.weight.T


def turned(x, cos, sin):
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


def main():
    threads, loss, steps = int(sys.argv[1]), (sys.argv[2:] or ["ce"])[0], int((sys.argv[3:] or ["5"])[0])
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    model, teacher = Decoder(), Decoder()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0)
    ids = torch.randint(VOCAB, (WINDOWS, TOKENS))

    def step():
        logits = model(ids)[:, :-1].reshape(-1, VOCAB)
        if loss == "kl":
            with torch.no_grad():
                truth = teacher(ids)[:, :-1].reshape(-1, VOCAB).softmax(-1)
            value = -(truth * logits.log_softmax(-1)).sum(-1).mean()
        else:
            value = F.cross_entropy(logits, ids[:, 1:].reshape(-1))
        optimizer.zero_grad()
        value.backward()
        optimizer.step()

    step()
    times, processor = [], time.process_time()
    for _ in range(steps):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    each = (time.process_time() - processor) / steps
    tokens = WINDOWS * TOKENS
    print(f"torch {torch.__version__}, {threads} threads, {loss}: {tokens / sorted(times)[steps // 2]:.0f} tokens/s"
          f" (best {tokens / min(times):.0f}); {tokens / each:.0f} tokens per second of one processor")


main()
