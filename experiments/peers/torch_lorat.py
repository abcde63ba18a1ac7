"""LoRAT in plain PyTorch: the forward pass and the LoRA training step that lorat is timed against.

    python3 experiments/peers/torch_lorat.py --job JOB.json            all runs, then one line
    python3 experiments/peers/torch_lorat.py --job JOB.json --turns    one run for each line on standard input

JOB.json:
    kind      "network" (the merged network) or "step" (forward pass, loss and gradients of LoRA; no optimiser)
    variant   {dim, depth, heads, hidden, ffn, patchSize, templateGrid, searchGrid, ...} as lorat has it; MLP head
    batch     default 1
    threads   of PyTorch and its BLAS; their own choice when left out
    repeat    timed runs, after one untimed; default 5; with --turns as many as there are lines
    weights   safetensors, float32, of the network as lorat names its parameters; random ones when left out
    inputs    safetensors, float32: template, search, template_mask; for a step also positives, target_boxes,
              positive_count; random ones when left out
    rank      of random adapters; default 64
    scaling   alpha / rank; default 1
    outputs   safetensors file to write: score_map and boxes, or loss and gradient/NAME; optional

With --turns it prints {"ready": true} once loaded, then for each line of standard input {"ms", "cpuMs"} of one run, and
the last line when its input ends. The last line is {name, version, blas, threads, forwardMs or stepMs: [...], cpuMs:
[...], outputs}. Where there is no PyTorch it prints {"absent": REASON} and ends with status 3.
"""

import argparse
import ctypes
import json
import os
import re
import struct
import sys
import time


def load_torch(threads):
    """PyTorch on that many threads; BLAS libraries read their number when they are loaded."""
    if threads is not None:
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"):
            os.environ[name] = str(threads)
    try:
        import torch
    except (ImportError, OSError) as error:
        print(json.dumps({"absent": str(error)}))
        print(f"there is no PyTorch: {error}", file=sys.stderr)
        sys.exit(3)
    if threads is not None:
        torch.set_num_threads(threads)
    return torch


def blas_name():
    """The BLAS library that PyTorch has loaded, from the process's memory map; OpenBLAS says more of itself."""
    try:
        with open("/proc/self/maps") as maps:
            mapped = {line.split()[-1] for line in maps if re.search(r"(blas|blis|mkl_core)[^/]*\.so", line)}
    except OSError:
        return "unknown"
    libraries = sorted(path for path in mapped if "numpy" not in path and "scipy" not in path)
    for path in libraries:
        library = ctypes.CDLL(path)
        if hasattr(library, "openblas_get_config"):
            library.openblas_get_config.restype = ctypes.c_char_p
            return library.openblas_get_config().decode()
    return ", ".join(os.path.basename(path) for path in libraries) or "its own"


