"""PyTorch as a contender: the training cases' networks and the line protocol of ContenderServer.

Arguments: case, threads, and nchw (default) or nhwc for the images' memory layout. Needs torch only, 1.13 or newer.
"""

import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

LEARNING_RATE, MOMENTUM, WEIGHT_DECAY = 0.001, 0.9, 5e-4  # as in TrainingCase


def lenet5():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(inplace=True),
        nn.Linear(120, 84), nn.ReLU(inplace=True), nn.Linear(84, 10))


def alexnet():
    def conv(inputs, outputs, kernel, stride=1, padding=0):
        return [nn.Conv2d(inputs, outputs, kernel, stride, padding), nn.ReLU(inplace=True)]

    return nn.Sequential(
        *conv(3, 64, 11, 4, 2), nn.MaxPool2d(3, 2), *conv(64, 192, 5, padding=2), nn.MaxPool2d(3, 2),
        *conv(192, 384, 3, padding=1), *conv(384, 256, 3, padding=1), *conv(256, 256, 3, padding=1),
        nn.MaxPool2d(3, 2), nn.Flatten(),
        nn.Dropout(), nn.Linear(9216, 4096), nn.ReLU(inplace=True),
        nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(inplace=True), nn.Linear(4096, 1000))


def vgg11():
    layers, inputs = [], 3
    for stage in [[64], [128], [256, 256], [512, 512], [512, 512]]:
        for outputs in stage:
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(inplace=True)]
            inputs = outputs
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(
        *layers, nn.Flatten(), nn.Linear(25088, 4096), nn.ReLU(inplace=True), nn.Dropout(),
        nn.Linear(4096, 4096), nn.ReLU(inplace=True), nn.Dropout(), nn.Linear(4096, 1000))


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.residual = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs))
        self.shortcut = nn.Identity() if stride == 1 and inputs == outputs else nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        out = self.residual(x)
        out += self.shortcut(x)
        return F.relu(out, inplace=True)


def resnet18_cifar():
    layers = [nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True)]
    inputs = 64
    for outputs, stride in [(64, 1), (128, 2), (256, 2), (512, 2)]:
        layers += [BasicBlock(inputs, outputs, stride), BasicBlock(outputs, outputs, 1)]
        inputs = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))


CASES = {  # network, batch, image shape, classes
    "lenet5": (lenet5, 128, (1, 28, 28), 10),
    "alexnet": (alexnet, 32, (3, 224, 224), 1000),
    "resnet18_cifar": (resnet18_cifar, 64, (3, 32, 32), 10),
    "vgg11": (vgg11, 8, (3, 224, 224), 1000),
}


def peak_rss_kib():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


def main(case, threads, layout="nchw"):
    torch.set_num_threads(int(threads))
    network, batch, image, classes = CASES[case]
    model = network().train()
    images, labels = torch.randn(batch, *image), torch.randint(classes, (batch,))
    if layout == "nhwc":
        model, images = model.to(memory_format=torch.channels_last), images.to(memory_format=torch.channels_last)
    # The multi-tensor ("foreach") update is no faster on a CPU.
    optimizer = torch.optim.SGD(model.parameters(), LEARNING_RATE, MOMENTUM, weight_decay=WEIGHT_DECAY)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    for line in sys.stdin:
        words = line.split()
        if words[0] == "quit":
            break
        if words[0] == "rss":
            answer = {"peakRssKiB": peak_rss_kib()}
        elif words[0] == "step":
            millis, loss = [], float("nan")
            for _ in range(int(words[1])):
                start = time.perf_counter()
                loss = step()
                millis.append((time.perf_counter() - start) * 1000)
            answer = {"millis": millis, "loss": str(loss)}
        else:
            sys.exit(f"Unknown command '{line.strip()}'; send step K, rss or quit")
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
