package io.github.clnorm.tools.scaling;

/** What the simulation assumes, each with its source. */
enum Rate {
    DEVICE_MEMORY(
            "memory of a GPU, A100 80 GB",
            2039,
            "GB/s",
            "peak: [A100](https://glennklockwood.com/garden/processors/A100), from NVIDIA's datasheet"),
    DEVICE_SHARE(
            "share of it that kernels reach", 0.85, "", "estimate, the goal of [Expected plans](expected-plans.md)"),
    DEVICE_CAPACITY("tensors that fit in a GPU", 64, "GB", "estimate: 80 GB less outputs and the driver"),
    LINK(
            "PCIe 4.0 x16, one direction",
            24.8,
            "GB/s",
            "measured by a user of eight A100: [NVIDIA's forum]" + Rate.FORUM),
    LINK_BOTH("the same, both directions at once, their sum", 35, "GB/s", "measured there: 24 and 11 GB/s"),
    HOST_MEMORY(
            "host memory, two sockets of 8 channels DDR4-3200",
            409.6,
            "GB/s",
            "peak: 8 bytes a transfer; [channels of EPYC](https://infohub.delltechnologies.com/p/numa-configuration-settings-on-amd-epyc-2nd-generation/)"),
    HOST_SHARE("share of it that copies and transfers reach", 0.7, "", "estimate"),
    HOST_CAPACITY("tensors that fit in host memory", 800, "GB", "estimate: 1 TB less the rest"),
    DRIVE_READ("an NVMe drive, reading", 6.5, "GB/s", "up to: [PM9A3](https://heise.de/-4720224)"),
    DRIVE_WRITE("the same, writing", 3.5, "GB/s", "up to: the same"),
    DRIVES("drives of a machine", 4, "", "estimate"),
    NETWORK(
            "network of a machine, InfiniBand HDR",
            25,
            "GB/s",
            "peak: [200 Gb/s](https://lenovopress.lenovo.com/lp1195)"),
    NETWORK_SHARE("share of it that messages reach", 0.9, "", "estimate"),
    NETWORK_LATENCY("a message between two machines", 10, "µs", "estimate; the adapter alone takes 0.6 µs (there)"),
    STORAGE("a file server for all machines, each direction: four such links", 90, "GB/s", "estimate"),
    TRANSFER_LATENCY("a small transfer that the host waits for", 20, "µs", "estimate"),
    PASS_LATENCY("launches of a forward or a backward pass", 10, "µs", "estimate: three launches"),
    MERGE("adding one term to exact sums, on one thread", 100, "ns", "goal: a million terms in 0.1 s"),
    ACCUMULATORS("exact sums of a channel", 320, "bytes", "estimate: some hundred bytes"),
    BLOCK_MOMENTS("the moments of a block of 1024 elements", 16, "bytes", "[the kernels](kernels.md)"),
    PIECE("a piece, at most an eighth of a share", 64, "MB", "estimate");

    private static final String FORUM =
            "(https://forums.developer.nvidia.com/t/asymmetric-pcie-bandwidth-in-bidirectional-transfers-h2d-drops-56-while-d2h-maintains-performance/352186)";

    final String text;
    final double value;
    final String unit;
    final String source;

    Rate(String text, double value, String unit, String source) {
        this.text = text;
        this.value = value;
        this.unit = unit;
        this.source = source;
    }

    /** In bytes, bytes per second, seconds or as a number. */
    double si() {
        return switch (unit) {
            case "GB/s", "GB" -> value * 1e9;
            case "MB" -> value * 1e6;
            case "µs" -> value * 1e-6;
            case "ns" -> value * 1e-9;
            default -> value;
        };
    }
}