def read_safetensors(path):
    """float32 tensors by name."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        flat = torch.frombuffer(data, dtype=torch.float32, count=(end - begin) // 4, offset=begin)
        tensors[name] = flat.reshape(entry["shape"])
    return tensors


def write_safetensors(path, tensors):
    header, parts, offset = {}, [], 0
    for name, tensor in tensors.items():
        flat = tensor.detach().contiguous().reshape(-1)
        data = ctypes.string_at(flat.data_ptr(), 4 * flat.numel())
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
        parts.append(data)
    encoded = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(encoded)) + encoded + b"".join(parts))


class Network:
    """LoRAT over a state dict; layers that have adapters use them."""

    def __init__(self, variant, weights, scaling=1.0):
        self.variant = variant
        self.weights = weights
        self.scaling = scaling

    def linear(self, x, name):
        w = self.weights
        if f"{name}.lora.A" not in w:
            return F.linear(x, w[f"{name}.weight"], w[f"{name}.bias"])
        base = F.linear(x, w[f"{name}.linear.weight"], w[f"{name}.linear.bias"])
        up = F.linear(F.linear(x, w[f"{name}.lora.A"]), w[f"{name}.lora.B"])
        return base + (up if self.scaling == 1 else up * self.scaling)

    def norm(self, x, name):
        width = (x.shape[-1],)
        return F.layer_norm(x, width, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"], 1e-6)

    def attention(self, x, name):
        batch, tokens, dim = x.shape
        heads = self.variant["heads"]
        if f"{name}.qkv.weight" in self.weights:
            parts = self.linear(x, f"{name}.qkv").split(dim, dim=-1)
        else:
            parts = [self.linear(x, f"{name}.qkv.{part}") for part in "qkv"]
        q, k, v = (part.reshape(batch, tokens, heads, dim // heads).transpose(1, 2) for part in parts)
        if hasattr(F, "scaled_dot_product_attention"):
            out = F.scaled_dot_product_attention(q, k, v)
        else:
            out = torch.softmax((q * (dim // heads) ** -0.5) @ k.transpose(-2, -1), dim=-1) @ v
        return self.linear(out.transpose(1, 2).reshape(batch, tokens, dim), f"{name}.proj")

    def block(self, x, name):
        w = self.weights
        x = x + self.attention(self.norm(x, f"{name}.norm1"), f"{name}.attn") * w[f"{name}.ls1.gamma"]
        return x + self.feed_forward(self.norm(x, f"{name}.norm2"), f"{name}.mlp") * w[f"{name}.ls2.gamma"]

    def feed_forward(self, x, name):
        if self.variant["ffn"] == "swiglu":
            gate, value = self.linear(x, f"{name}.w12").chunk(2, dim=-1)
            return self.linear(F.silu(gate) * value, f"{name}.w3")
        return self.linear(F.gelu(self.linear(x, f"{name}.fc1")), f"{name}.fc2")

    def patches(self, pixels):
        w = self.weights
        size = self.variant["patchSize"]
        grid = F.conv2d(pixels, w["patch_embed.proj.weight"], w["patch_embed.proj.bias"], stride=size)
        return grid.flatten(2).transpose(1, 2)

    def mlp(self, x, name):
        for layer in range(3):
            x = self.linear(F.gelu(x) if layer > 0 else x, f"head.{name}.layers.{layer}")
        return x

    def forward(self, template, search, template_mask):
        """Logits [batch, cells] and boxes [batch, cells, 4] as fractions of the search region."""
        w = self.weights
        z_grid, x_grid = self.variant["templateGrid"], self.variant["searchGrid"]
        positions = w["pos_embed"]
        corner = positions.reshape(1, x_grid, x_grid, -1)[:, :z_grid, :z_grid].reshape(1, z_grid**2, -1)
        types = w["token_type_embed"]
        z = self.patches(template) + corner + types[template_mask.long()]
        x = self.patches(search) + positions + types[2]
        tokens = torch.cat([z, x], dim=1)
        for index in range(self.variant["depth"]):
            tokens = self.block(tokens, f"blocks.{index}")
        tokens = self.norm(tokens, "norm")[:, z_grid**2 :]
        sides = torch.sigmoid(self.mlp(tokens, "reg_mlp"))
        cells = (torch.arange(x_grid, dtype=torch.float32) + 0.5) / x_grid
        centres = torch.stack([cells.repeat(x_grid), cells.repeat_interleave(x_grid)], dim=-1)
        boxes = torch.cat([centres - sides[..., :2], centres + sides[..., 2:]], dim=-1)
        return self.mlp(tokens, "cls_mlp").squeeze(-1), boxes


def overlap(boxes, target):
    """IoU and generalised IoU of [..., 4] corner boxes."""

    def area(low, high):
        sides = high - low
        return sides[..., 0] * sides[..., 1]

    low, high = torch.maximum(boxes[..., :2], target[..., :2]), torch.minimum(boxes[..., 2:], target[..., 2:])
    shared = area(low, torch.maximum(low, high))
    union = area(boxes[..., :2], boxes[..., 2:]) + area(target[..., :2], target[..., 2:]) - shared
    union = union.clamp(min=1e-6)
    low, high = torch.minimum(boxes[..., :2], target[..., :2]), torch.maximum(boxes[..., 2:], target[..., 2:])
    hull = area(low, torch.maximum(low, high)).clamp(min=1e-6)
    iou = shared / union
    return iou, iou - (hull - union) / hull


def lorat_loss(logits, boxes, positives, target_boxes, positive_count):
    iou, giou = overlap(boxes, target_boxes[:, None])
    wanted = positives * iou.detach()
    classification = F.binary_cross_entropy_with_logits(logits, wanted, reduction="sum") / positive_count
    return classification + (positives * (1 - giou)).sum() / positive_count


def trains(name):
    return name.startswith("head.") or name == "token_type_embed" or re.search(r"\.lora\.[AB]$", name) is not None


def layers_of_block(variant, fused):
    """Linear layers of a block: name to (outputs, inputs)."""
    dim, hidden = variant["dim"], variant["hidden"]
    attention = {"attn.qkv": (3 * dim, dim)} if fused else {f"attn.qkv.{part}": (dim, dim) for part in "qkv"}
    if variant["ffn"] == "swiglu":
        return {**attention, "attn.proj": (dim, dim), "mlp.w12": (2 * hidden, dim), "mlp.w3": (dim, hidden)}
    return {**attention, "attn.proj": (dim, dim), "mlp.fc1": (hidden, dim), "mlp.fc2": (dim, hidden)}


def random_weights(variant, rank):
    """Weights to measure with, of the merged network or, with a rank, of the one with adapters."""
    dim, patch = variant["dim"], variant["patchSize"]
    shapes = {
        "patch_embed.proj.weight": (dim, 3, patch, patch),
        "patch_embed.proj.bias": (dim,),
        "pos_embed": (1, variant["searchGrid"] ** 2, dim),
        "token_type_embed": (3, dim),
        "norm.weight": (dim,),
        "norm.bias": (dim,),
    }
    for index in range(variant["depth"]):
        block = f"blocks.{index}"
        for part in ("norm1.weight", "norm1.bias", "norm2.weight", "norm2.bias", "ls1.gamma", "ls2.gamma"):
            shapes[f"{block}.{part}"] = (dim,)
        for name, (outputs, inputs) in layers_of_block(variant, rank is None).items():
            layer = f"{block}.{name}" if rank is None else f"{block}.{name}.linear"
            shapes.update({f"{layer}.weight": (outputs, inputs), f"{layer}.bias": (outputs,)})
            if rank is not None:
                shapes.update({f"{block}.{name}.lora.A": (rank, inputs), f"{block}.{name}.lora.B": (outputs, rank)})
    for name, outputs in (("cls_mlp", 1), ("reg_mlp", 4)):
        for layer, width in enumerate((dim, dim, outputs)):
            shapes.update({f"head.{name}.layers.{layer}.weight": (width, dim), f"head.{name}.layers.{layer}.bias": (width,)})
    torch.manual_seed(7)
    about_one = re.compile(r"(^|\.)norm\d?\.weight$|\.gamma$")
    return {name: 0.02 * torch.randn(shape) + (1 if about_one.search(name) else 0) for name, shape in shapes.items()}


def random_inputs(variant, batch):
    patch, z, x = variant["patchSize"], variant["templateGrid"], variant["searchGrid"]
    positives = (torch.rand(batch, x * x) > 0.9).float()
    return {
        "template": torch.randn(batch, 3, z * patch, z * patch),
        "search": torch.randn(batch, 3, x * patch, x * patch),
        "template_mask": (torch.rand(batch, z * z) > 0.5).float(),
        "positives": positives,
        "target_boxes": torch.tensor([[0.3, 0.3, 0.7, 0.7]]).repeat(batch, 1),
        "positive_count": positives.sum(),
    }


class Forward:
    def __init__(self, network, inputs):
        self.network = network
        self.inputs = inputs

    def run(self):
        with torch.no_grad():
            self.result = self.network.forward(*(self.inputs[n] for n in ("template", "search", "template_mask")))

    def outputs(self):
        grid = self.network.variant["searchGrid"]
        logits, boxes = self.result
        return {"score_map": logits.reshape(-1, grid, grid), "boxes": boxes.reshape(-1, grid, grid, 4)}


class Step:
    def __init__(self, network, inputs):
        self.trained = {name: tensor.requires_grad_() for name, tensor in network.weights.items() if trains(name)}
        self.network = network
        self.inputs = inputs

    def run(self):
        given = self.inputs
        predicted = self.network.forward(given["template"], given["search"], given["template_mask"])
        self.loss = lorat_loss(*predicted, given["positives"], given["target_boxes"], given["positive_count"])
        self.gradients = torch.autograd.grad(self.loss, list(self.trained.values()))

    def outputs(self):
        named = zip(self.trained, self.gradients)
        return {"loss": self.loss, **{f"gradient/{name}": gradient for name, gradient in named}}


def prepared(job):
    variant, is_step = job["variant"], job["kind"] == "step"
    rank = job.get("rank", 64) if is_step else None
    weights = read_safetensors(job["weights"]) if "weights" in job else random_weights(variant, rank)
    inputs = read_safetensors(job["inputs"]) if "inputs" in job else random_inputs(variant, job.get("batch", 1))
    network = Network(variant, weights, job.get("scaling", 1))
    return Step(network, inputs) if is_step else Forward(network, inputs)


def timed(run):
    cpu, wall = time.process_time(), time.perf_counter()
    run()
    return {"ms": 1000 * (time.perf_counter() - wall), "cpuMs": 1000 * (time.process_time() - cpu)}


def runs_in_turns(run):
    """A run for each line of standard input."""
    print(json.dumps({"ready": True}), flush=True)
    for _ in sys.stdin:
        times = timed(run)
        print(json.dumps(times), flush=True)
        yield times


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--job", required=True)
    parser.add_argument("--turns", action="store_true")
    arguments = parser.parse_args()
    with open(arguments.job) as file:
        job = json.load(file)
    global torch, F
    torch = load_torch(job.get("threads"))
    F = torch.nn.functional

    task = prepared(job)
    task.run()
    runs = list(runs_in_turns(task.run) if arguments.turns else (timed(task.run) for _ in range(job.get("repeat", 5))))
    if "outputs" in job:
        write_safetensors(job["outputs"], task.outputs())
    figures = {
        "name": "PyTorch",
        "version": torch.__version__,
        "blas": blas_name(),
        "threads": torch.get_num_threads(),
        "stepMs" if job["kind"] == "step" else "forwardMs": [run["ms"] for run in runs],
        "cpuMs": [run["cpuMs"] for run in runs],
        "outputs": job.get("outputs"),
    }
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
