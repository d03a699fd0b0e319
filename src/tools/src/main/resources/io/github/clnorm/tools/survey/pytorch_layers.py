"""PyTorch's own normalization layers, for "clnorm survey".

Started with a device and the name of the surveyed OpenCL device. Prints one line of JSON with the versions, or with the
problem if PyTorch cannot measure that device. Then reads a workload from each line of standard input, and answers with the
times of its passes, in nanoseconds: "ns" from the call to synchronized, "device_ns" between two events of the device's
queue. Each timed call follows an untimed one, and all passes run in turn, as clnorm's do.
"""

import json
import platform
import re
import sys
import time

LEAST_ROUNDS = 3
MOST_ROUNDS = 400
MOST_DEVICE_TIMES = 15
WARM_UP_SHARE = 0.2
DEVICE_SHARE = 0.2


def say(answer):
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def words_with_digits(name):
    return {word for word in re.split(r"[^a-z0-9]+", name.lower()) if re.search(r"\d", word) and len(word) > 1}


class Cpu:
    """Only on request: for tries without a GPU."""

    backend = "cpu"

    def __init__(self, torch):
        self.device = torch.device("cpu")
        self.name = platform.processor() or platform.machine()

    def synchronize(self):
        pass

    def event(self):
        return None

    def free(self):
        pass


class Gpu:
    """A device of torch.cuda (also ROCm) or torch.xpu."""

    def __init__(self, torch, backend, index):
        self.module = getattr(torch, backend)
        self.backend = "rocm" if backend == "cuda" and torch.version.hip else backend
        self.device = torch.device(backend, index)
        self.module.set_device(index)
        properties = self.module.get_device_properties(index)
        self.name = properties.name
        # What ROCm's OpenCL calls it.
        self.architecture = getattr(properties, "gcnArchName", "")

    def synchronize(self):
        self.module.synchronize()

    def event(self):
        return self.module.Event(enable_timing=True)

    def free(self):
        self.module.empty_cache()


class Mps:
    """Apple's GPU."""

    backend = "mps"

    def __init__(self, torch):
        self.module = torch.mps
        self.device = torch.device("mps")
        self.name = "Apple GPU (mps)"

    def synchronize(self):
        self.module.synchronize()

    def event(self):
        return self.module.Event(enable_timing=True) if hasattr(self.module, "Event") else None

    def free(self):
        self.module.empty_cache()


def is_same(gpu, surveyed):
    if gpu.architecture and gpu.architecture.split(":")[0] == surveyed.split(":")[0]:
        return True
    ours, theirs = words_with_digits(surveyed), words_with_digits(gpu.name)
    return gpu.name.lower() in surveyed.lower() or surveyed.lower() in gpu.name.lower() or bool(ours & theirs)


def find_device(torch, wanted, surveyed):
    """The device, and None; or None, and why there is none."""
    if wanted == "cpu":
        return Cpu(torch), None
    if wanted == "mps":
        return Mps(torch), None
    if wanted != "auto":
        device = torch.device(wanted)
        return Gpu(torch, device.type, device.index or 0), None
    others = []
    for backend in ("cuda", "xpu"):
        module = getattr(torch, backend, None)
        if module is None or not module.is_available():
            continue
        for index in range(module.device_count()):
            gpu = Gpu(torch, backend, index)
            if is_same(gpu, surveyed):
                return gpu, None
            others.append("%s:%d %s" % (backend, index, gpu.name))
    mps = getattr(torch.backends, "mps", None)
    if mps is not None and mps.is_available():
        return Mps(torch), None
    if others:
        return None, "PyTorch has other GPUs than " + surveyed + ": " + ", ".join(others) + "; name one with --pytorch"
    return None, "torch %s has no GPU" % torch.__version__


def tensor(torch, gpu, request, low, high):
    """A tensor (N, C, *) with the layout in memory that the request names."""
    shape = request["dimensions"]
    dtype = getattr(torch, request["dtype"])
    last = request["layout"] == "channels_last" and len(shape) > 2
    stored = [shape[0]] + shape[2:] + [shape[1]] if last else shape
    values = torch.empty(stored, dtype=torch.float32, device=gpu.device).uniform_(low, high).to(dtype)
    return values.movedim(-1, 1) if last else values


def layer(torch, request):
    functional = torch.nn.functional
    operation, eps = request["operation"], request["eps"]
    if operation == "group_norm":
        groups = request["num_groups"]
        return lambda x, weight, bias: functional.group_norm(x, groups, weight, bias, eps)
    if operation == "layer_norm":
        return lambda x, weight, bias: functional.layer_norm(x, x.shape[-1:], weight, bias, eps)
    if operation == "instance_norm":
        return lambda x, weight, bias: functional.instance_norm(x, None, None, weight, bias, True, 0.1, eps)
    if operation == "batch_norm":
        return lambda x, weight, bias: functional.batch_norm(x, None, None, weight, bias, True, 0.1, eps)
    if operation == "rms_norm":
        return lambda x, weight, bias: functional.rms_norm(x, x.shape[-1:], weight, eps)
    raise ValueError("no such operation: " + operation)


