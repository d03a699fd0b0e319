"""PyTorch's own normalization layers, for "clnorm survey".

Started with a device, and the name and the PCI address of the surveyed OpenCL device. Prints one line of JSON with the versions, or with the
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


# Words that say nothing of the model.
COMMON = {"nvidia", "geforce", "amd", "radeon", "intel", "graphics", "gpu", "tm", "r", "corporation", "apple"}


def words(name):
    return [word for word in re.split(r"[^a-z0-9]+", name.lower()) if word and word not in COMMON]


def models(name):
    """The words with digits, without memory and sockets: "80gb" is no model."""
    return {word for word in words(name)
            if re.search(r"\d", word) and len(word) > 1 and not re.fullmatch(r"\d+[gmt]i?b|(hbm|sxm|gen|gddr)\d\w*", word)}


class Cpu:
    """Only on request: for tries without a GPU."""

    backend = "cpu"

    def __init__(self, torch):
        self.device = torch.device("cpu")
        self.name = platform.processor() or platform.machine()

    def use(self):
        pass

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
        properties = self.module.get_device_properties(index)
        self.name = properties.name
        # What ROCm's OpenCL calls it.
        self.architecture = getattr(properties, "gcnArchName", "").split(":")[0]
        self.address = address_of(properties)

    def use(self):
        self.module.set_device(self.device)

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

    def use(self):
        pass

    def synchronize(self):
        self.module.synchronize()

    def event(self):
        return self.module.Event(enable_timing=True) if hasattr(self.module, "Event") else None

    def free(self):
        self.module.empty_cache()


def address_of(properties):
    """The PCI address as lspci prints it, without the function: older versions of PyTorch do not know the address."""
    numbers = [getattr(properties, "pci_%s_id" % part, None) for part in ("domain", "bus", "device")]
    if numbers[1] is None or numbers[2] is None:
        return ""
    return "%04x:%02x:%02x" % ((numbers[0] or 0), numbers[1], numbers[2])


def matching(gpus, surveyed, address):
    """The GPUs that may be the surveyed one. More than one: it is not known which."""
    slot = address.lower().rsplit(".", 1)[0]
    known = [gpu for gpu in gpus if gpu.address]
    if slot and known:
        same = [gpu for gpu in known if gpu.address == slot]
        # Some drivers report no domain.
        same = same or [gpu for gpu in known if gpu.address.split(":", 1)[1] == slot.split(":", 1)[1]]
        if same or len(known) == len(gpus):
            return same
    exact = surveyed.split(":")[0]
    for is_same in (
            lambda gpu: words(gpu.name) == words(surveyed) or gpu.architecture and gpu.architecture == exact,
            lambda gpu: models(gpu.name) and models(gpu.name) == models(surveyed)
            and suffixes(gpu.name) == suffixes(surveyed),
            lambda gpu: models(gpu.name) and models(surveyed) and suffixes(gpu.name) == suffixes(surveyed)
            and (models(gpu.name) <= models(surveyed) or models(gpu.name) >= models(surveyed))):
        same = [gpu for gpu in gpus if is_same(gpu)]
        if same:
            return same
    return []


def suffixes(name):
    """Words that make another model of the same number."""
    return set(words(name)) & {"super", "ti", "xt", "xtx", "gre", "max", "ultra", "pro", "laptop", "mobile", "ada"}


def find_device(torch, wanted, surveyed, address):
    """The device, and None; or None, and why there is none."""
    if wanted == "cpu":
        return Cpu(torch), None
    if wanted == "mps":
        return Mps(torch), None
    if wanted != "auto":
        device = torch.device(wanted)
        return Gpu(torch, device.type, device.index or 0), None
    gpus = []
    for backend in ("cuda", "xpu"):
        module = getattr(torch, backend, None)
        if module is not None and module.is_available():
            gpus += [Gpu(torch, backend, index) for index in range(module.device_count())]
    same = matching(gpus, surveyed, address)
    if len(same) == 1:
        return same[0], None
    if same:
        return None, "PyTorch has several GPUs that may be %s: %s; name one with --pytorch" % (surveyed, listed(same))
    mps = getattr(torch.backends, "mps", None)
    if mps is not None and mps.is_available():
        return Mps(torch), None
    if gpus:
        return None, "PyTorch has other GPUs than %s: %s; name one with --pytorch" % (surveyed, listed(gpus))
    return None, "torch %s has no GPU" % torch.__version__


def listed(gpus):
    return ", ".join("%s %s" % (gpu.device, gpu.name) for gpu in gpus)


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


def main(wanted, surveyed, address):
    try:
        import torch
    except Exception as e:
        say({"problem": "python3 has no torch (%s)" % first_line(e)})
        return
    try:
        gpu, problem = find_device(torch, wanted, surveyed, address)
        if gpu is not None:
            gpu.use()
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
        main(sys.argv[1], sys.argv[2], sys.argv[3])
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(1)
