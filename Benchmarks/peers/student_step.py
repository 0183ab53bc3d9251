#!/usr/bin/env python3
"""The step of a student that learns from a teacher in PyTorch, eager, one thread: what `trainer-benchmark` compares to.

5-100-100-5 with tanh and biases, 100 train and 100 test examples, float32, AdamW (rate 3e-4, decay 0.05), as Kumar et al. 2024, Fig. 8, have
it; the mean squared error on both sets, backward by autograd. Run it in the environment that venv.sh makes, pinned:

    OPENBLAS_NUM_THREADS=1 taskset -c 1 .venv/bin/python student_step.py

With the word `curve` and a seed it trains 100,000 steps instead and prints when the shares of examples with a mean squared error below 0.001
have reached 0.95 on train and test.
"""

import statistics
import sys
import time

import torch

torch.set_num_threads(1)
EXAMPLES, ALPHA, TOLERANCE = 100, 1.0, 1e-3
seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0


def network(seed):
    torch.manual_seed(seed)
    return torch.nn.Sequential(
        torch.nn.Linear(5, 100), torch.nn.Tanh(), torch.nn.Linear(100, 100), torch.nn.Tanh(), torch.nn.Linear(100, 5))


teacher, student = network(2 * seed), network(2 * seed + 1)
with torch.no_grad():
    for parameter in student.parameters():
        parameter.mul_(2.0)
    x, test_x = torch.randn(EXAMPLES, 5), torch.randn(EXAMPLES, 5)
    y, test_y = teacher(x), teacher(test_x)
optimiser = torch.optim.AdamW(student.parameters(), lr=3e-4, weight_decay=0.05)


def step():
    optimiser.zero_grad()
    errors = ALPHA * student(x) - y
    loss = (errors ** 2).mean()
    with torch.no_grad():
        test_errors = ALPHA * student(test_x) - test_y
        test_loss = (test_errors ** 2).mean()
    loss.backward()
    optimiser.step()
    return errors, test_errors, test_loss


def share(errors):
    return ((errors.detach() ** 2).mean(dim=1) < TOLERANCE).float().mean().item()


if len(sys.argv) > 1 and sys.argv[1] == "curve":
    reached = {}
    for number in range(100_000):
        errors, test_errors, _ = step()
        for name, value in (("train", errors), ("test", test_errors)):
            if name not in reached and share(value) >= 0.95:
                reached[name] = number
    print(f"seed {seed}: first step with 0.95 within {TOLERANCE}: {reached}; at the end train "
          f"{share(errors):.2f}, test {share(test_errors):.2f}")
    sys.exit()

for _ in range(50):
    step()
medians = []
for _ in range(5):
    begin = time.thread_time()
    for _ in range(200):
        step()
    medians.append((time.thread_time() - begin) / 200 * 1e6)
print(f"PyTorch {torch.__version__}, student step 5-100-100-5, 100 + 100 examples, AdamW: {statistics.median(medians):.0f} µs a step")