def passes(torch, function, x, dy, weight, bias):
    """The forward pass without a graph, and the backward pass of a graph that is kept."""
    def forward():
        with torch.no_grad():
            return function(x, weight, bias)

    leaves = [leaf.detach().requires_grad_() for leaf in (x, weight, bias)]
    y = function(*leaves)

    def backward():
        return torch.autograd.grad(y, leaves, dy, retain_graph=True)

    return [("forward", forward), ("backward", backward)]


def timed(gpu, call):
    call()
    gpu.synchronize()
    start = time.perf_counter_ns()
    call()
    gpu.synchronize()
    return time.perf_counter_ns() - start


def device_timed(gpu, call):
    call()
    gpu.synchronize()
    start, end = gpu.event(), gpu.event()
    start.record()
    call()
    end.record()
    gpu.synchronize()
    return int(start.elapsed_time(end) * 1e6)


def measure(torch, gpu, request):
    x = tensor(torch, gpu, request, -0.5, 1.5)
    dy = tensor(torch, gpu, request, -1, 1)
    channels = request["dimensions"][1]
    weight = torch.empty(channels, device=gpu.device).uniform_(0.5, 1.5).to(x.dtype)
    bias = torch.empty(channels, device=gpu.device).uniform_(-0.5, 0.5).to(x.dtype)
    function = layer(torch, request)
    rows, actions, compile_seconds = [], [], 0.0
    modes = [("eager", lambda: function)]
    if request["compile"]:
        torch._dynamo.reset()
        modes.append(("compiled", lambda: torch.compile(function, dynamic=False)))
    for mode, make in modes:
        start = time.perf_counter()
        try:
            made = passes(torch, make(), x, dy, weight, bias)
            for _, call in made:
                call()
            gpu.synchronize()
            actions += [{"mode": mode, "direction": direction, "call": call, "ns": [], "device_ns": []}
                        for direction, call in made]
        except Exception as e:
            for direction in ("forward", "backward"):
                rows.append({"mode": mode, "direction": direction, "problem": first_line(e)})
        if mode == "compiled":
            compile_seconds = time.perf_counter() - start
    seconds = request["seconds"]
    end = time.perf_counter() + seconds * WARM_UP_SHARE
    while True:
        for action in actions:
            timed(gpu, action["call"])
        if time.perf_counter() > end:
            break
    end = time.perf_counter() + seconds * (1 - WARM_UP_SHARE - DEVICE_SHARE)
    for count in range(MOST_ROUNDS):
        if count >= LEAST_ROUNDS and time.perf_counter() > end:
            break
        for action in actions:
            action["ns"].append(timed(gpu, action["call"]))
    if gpu.event() is not None:
        end = time.perf_counter() + seconds * DEVICE_SHARE
        for count in range(MOST_DEVICE_TIMES):
            if count >= LEAST_ROUNDS and time.perf_counter() > end:
                break
            for action in actions:
                action["device_ns"].append(device_timed(gpu, action["call"]))
    for action in actions:
        rows.append({key: action[key] for key in ("mode", "direction", "ns", "device_ns")})
    return {"rows": rows, "compile_seconds": compile_seconds}


def first_line(error):
    lines = [line for line in str(error).splitlines() if line.strip()]
    return type(error).__name__ + (": " + lines[0] if lines else "")


def main(wanted, surveyed):
    try:
        import torch
    except Exception as e:
        say({"problem": "python3 has no torch (%s)" % first_line(e)})
        return
    try:
        gpu, problem = find_device(torch, wanted, surveyed)
    except Exception as e:
        gpu, problem = None, first_line(e)
    if gpu is None:
        say({"problem": problem})
        return
    try:
        # The backward pass of a compiled layer runs more than once.
        import torch._functorch.config
        torch._functorch.config.donated_buffer = False
    except Exception:
        pass
    say({"python": platform.python_version(), "torch": torch.__version__, "backend": gpu.backend, "device": gpu.name})
    for line in sys.stdin:
        try:
            answer = measure(torch, gpu, json.loads(line))
        except Exception as e:
            answer = {"rows": [{"mode": "eager", "direction": direction, "problem": first_line(e)}
                               for direction in ("forward", "backward")]}
        say(answer)
        gpu.free()


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2])
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(1)
